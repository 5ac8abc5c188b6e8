//! An emulator in a process of its own, and its data folder.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use prost::Message;

use super::post_to;

/// A folder that is removed when the value is dropped.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tilebox-emulator-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An emulator in a separate process, which is killed when the value is dropped.
pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) address: String,
}

impl Process {
    pub(crate) fn start(folder: &Folder) -> Self {
        Self::run(Command::new(env!("CARGO_BIN_EXE_tilebox-emulator")).arg("--data").arg(&folder.0))
    }

    pub(crate) fn run(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").expect("an address").to_owned();
        Self { child, address }
    }

    /// Calls a method of datasets. Returns `None` if the process ends.
    pub(crate) fn call<M: Message + Default>(&self, method: &str, request: &impl Message) -> Option<M> {
        let reply = post_to(&self.address, &format!("/datasets.v1.{method}"), request, "").ok()?;
        assert_eq!(reply.status, 200, "{method}: {}", reply.text());
        Some(M::decode(reply.body).expect("the response message"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SIGKILL.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
