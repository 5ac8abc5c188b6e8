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

#[test]
#[cfg(unix)]
fn manual_pages_are_replaced_as_whole_files() {
    use std::io::Read as _;

    let (server, folder) = (server(), tempfile::tempdir().expect("a folder"));
    let path = |name: &str| folder.path().join(name);
    fs::write(path("tbx.1"), "before").expect("a page");
    fs::write(path("elsewhere"), "before").expect("a page");
    std::os::unix::fs::symlink("elsewhere", path("tbx-query.1")).expect("a link");
    let mut reader = fs::File::open(path("tbx.1")).expect("the page");
    let written = run(&server, &["manual", folder.path().to_str().expect("UTF-8")]);
    let stderr = String::from_utf8_lossy(&written.stderr);
    assert!(written.status.success() && stderr.lines().count() == 1, "{stderr}");

    // A page under its name is a new file, so a reader of the previous one reads that to its end.
    let mut previous = String::new();
    reader.read_to_string(&mut previous).expect("it is read");
    assert_eq!(previous, "before");
    let text = |name: &str| fs::read_to_string(path(name)).expect("the page");
    assert!(text("tbx.1").contains(".SH NAME") && text("elsewhere").contains(".SH NAME"));
    assert!(fs::symlink_metadata(path("tbx-query.1")).expect("the link").is_symlink());
    let entries = fs::read_dir(folder.path()).expect("the folder").map(|entry| entry.expect("an entry").file_name());
    let others: Vec<_> = entries.filter(|name| !name.to_string_lossy().ends_with(".1")).collect();
    assert_eq!(others, ["elsewhere"]);
    fs::remove_file(path("tbx.1")).expect("it was there");
    fs::create_dir(path("tbx.1")).expect("a folder");
    let refused = run(&server, &["manual", folder.path().to_str().expect("UTF-8")]);
    let stderr = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(1) && stderr.contains("tbx.1`: it is a folder; "), "{stderr}");
}
