//! Help and manual pages.

use std::fs;

use crate::kit::{file, printed, run, server};

#[test]
fn help_has_every_option_variable_and_exit_code() {
    let server = server();
    let help = printed(&server, &[]);
    assert!(help.contains("Start here:") && help.contains("tbx datasets"), "{help}");
    for expected in [
        "TILEBOX_API_KEY",
        "TILEBOX_API_URL",
        "NO_PROXY",
        "--timeout",
        "--retries",
        "--concurrency",
        "--json",
        "--quiet",
        "  0    success",
        "  1    failure",
        "  2    wrong arguments",
        "  3    the watched job",
        "129, 130, 143",
    ] {
        assert!(help.contains(expected), "{expected}: {help}");
    }
    let help = printed(&server, &["query", "--help"]);
    assert!(help.contains("--output scenes.parquet") && help.lines().all(|line| line.chars().count() <= 100), "{help}");
    let format = printed(&server, &["datasets", "create", "--help"]);
    assert!(format.contains("[[fields]]") && format.contains("lat_lon_alt"), "{format}");
}

#[test]
fn wrong_arguments_have_the_exit_code_2() {
    let server = server();
    for arguments in [&["nope"][..], &["schema"], &["datasets", "--timeout", "0"], &["--retries", "many"]] {
        let output = run(&server, arguments);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}");
    }
    let down = run(&server, &["datasets", "--url", "http://127.0.0.1:1", "--retries", "0", "--timeout", "20s"]);
    assert_eq!(down.status.code(), Some(1));
}

#[test]
fn manual_pages_are_written_for_each_command() {
    let server = server();
    let all = printed(&server, &["manual"]);
    assert!(all.matches("\n.TH ").count() > 5 && all.contains(".SH EXTRA"), "{all}");
    let folder = file("man.folder");
    assert_eq!(run(&server, &["manual", &folder]).status.code(), Some(0));
    for page in ["tbx.1", "tbx-query.1", "tbx-datasets-create.1"] {
        let text = fs::read_to_string(format!("{folder}/{page}")).expect("the page");
        assert!(text.contains(".SH NAME") && text.contains("tbx"), "{text}");
    }
    fs::remove_dir_all(folder).expect("it was there");
}
