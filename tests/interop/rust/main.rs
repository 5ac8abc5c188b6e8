//! The Rust half of the checks of workflows with the official Python package, see `../workflows/crossing.py`.
//!
//! | file | contents |
//! |---|---|
//! | `cached` | tasks that share values through a cache |
//! | `go` | a played Go runner |
//! | `rows` | a task for each type of the table of inputs |
//! | `tasks` | the tasks that Python has, too |
//! | `trace` | the file in which tasks write what they do |

mod cached;
mod go;
mod rows;
mod tasks;
mod trace;

use std::env;
use std::process::ExitCode;

use tilebox_tokio::workflows::{FolderCache, Runner, TaskSubmission};
use tilebox_tokio::{Client, block_on};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

const USAGE: &str = "usage: interop_workflows URL TOKEN CLUSTER run CACHE [forever]
       interop_workflows URL TOKEN CLUSTER submit TASK [NUMBER...]
       interop_workflows URL TOKEN CLUSTER go";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match &arguments[..] {
        [url, token, cluster, "go"] => go::run(url, token, cluster),
        [url, token, cluster, command @ ..] => block_on(in_rust(url, token, cluster, command)),
        _ => Err(USAGE.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn in_rust(url: &str, token: &str, cluster: &str, command: &[&str]) -> Outcome {
    let client = tilebox_tokio::client_builder().url(url).token(token).build()?;
    match command {
        ["run", cache, mode @ ..] => run(runner(&client).cluster(cluster).cache(FolderCache::new(*cache)), mode).await,
        ["submit", task, numbers @ ..] => submit(&client, cluster, task, numbers).await,
        _ => Err(USAGE.into()),
    }
}

/// Returns a runner of all tasks.
fn runner(client: &Client) -> Runner {
    cached::add(rows::add(tasks::add(client.runner())))
}

async fn run(runner: Runner, mode: &[&str]) -> Outcome {
    match mode {
        [] => runner.run_all().await?,
        ["forever"] => runner.run_forever().await?,
        _ => return Err(USAGE.into()),
    };
    Ok(())
}

/// Submits a job, prints its id, waits for its end, and prints its state.
async fn submit(client: &Client, cluster: &str, task: &str, numbers: &[&str]) -> Outcome {
    let numbers = numbers.iter().map(|number| number.parse()).collect::<Result<Vec<u64>, _>>()?;
    let roots: Vec<TaskSubmission> = match (task, &numbers[..]) {
        ("tree", [branches, leaves]) => vec![tasks::Tree { branches: *branches, leaves: *leaves }.into()],
        ("company", [parties, squads, pieces]) => {
            vec![tasks::Company { parties: *parties, squads: *squads, pieces: *pieces }.into()]
        }
        ("diamond", []) => vec![tasks::Diamond.into()],
        ("retried", [failures, max_retries]) => {
            vec![tasks::Retried { failures: *failures, max_retries: *max_retries }.into()]
        }
        ("rows", []) => rows::submissions(),
        ("share", []) => vec![cached::RustShare.into()],
        _ => return Err(USAGE.into()),
    };
    let job = client.jobs().submit_all("from rust", roots).cluster(cluster).await?;
    println!("{}", job.id());
    println!("{}", job.wait().await?.state());
    Ok(())
}
