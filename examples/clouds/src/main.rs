//! A job that any number of runner processes share: async loading in tasks.
//!
//! The job splits a time range into parts. Each task of a part loads four collections at once and writes a GeoParquet file; the
//! last task reads what they left in the cache.
//!
//! | file | contents |
//! |---|---|
//! | `tasks` | the tasks |
//! | `commands` | a runner, and the submission of a job |
//! | `comparison` | one runner process against three, on a local server with 100 ms latency |
//! | `tests` | the same job in virtual time, without a server |

mod commands;
mod comparison;
mod tasks;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::process::ExitCode;

const HELP: &str = "\
tilebox-clouds          runs the job with one runner process, then with three, and compares the times
tilebox-clouds submit   submits the job, waits for it, prints its tasks and logs, and draws clouds.svg
tilebox-clouds run      runs tasks until Ctrl-C
tilebox-clouds record   writes the responses that the test replays

The files and the cache are in the folder `clouds`. `submit`, `run` and `record` use the server in TILEBOX_API_URL.";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result: Result<(), Box<dyn Error>> = match arguments[..] {
        [] => comparison::compare().await,
        ["submit"] => commands::submit().await,
        ["run"] => commands::run().await,
        ["run", "--until-end-of-input"] => commands::run_until_end_of_input().await,
        ["record"] => commands::record().await,
        _ => {
            println!("{HELP}");
            return ExitCode::from(if arguments == ["--help"] { 0 } else { 2 });
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
