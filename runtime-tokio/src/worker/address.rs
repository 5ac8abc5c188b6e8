//! What the command line asks of a worker, from the environment.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;

use tilebox_core::{Error, ErrorKind, Result};

pub(super) const ADDRESS: &str = "TILEBOX_WORKER_ADDRESS";
const RUNTIME_DIR: &str = "TILEBOX_RUNTIME_DIR";
const RUNTIME_TOKEN: &str = "TILEBOX_RUNTIME_TOKEN";

/// What completes "cannot …" in the errors of a worker.
pub(super) const PURPOSE: &str = "serve as a worker";

/// Where a worker listens, and who may call it.
#[derive(Clone, PartialEq)]
pub(super) struct Settings {
    pub(super) address: Address,
    /// `None` for a command line that neither authenticates nor reads logs.
    pub(super) runtime: Option<Runtime>,
}

/// The address of a worker.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Address {
    /// The path of a unix socket.
    Unix(PathBuf),
    /// A port of this machine; 0 is a free one.
    Tcp(SocketAddrV4),
}

/// The runtime that started a worker.
#[derive(Clone, PartialEq)]
pub(super) struct Runtime {
    /// The folder in which the worker announces its address.
    pub(super) folder: PathBuf,
    /// The token of each call.
    pub(super) token: String,
}

impl Settings {
    pub(super) fn from_environment() -> Result<Self> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads the settings from variables. Empty ones count as not set.
    pub(super) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let variable = |name| variable(name).filter(|value| !value.is_empty());
        let missing = format!("the variable {ADDRESS} is not set");
        let advice = "start the program by the Tilebox command line, or set it to unix:///tmp/worker.sock";
        let address = variable(ADDRESS).ok_or_else(|| refuse(missing, advice))?;
        let address = Address::read(&address)?;
        let runtime = match (variable(RUNTIME_DIR), variable(RUNTIME_TOKEN)) {
            (Some(folder), Some(token)) => Some(Runtime { folder: folder.into(), token }),
            (None, None) => None,
            (folder, _) => {
                let (set, other) = match folder {
                    Some(_) => (RUNTIME_DIR, RUNTIME_TOKEN),
                    None => (RUNTIME_TOKEN, RUNTIME_DIR),
                };
                return Err(refuse(format!("{set} is set, but not {other}"), "set both of them, or neither"));
            }
        };
        Ok(Self { address, runtime })
    }
}

impl Address {
    fn read(text: &str) -> Result<Self> {
        if let Some(path) = text.strip_prefix("unix://") {
            let path = PathBuf::from(path);
            let problem = format!("{ADDRESS} expects an absolute path after unix://, got `{}`", path.display());
            return if path.is_absolute() { Ok(Self::Unix(path)) } else { Err(refuse(problem, "write it in full")) };
        }
        match text.parse::<SocketAddrV4>() {
            Ok(address) if *address.ip() == Ipv4Addr::LOCALHOST => Ok(Self::Tcp(address)),
            _ => {
                let problem = format!("{ADDRESS} expects a unix:// address, or a port of 127.0.0.1, got `{text}`");
                Err(refuse(problem, "other machines must not reach a worker: choose one of the two"))
            }
        }
    }
}

fn refuse(reason: String, advice: &'static str) -> Error {
    Error::of_runtime_crate(ErrorKind::InvalidArgument, PURPOSE, reason, advice)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::expect_used, reason = "a test fails by panicking")]

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings> {
        Settings::read(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn a_worker_listens_on_a_socket_or_a_local_port() {
        for address in ["unix:///tmp/worker.sock", "127.0.0.1:0", "127.0.0.1:8000"] {
            let settings = read(&[(ADDRESS, address)]).expect(address);
            assert_eq!(settings.address.to_string(), address);
            assert!(settings.runtime.is_none());
        }
        for address in
            ["", "unix://worker.sock", "unix://", "0.0.0.0:8000", "localhost:8000", "[::1]:80", "127.0.0.1", "x"]
        {
            let error = read(&[(ADDRESS, address)]).err().expect(address);
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{address}");
        }
    }

    #[test]
    fn a_folder_and_a_token_come_together() {
        let address = (ADDRESS, "127.0.0.1:0");
        let settings = read(&[address, (RUNTIME_DIR, "/run"), (RUNTIME_TOKEN, "secret")]).expect("settings");
        assert!(settings.runtime.is_some_and(|runtime| runtime.token == "secret"));
        for (name, other) in [(RUNTIME_DIR, RUNTIME_TOKEN), (RUNTIME_TOKEN, RUNTIME_DIR)] {
            let error = read(&[address, (name, "secret"), (other, "")]).err().expect(name);
            assert_eq!(error.reason(), format!("{name} is set, but not {other}"));
        }
    }
}
