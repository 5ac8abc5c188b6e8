//! Completions, asked for as the scripts of shells do.

use std::process::{Command, Stdio};
use std::time::Instant;

use tilebox_emulator::Emulator;

use crate::kit::{DATASET, PROGRAM, command, printed, server};

/// Returns the completions of the last word.
fn completed(server: &Emulator, words: &[&str]) -> Vec<String> {
    let mut program = command(server, &["--", "tbx"]);
    program.args(words).env("TBX_COMPLETE", "fish");
    let output = program.stdin(Stdio::null()).output().expect("a run");
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{words:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn names_of_the_server_are_completed() {
    let server = server();
    assert_eq!(completed(&server, &["quer"]), ["query"]);
    for command in [
        &["query"][..],
        &["schema"],
        &["find"],
        &["ingest"],
        &["delete"],
        &["generate"],
        &["collections"],
        &["datasets", "delete"],
        &["collections", "delete"],
    ] {
        let words = [command, &["open_data.cop"]].concat();
        assert!(completed(&server, &words).contains(&DATASET.to_owned()), "{words:?}");
    }
    assert_eq!(completed(&server, &["query", DATASET, "--collections", "S2A_S2MSI1"]), ["S2A_S2MSI1C"]);
    assert_eq!(completed(&server, &["ingest", DATASET, "S2A_S2MSI1"]), ["S2A_S2MSI1C"]);
    assert_eq!(completed(&server, &["query", DATASET, "-c", "S2A_S2MSI1"]), ["S2A_S2MSI1C"]);
    assert_eq!(completed(&server, &["query", DATASET, "--columns", "time,cloud"]), ["time,cloud_cover"]);
    assert_eq!(completed(&server, &["collections", "delete", DATASET, "S2A_S2MSI1"]), ["S2A_S2MSI1C"]);
    assert!(completed(&server, &["query", "nope", "--columns", "cloud"]).is_empty());
    assert!(completed(&server, &["completions", "ba"]).contains(&"bash".to_owned()));
}

#[test]
fn jobs_and_clusters_are_completed() {
    let server = server();
    printed(&server, &["clusters", "create", "Development", "--slug", "dev"]);
    let id = printed(&server, &["jobs", "submit", "--name", "clouds", "--task", "Task", "--cluster", "dev"]);
    let id = id.trim_end().to_owned();
    for command in [&["jobs", "show"][..], &["jobs", "watch"], &["jobs", "cancel"], &["logs"], &["diagram"]] {
        assert_eq!(completed(&server, &[command, &[&id[..8]]].concat()), [&*id], "{command:?}");
    }
    assert_eq!(completed(&server, &["clusters", "delete", "de"])[0], "dev");
    assert_eq!(completed(&server, &["jobs", "submit", "--cluster", "dev"]), ["dev"]);
    assert_eq!(completed(&server, &["jobs", "--sort", "a"]), ["asc"]);
}

#[test]
fn a_silent_server_does_not_hold_up_completions() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    let begun = Instant::now();
    let output = Command::new(PROGRAM)
        .args(["--", "tbx", "--url", &url, "schema", ""])
        .env("TBX_COMPLETE", "fish")
        .output()
        .expect("a run");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
    // Its patience is 3 seconds; a call of the client would take minutes.
    assert!(begun.elapsed().as_secs() < 60);
    let refused = Command::new(PROGRAM)
        .args(["--", "tbx", "--url", "http://127.0.0.1:1", "schema", ""])
        .env("TBX_COMPLETE", "bash")
        .output()
        .expect("a run");
    assert_eq!(String::from_utf8_lossy(&refused.stderr), "");
}

#[test]
fn every_shell_has_a_script_named_tbx() {
    let server = server();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = printed(&server, &["completions", shell]);
        assert!(script.contains("tbx") && script.contains("TBX_COMPLETE"), "{shell}: {script}");
        assert!(!script.to_lowercase().replace("tilebox_", "").contains("tilebox"), "{shell}: {script}");
    }
}

/// Bash itself completes a word with the script.
#[test]
#[cfg(unix)]
fn bash_completes_a_dataset_with_the_script() {
    let server = server();
    let folder = std::path::Path::new(PROGRAM).parent().expect("a folder");
    let script = r#"
        PATH="$1:$PATH"
        eval "$(tbx completions bash)"
        COMP_WORDS=(tbx schema open_data.cop); COMP_CWORD=2; COMP_TYPE=9
        COMP_LINE="tbx schema open_data.cop"; COMP_POINT=${#COMP_LINE}
        complete -p tbx | grep -q -- "-F _clap_complete_tbx" || { complete -p tbx; exit 3; }
        _clap_complete_tbx tbx open_data.cop schema
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", script, "bash"]).arg(folder).env("TILEBOX_API_URL", server.url());
    let Ok(output) = bash.env_remove("TILEBOX_API_KEY").output() else {
        println!("skipped: bash is not installed");
        return;
    };
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(stdout.lines().any(|line| line.trim() == DATASET), "{stdout}{stderr}");
}
