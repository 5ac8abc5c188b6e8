//! Shared by the six binaries of the demonstration: arguments, the local server, the exit.

mod arguments;

use std::fmt::Display;
use std::process::ExitCode;
use std::time::Duration;

pub use arguments::Arguments;
use arguments::{HELP, Request};
pub use tilebox_emulator::Emulator;
use tilebox_emulator::{Catalogue, StartError};

/// Runs the demonstration with the arguments of the process, against a local server unless they set another one.
pub fn run<T, E: Display>(job: impl FnOnce(&Arguments, Option<&Emulator>) -> Result<T, E>) -> ExitCode {
    let arguments = match Arguments::read(std::env::args_os(), |name| std::env::var(name).ok()) {
        Ok(Request::Run(arguments)) => arguments,
        Ok(Request::Help) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => return fail(&format!("{error}; --help lists the options"), 2),
    };
    // Kept until the end, because dropping the local server stops it.
    let server = match local_server(&arguments) {
        Ok(server) => server,
        Err(error) => return fail(&error, 1),
    };
    match job(&arguments, server.as_ref()) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => fail(&error, 1),
    }
}

fn fail(error: &dyn Display, code: u8) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::from(code)
}

/// Starts the local server, unless the arguments set another one.
fn local_server(arguments: &Arguments) -> Result<Option<Emulator>, StartError> {
    if arguments.url.is_some() {
        return Ok(None);
    }
    let builder = Emulator::builder().latency(Duration::from_millis(arguments.latency));
    let builder = match &arguments.recording {
        Some(file) => builder.recording(file),
        None => builder.catalogue(Catalogue::new(20_000)),
    };
    builder.start().map(Some)
}
