//! Tilebox on the command line: `tbx --help`.
//!
//! | file | contents |
//! |---|---|
//! | `arguments` | the global options and the list of commands |
//! | `context` | the options of a run: the client, standard output, standard error, confirmations |
//! | `commands` | one file or folder for each command |
//! | `definition` | datasets as TOML and JSON, and the names of the types of fields |
//! | `selection` | which datapoints of which dataset: collections, time, area, filter |
//! | `destination` | the destinations of datapoints: a table, a file, a pipe |
//! | `interruption` | signals, which drop the future of a command |
//! | `order` | the order of a list |
//! | `source` | tables of any format as datapoints |
//! | `screen` | text in columns, colours |
//! | `failure` | the report of a failure, and the exit code |

#![warn(clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod commands;
mod context;
mod definition;
mod destination;
mod failure;
mod interruption;
mod order;
mod screen;
mod selection;
mod source;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use tokio::runtime::Runtime;

use arguments::Arguments;
use commands::Command;
use context::Context;
use failure::Failure;

fn main() -> ExitCode {
    if let Some(code) = commands::completions::complete() {
        return code;
    }
    let arguments = Arguments::parse();
    let context = Context::new(arguments.global);
    match run(&context, arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(context.kept().as_deref()),
    }
}

fn run(context: &Context, command: Option<Command>) -> Result<(), Failure> {
    let Some(command) = command else {
        return context.print(&Arguments::command().render_long_help().to_string());
    };
    let runtime = Runtime::new().map_err(|error| {
        Failure::new(&format!("cannot start the threads of the program: {error}"), "check the limits of processes")
    })?;
    let result = runtime.block_on(interruption::until_stopped(command.run(context)));
    // A name resolution that is in flight cannot be stopped, and dropping the runtime would wait for it.
    runtime.shutdown_background();
    result
}
