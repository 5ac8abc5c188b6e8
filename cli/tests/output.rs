//! Safe output: real files, links, pipes, devices and signals.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use tilebox_emulator::{Emulator, Fault, Rpc};

use crate::kit::{DATAPOINTS, DATASET, PROGRAM, command, ended, kill, run, server, until};

/// A folder of one test, which is removed at its end.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().expect("UTF-8").to_owned()
    }

    fn names(&self) -> Vec<String> {
        names(self.0.path())
    }
}

/// Returns the names in a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The arguments of a query of three datapoints as CSV.
fn three<'a>(output: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["query", DATASET, "--format", "csv", "--limit", "3", "-o", output][..], more].concat()
}

fn lines(path: impl AsRef<Path>) -> usize {
    fs::read_to_string(path).expect("a file").lines().count()
}

/// Runs a query that succeeds.
fn save(server: &Emulator, output: &str, more: &[&str]) {
    let run = run(server, &three(output, more));
    let stderr = String::from_utf8_lossy(&run.stderr);
    assert_eq!((run.status.code(), stderr.as_ref()), (Some(0), ""), "{output}");
}

/// Runs a query that is refused before its first request, and returns its error.
fn refused(server: &Emulator, output: &str, more: &[&str]) -> String {
    let before = server.requests().total();
    let run = run(server, &three(output, more));
    let stderr = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(matches!(run.status.code(), Some(1 | 2)) && stderr.starts_with("error: cannot "), "{stderr}");
    assert_eq!((stderr.lines().count(), server.requests().total()), (1, before), "{stderr}");
    stderr
}

/// Replacing a device by a file would break every other program of the machine.
#[test]
fn only_regular_files_are_replaced() {
    let (server, folder) = (server(), Folder::new());
    save(&server, "/dev/null", &[]);
    assert!(fs::metadata("/dev/null").expect("the device").file_type().is_char_device());

    let pipe = folder.text("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("POSIX has mkfifo").success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).expect("text")
    });
    save(&server, &pipe, &[]);
    assert_eq!(reader.join().expect("the pipe is read").lines().count(), 4);
    assert!(fs::metadata(&pipe).expect("the pipe").file_type().is_fifo());
    assert_eq!(folder.names(), ["pipe"]);
}

#[test]
fn links_are_followed_also_to_a_missing_file() {
    let (server, folder) = (server(), Folder::new());
    fs::create_dir(folder.path("data")).expect("a folder");
    symlink("data/target.csv", folder.path("link.csv")).expect("a link");
    symlink("link.csv", folder.path("chain.csv")).expect("a link");
    for more in [&[][..], &["--force"]] {
        save(&server, &folder.text("chain.csv"), more);
        for link in ["link.csv", "chain.csv"] {
            assert!(fs::symlink_metadata(folder.path(link)).expect("the link").is_symlink());
        }
        assert_eq!((folder.names().len(), names(&folder.path("data"))), (3, vec!["target.csv".to_owned()]));
        assert_eq!(lines(folder.path("data/target.csv")), 4);
    }
    symlink("loop.csv", folder.path("loop.csv")).expect("a link");
    refused(&server, &folder.text("loop.csv"), &[]);
}

#[test]
fn permissions_are_kept_and_new_files_get_those_of_umask() {
    let (server, folder) = (server(), Folder::new());
    let path = folder.text("scenes.csv");
    let mut masked = Command::new("sh");
    masked.args(["-c", "umask 027; exec \"$0\" \"$@\"", PROGRAM]).args(three(&path, &[]));
    assert!(masked.env("TILEBOX_API_URL", server.url()).status().expect("POSIX has sh").success());
    let mode = |path: &str| fs::metadata(path).expect("the file").mode() & 0o7777;
    assert_eq!(mode(&path), 0o640);

    fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).expect("its owner may");
    let is_root = fs::metadata(&path).expect("the file").uid() == 0;
    if is_root {
        std::os::unix::fs::chown(&path, Some(65_534), Some(65_534)).expect("root may");
    }
    save(&server, &path, &["--force"]);
    assert_eq!(mode(&path), 0o604);
    if is_root {
        let kept = fs::metadata(&path).expect("the file");
        assert_eq!((kept.uid(), kept.gid()), (65_534, 65_534));
    } else {
        println!("skipped: only root can change the owner of a file");
    }
}

