//! Tilebox datasets on the command line: `cargo run -p tilebox-tokio --example cli -- --help`.
//!
//! | file | contents |
//! |---|---|
//! | `arguments` | the arguments and their help |
//! | `describe` | datasets, schemas and collections |
//! | `query` | a query from its arguments, page by page into a destination |
//! | `extent` | the time of a query |
//! | `area` | the area of a query |
//! | `destination` | a table, a file, a pipe |
//! | `failure` | the report of a failure, and the exit code |

mod area;
mod arguments;
mod describe;
mod destination;
mod extent;
mod failure;
mod query;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use tilebox_tokio::block_on;

use arguments::{Arguments, Command};
use failure::Failure;

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    let client = || {
        let builder = tilebox_tokio::client_builder();
        // An empty variable is treated as unset.
        match arguments.url.as_deref() {
            None | Some("") => builder,
            Some(url) => builder.url(url),
        }
    };
    let text = match &arguments.command {
        None => Arguments::command().render_long_help().to_string(),
        Some(Command::Completions { shell }) => completions(*shell),
        Some(Command::Datasets) => block_on(async { describe::datasets(&client().build()?).await })?,
        Some(Command::Schema { dataset }) => block_on(async { describe::schema(&client().build()?, dataset).await })?,
        Some(Command::Collections { dataset }) => {
            block_on(async { describe::collections(&client().build()?, dataset).await })?
        }
        Some(Command::Query(query)) => return block_on(query::run(client(), query)),
    };
    Ok(io::stdout().write_all(text.as_bytes())?)
}

fn completions(shell: clap_complete::Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), arguments::NAME, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
