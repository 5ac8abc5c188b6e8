//! Tilebox on the command line: `tbx --help`.
//!
//! | file | contents |
//! |---|---|
//! | `arguments` | the global options and the list of commands |
//! | `context` | the options of a run: the client, standard output, standard error, confirmations |
//! | `commands` | one file or folder for each command |
//! | `selection` | which datapoints of which dataset: collections, time, area, filter |
//! | `destination` | the destinations of datapoints: a table, a file, a pipe |
//! | `order` | the order of a list |
//! | `screen` | text in columns, colours |
//! | `failure` | the report of a failure, and the exit code |

#![warn(clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod commands;
mod context;
mod destination;
mod failure;
mod order;
mod screen;
mod selection;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use tilebox_tokio::block_on;

use arguments::Arguments;
use context::Context;
use failure::Failure;

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    let context = Context::new(arguments.global);
    match arguments.command {
        None => context.print(&Arguments::command().render_long_help().to_string()),
        Some(command) => block_on(command.run(&context)),
    }
}