#[test]
fn an_existing_file_needs_force_before_the_first_request() {
    let (server, folder) = (server(), Folder::new());
    let path = folder.text("scenes.csv");
    fs::write(&path, "before").expect("a file");
    assert!(refused(&server, &path, &[]).contains("the file exists; pass --force to replace it"));
    assert_eq!(fs::read_to_string(&path).expect("a file"), "before");
    save(&server, &path, &["--force"]);
    assert_eq!((lines(&path), folder.names()), (4, vec!["scenes.csv".to_owned()]));
}

#[test]
fn generated_code_is_saved_in_a_file() {
    let (server, folder) = (server(), Folder::new());
    let path = folder.text("scene.rs");
    let generate = |more: &[&str]| run(&server, &[&["generate", DATASET, "-o", &path][..], more].concat());
    assert_eq!(String::from_utf8_lossy(&generate(&[]).stderr), format!("saved in {path}\n"));
    let code = fs::read_to_string(&path).expect("code");
    assert!(code.contains("pub struct "), "{code}");
    assert_eq!(generate(&[]).status.code(), Some(1));
    let replaced = generate(&["--force"]);
    let stderr = String::from_utf8_lossy(&replaced.stderr);
    assert_eq!(stderr, format!("saved in {path}, which replaced the previous content\n"));
    assert_eq!(fs::read_to_string(&path).expect("code"), code);
    assert_eq!(folder.names(), ["scene.rs"]);
}

#[test]
#[cfg(target_os = "linux")]
fn the_closing_line_says_that_a_file_was_replaced() {
    let (server, folder) = (server(), Folder::new());
    let path = folder.text("scenes.csv");
    for replaces in [false, true] {
        let arguments = three(&path, if replaces { &["--force"] } else { &[] }).join(" ");
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", &format!("{PROGRAM} {arguments}"), "/dev/null"]);
        script.env("TILEBOX_API_URL", server.url()).env("TERM", "xterm-256color").stdin(Stdio::null());
        let Ok(output) = script.output() else {
            println!("skipped: `script` of util-linux is not installed");
            return;
        };
        let seen = String::from_utf8_lossy(&output.stdout);
        assert!(seen.contains(&format!("3 datapoints in {path}")), "{seen}");
        assert_eq!(seen.contains(", which replaced the previous content"), replaces, "{seen}");
    }
}

#[test]
fn folders_sockets_and_missing_folders_are_refused() {
    let (server, folder) = (server(), Folder::new());
    fs::create_dir(folder.path("data")).expect("a folder");
    fs::write(folder.path("file"), "before").expect("a file");
    // Paths of sockets are short.
    let short = tempfile::tempdir().expect("a folder");
    let socket = short.path().join("socket");
    let _listener = UnixListener::bind(&socket).expect("a socket");
    for (output, reason) in [
        (folder.text("data"), "it is a folder; name a file in it"),
        (folder.text("data/"), "it is a folder; name a file in it"),
        (folder.text("missing/"), "it ends with a slash"),
        (folder.text("missing/scenes.csv"), "cannot use the folder"),
        (folder.text("file/scenes.csv"), "cannot"),
        (socket.to_str().expect("UTF-8").to_owned(), "it is a socket"),
    ] {
        for more in [&[][..], &["--force"]] {
            let stderr = refused(&server, &output, more);
            assert!(stderr.contains(reason), "{stderr}");
        }
    }
    assert_eq!((folder.names(), names(&folder.path("data")).len()), (vec!["data".to_owned(), "file".to_owned()], 0));
}

