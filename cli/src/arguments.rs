//! The global options and the commands.

use std::time::Duration;

use clap::{Args, Parser};
use tilebox_tokio::API_KEYS_PAGE;

use crate::commands::Command;
use crate::screen::duration;

/// The name of the program in its help and in completions. The official command line of Tilebox is named `tilebox`.
pub(crate) const NAME: &str = "tbx";

fn examples() -> String {
    format!(
        "\
Start here:
  tbx datasets                                          list the datasets
  tbx collections open_data.copernicus.sentinel2_msi    list its collections with time and size
  tbx schema open_data.copernicus.sentinel2_msi         list its fields
  tbx query open_data.copernicus.sentinel2_msi --time 2025-03-01/2025-03-02 --limit 100

Environment variables:
  TILEBOX_API_KEY     the API key; without one, open data is accessible. Create keys at
                      {API_KEYS_PAGE}
  TILEBOX_API_URL     the URL of the server, if --url is not given
  HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY
                      the proxies, and the hosts that are reached without one
  NO_COLOR            no colors in errors
  COLUMNS             the width of tables, if standard output is not a terminal

Exit codes:
  0    success, also when the reader of the output closes it
  1    failure
  2    wrong arguments, or something that they name does not exist
  3    the watched job failed or was canceled
  129, 130, 143
       stopped by SIGHUP, SIGINT (Ctrl-C) or SIGTERM, after cleaning up"
    )
}

/// Tilebox on the command line: finds, saves and ingests the metadata of satellite data, and manages datasets and jobs.
#[derive(Debug, Parser)]
#[command(name = NAME, bin_name = NAME, version, after_help = examples(), max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    /// The command. Without one, the help is shown.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// The options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The URL of a server, instead of Tilebox.
    #[arg(long, global = true, env = "TILEBOX_API_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// The deadline of a call with all its attempts, such as 30s or 2m; each page of a query is a call. By default 5m.
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,
    /// The maximum number of repetitions of a failed call. By default a call is repeated for a minute.
    #[arg(long, global = true, value_name = "NUMBER")]
    pub(crate) retries: Option<u32>,
    /// The maximum number of requests in flight. By default 64.
    #[arg(long, global = true, value_name = "NUMBER")]
    pub(crate) concurrency: Option<usize>,
    /// Prints JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// No progress bars and no remarks. Bars are only drawn in a terminal.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}
