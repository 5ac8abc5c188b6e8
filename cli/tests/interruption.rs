//! Signals and closed streams.

use std::fs::File;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::kit::{DATASET, PROGRAM, command, ended, kill, program, server};

/// The longest wait for something that happens at once.
const PATIENCE: Duration = Duration::from_secs(120);

/// Starts a program that waits for a server which accepts connections and says nothing. Listening to signals comes before
/// the first connection.
fn waiting(mut program: Command) -> (Child, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    let child = program.env("TILEBOX_API_URL", url).env_remove("TILEBOX_API_KEY").stdin(Stdio::null());
    let child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(listener.accept().map(|_| listener)));
    let listener = receiver.recv_timeout(PATIENCE).expect("a connection").expect("a connection");
    (child, listener)
}

#[test]
fn a_signal_ends_a_command_with_its_exit_code() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let mut program = program();
        program.args(["schema", DATASET]);
        let (child, _listener) = waiting(program);
        kill(signal, &child);
        let output = ended(child);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), stderr.as_ref()), (Some(code), format!("stopped by SIG{signal}\n").as_str()));
    }
}

/// `nohup` starts a program that ignores SIGHUP.
#[test]
#[cfg(target_os = "linux")]
fn an_ignored_signal_stays_ignored() {
    let mut program = Command::new("sh");
    program.args(["-c", "trap '' HUP; exec \"$0\" datasets", PROGRAM]);
    let (child, _listener) = waiting(program);
    kill("HUP", &child);
    kill("TERM", &child);
    assert_eq!(ended(child).status.code(), Some(143));
}

#[test]
fn a_signal_ends_a_wait_for_input_at_once() {
    // The reading end of the definition is a pipe that this test keeps open.
    let mut program = program();
    program.args(["datasets", "create", "-"]).stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::piped());
    let mut child = program.spawn().expect("the program starts");
    let stdin = child.stdin.take().expect("its input");
    #[cfg(target_os = "linux")]
    {
        // Until the program has installed its handlers: before that, the signal itself would end it.
        let status = format!("/proc/{}/status", child.id());
        let catches = |status: &str| {
            let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
            mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0) & (1 << 14) != 0
        };
        let deadline = std::time::Instant::now() + PATIENCE;
        while !catches(&std::fs::read_to_string(&status).expect("a process")) {
            assert!(std::time::Instant::now() < deadline, "the program listens to no signals");
            std::thread::yield_now();
        }
        kill("TERM", &child);
        assert_eq!(ended(child).status.code(), Some(143));
    }
    drop(stdin);
}

#[test]
fn a_closed_stderr_never_panics() {
    let server = server();
    for (arguments, code) in [(&["schema", "nope"][..], 2), (&["datasets"], 0), (&["schema"], 2)] {
        let mut child = command(&server, arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stderr.take());
        assert_eq!(ended(child).status.code(), Some(code), "{arguments:?}");
    }
    let mut closed = Command::new("sh");
    closed.args(["-c", "\"$0\" schema nope 2>&- >&-", PROGRAM]).env("TILEBOX_API_URL", server.url());
    assert_eq!(closed.status().expect("POSIX has sh").code(), Some(2));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_below_stdout_is_a_failure() {
    let server = server();
    let full = File::options().write(true).open("/dev/full").expect("the device");
    let output = command(&server, &["schema", DATASET]).stdout(full).output().expect("a run");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.starts_with("error: cannot write to standard output: "), "{stderr}");
}