/// Root may write everything, so this test runs the program as another user.
#[test]
fn protected_files_and_folders_are_refused() {
    let (server, folder) = (server(), Folder::new());
    let mut prefix = vec![];
    if fs::metadata(folder.path("")).expect("the folder").uid() == 0 {
        prefix = vec!["setpriv", "--reuid", "65534", "--clear-groups", "--"];
        let tried = Command::new("setpriv").args(&prefix[1..]).args([PROGRAM, "--version"]).output();
        if !tried.is_ok_and(|tried| tried.status.success()) {
            println!("skipped: root cannot run the program as another user");
            return;
        }
    }
    fs::create_dir(folder.path("data")).expect("a folder");
    fs::write(folder.path("data/scenes.csv"), "before").expect("a file");
    fs::set_permissions(folder.0.path(), fs::Permissions::from_mode(0o755)).expect("its owner may");
    let run = |output: &str| {
        let arguments = three(output, &["--force"]);
        let all: Vec<&str> = prefix.iter().copied().chain([PROGRAM]).chain(arguments).collect();
        let mut program = Command::new(all[0]);
        program.args(&all[1..]).env("TILEBOX_API_URL", server.url()).env_remove("TILEBOX_API_KEY");
        program.output().expect("a run")
    };
    for (folder_mode, file_mode, name, reason) in [
        (0o777, 0o444, "data/scenes.csv", "cannot replace"),
        (0o555, 0o666, "data/scenes.csv", "cannot create a file in the folder"),
        (0o555, 0o666, "data/new.csv", "cannot create a file in the folder"),
    ] {
        let set = |path: &str, mode| fs::set_permissions(folder.path(path), fs::Permissions::from_mode(mode));
        set("data/scenes.csv", file_mode).and_then(|()| set("data", folder_mode)).expect("its owner may");
        let refused = run(&folder.text(name));
        let stderr = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(reason) && stderr.contains("denied"), "{stderr}");
        assert_eq!(server.requests().total(), 0);
        set("data", 0o755).expect("its owner may");
    }
    assert_eq!(fs::read_to_string(folder.path("data/scenes.csv")).expect("a file"), "before");
}

#[test]
fn two_runs_at_once_end_well_and_leave_one_file() {
    let (server, folder) = (server(), Folder::new());
    let path = folder.text("scenes.csv");
    server.inject(Fault::silence().on(Rpc::Query).times(usize::MAX));
    let start = || {
        let mut program = command(&server, &three(&path, &[]));
        program.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts")
    };
    let runs = [start(), start()];
    until("two temporary files", || folder.names().len() == 2);
    assert!(folder.names().iter().all(|name| name.starts_with(".scenes.csv.") && name.ends_with(".partial")));
    server.release();
    for run in runs {
        let output = ended(run);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!((lines(&path), folder.names()), (4, vec!["scenes.csv".to_owned()]));
}

#[test]
fn a_signal_leaves_no_litter_and_says_what_was_kept() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        for existing in [None, Some("before")] {
            let (server, folder) = (server(), Folder::new());
            server.inject(Fault::silence().on(Rpc::Query).after(2).times(usize::MAX));
            let path = folder.text("scenes.parquet");
            if let Some(text) = existing {
                fs::write(&path, text).expect("a file");
            }
            let mut program = command(&server, &["query", DATASET, "-o", &path, "--force"]);
            let program = program.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts");
            until("the third page", || server.requests().of(Rpc::Query) > 2);
            kill(signal, &program);
            let output = ended(program);
            let kept = match existing {
                Some(_) => format!("{path} keeps its previous content"),
                None => format!("nothing was written to {path}"),
            };
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{stderr}");
            assert_eq!(stderr, format!("stopped by SIG{signal}; {kept}\n"));
            assert_eq!(fs::read_to_string(&path).ok().as_deref(), existing);
            assert_eq!(folder.names().len(), usize::from(existing.is_some()));
        }
    }
}

#[test]
fn a_failed_load_keeps_the_previous_content() {
    let (server, folder) = (server(), Folder::new());
    let path = folder.text("scenes.csv");
    fs::write(&path, "before").expect("a file");
    server.inject(Fault::http(403).on(Rpc::Query).after(2).times(usize::MAX));
    let output = run(&server, &["query", DATASET, "-o", &path, "--force"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), stderr.lines().count()), (Some(1), 1), "{stderr}");
    assert!(stderr.ends_with(&format!("; {path} keeps its previous content\n")), "{stderr}");
    assert_eq!((fs::read_to_string(&path).expect("a file"), folder.names().len()), ("before".to_owned(), 1));
}

#[test]
#[cfg(target_os = "linux")]
fn a_signal_ends_the_wait_for_the_reader_of_a_pipe() {
    let (server, folder) = (server(), Folder::new());
    let pipe = folder.text("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("POSIX has mkfifo").success());
    let program = command(&server, &three(&pipe, &[])).stdin(Stdio::null()).spawn().expect("the program starts");
    let tasks = format!("/proc/{}/task", program.id());
    // The thread of the output waits in `open`; its handlers of signals were installed before.
    until("the thread of the output", || {
        let tasks = fs::read_dir(&tasks).expect("a process").flatten();
        tasks
            .into_iter()
            .any(|task| fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name.trim() == "output"))
    });
    kill("TERM", &program);
    assert_eq!(ended(program).status.code(), Some(143));
    assert!(fs::metadata(&pipe).expect("the pipe").file_type().is_fifo());
}

#[test]
fn a_pipe_with_a_reader_that_leaves_ends_well() {
    let (server, folder) = (server(), Folder::new());
    let pipe = folder.text("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("POSIX has mkfifo").success());
    let mut program = command(&server, &["query", DATASET, "--format", "csv", "-o", &pipe]);
    let program = program.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let mut reader = fs::File::open(&pipe).expect("the pipe");
    reader.read_exact(&mut [0; 1]).expect("a byte");
    drop(reader);
    let output = ended(program);
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn standard_output_has_several_names() {
    let (server, folder) = (server(), Folder::new());
    let expected = run(&server, &three("-", &[])).stdout;
    assert_eq!(String::from_utf8_lossy(&expected).lines().count(), 4);
    symlink("/dev/stdout", folder.path("link")).expect("a link");
    for name in ["/dev/stdout", "/dev/fd/1", &folder.text("link")] {
        assert_eq!(run(&server, &three(name, &[])).stdout, expected, "{name}");
    }
    // A file that the shell has opened keeps what it has.
    let (path, other) = (folder.path("out.csv"), folder.path("other.csv"));
    fs::write(&path, "title\n").expect("a file");
    fs::write(&other, "title\n").expect("a file");
    for (redirection, name, path) in [(">>", "/dev/stdout", &path), ("3>>", "/dev/fd/3", &other)] {
        let mut shell = Command::new("sh");
        let script = format!("exec \"$0\" \"$@\" {redirection} '{}'", path.display());
        shell.args(["-c", &script, PROGRAM]).args(three(name, &[])).env("TILEBOX_API_URL", server.url());
        assert!(shell.status().expect("POSIX has sh").success());
        let text = fs::read_to_string(path).expect("a file");
        assert_eq!(text, format!("title\n{}", String::from_utf8_lossy(&expected)), "{name}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_a_failure_without_litter() {
    let (server, folder) = (server(), Folder::new());
    symlink("/dev/full", folder.path("full.csv")).expect("a link");
    for format in ["csv", "parquet", "geojson", "table"] {
        let name = folder.text("full.csv");
        let output = run(&server, &["query", DATASET, "--format", format, "-o", &name, "--limit", "100"]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{format}: {stderr}");
        assert!(stderr.contains("No space left on device"), "{format}: {stderr}");
    }
    assert_eq!(folder.names(), ["full.csv"]);
    // A file of limited size stands for a disk that becomes full during the load.
    let path = folder.text("scenes.csv");
    fs::write(&path, "before").expect("a file");
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"", PROGRAM]);
    limited.args(["query", DATASET, "-o", &path, "--force"]).env("TILEBOX_API_URL", server.url());
    let output = limited.output().expect("POSIX has sh");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.trim_end().ends_with(&format!("{path} keeps its previous content")), "{stderr}");
    assert_eq!((fs::read_to_string(&path).expect("a file"), folder.names().len()), ("before".to_owned(), 2));
}

#[test]
fn closed_standard_streams_never_panic() {
    let server = server();
    let mut closed = Command::new("sh");
    closed.args(["-c", "exec \"$0\" \"$@\" >&- 2>&-", PROGRAM]).args(three("-", &[]));
    assert_eq!(closed.env("TILEBOX_API_URL", server.url()).status().expect("POSIX has sh").code(), Some(0));
    let mut program = command(&server, &["query", DATASET, "--format", "csv"]);
    let mut program = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    drop(program.stderr.take());
    let mut lines = BufReader::new(program.stdout.take().expect("its output"));
    assert!(!lines.fill_buf().expect("output").is_empty());
    drop(lines);
    assert_eq!(ended(program).status.code(), Some(0));
}

#[test]
#[cfg(target_os = "linux")]
fn binary_formats_refuse_a_terminal() {
    let server = server();
    let binary = [("parquet", ""), ("arrow", "-o -"), ("arrow-stream", "-o /dev/tty"), ("stac-geoparquet", "")];
    for (format, more) in binary {
        let Some((code, seen)) = shown(&server, &format!("--format {format} {more}")) else { return };
        assert!(code == Some(2) && seen.contains("binary data to"), "{format}: {seen}");
        assert_eq!(server.requests().total(), 0);
    }
    let text = [
        ("csv", "time,id,"),
        ("jsonl", r#"{"time":""#),
        ("geojson", r#"{"type":"FeatureCollection""#),
        ("stac", r#"{"type":"FeatureCollection""#),
    ];
    for (format, start) in text {
        let Some((code, seen)) = shown(&server, &format!("--format {format}")) else { return };
        assert!(code == Some(0) && seen.contains(start), "{format}: {seen}");
    }
}

/// Runs a query of three datapoints in a terminal. Returns its exit code and what the terminal shows; `None` without the
/// program `script`.
#[cfg(target_os = "linux")]
fn shown(server: &Emulator, more: &str) -> Option<(Option<i32>, String)> {
    let query = format!("{PROGRAM} query {DATASET} --limit 3 {more}");
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &query, "/dev/null"]).stdin(Stdio::null());
    let Ok(output) = script.env("TILEBOX_API_URL", server.url()).output() else {
        println!("skipped: `script` of util-linux is not installed");
        return None;
    };
    Some((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// The order of the calls of the system decides what a crash of the machine leaves.
#[test]
#[cfg(target_os = "linux")]
fn a_file_is_on_the_disk_before_it_gets_its_name() {
    let (server, folder) = (server(), Folder::new());
    let (path, trace) = (folder.text("scenes.csv"), folder.text("trace"));
    let mut traced = Command::new("strace");
    traced.args(["-f", "-e", "trace=fsync,rename,renameat,renameat2", "-o", &trace, PROGRAM]).args(three(&path, &[]));
    match traced.env("TILEBOX_API_URL", server.url()).output() {
        Ok(output) if output.status.success() => {}
        _ => {
            println!("skipped: `strace` is not installed or not permitted");
            return;
        }
    }
    let trace = fs::read_to_string(trace).expect("the trace");
    let of = |name: &str| trace.find(name).unwrap_or(usize::MAX);
    let last_sync = trace.rfind("fsync(").expect("a call");
    assert!(of("fsync(") < of("rename") && of("rename") < last_sync, "file, name, folder: {trace}");
    assert_eq!(lines(path), 4);
}

#[test]
fn the_whole_file_is_written_beside_the_target() {
    let (server, folder) = (server(), Folder::new());
    server.inject(Fault::silence().on(Rpc::Query).after(1).times(usize::MAX));
    let path = folder.text(&format!("{}.csv", "n".repeat(251)));
    let program = command(&server, &["query", DATASET, "-o", &path]).spawn().expect("the program starts");
    until("the temporary file", || folder.names().len() == 1);
    assert!(!Path::new(&path).exists());
    server.release();
    assert_eq!(ended(program).status.code(), Some(0));
    assert_eq!((lines(&path), folder.names().len()), (DATAPOINTS + 1, 1));
}
