//! The datasets of an account.

use std::fmt::Write as _;

use crate::context::Context;
use crate::failure::Failure;

/// Lists the datasets of your account as a tree of groups.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let datasets = context.client()?.datasets().await?;
        let mut text = format!("{datasets}");
        if !text.ends_with('\n') {
            text.push('\n');
        }
        if !datasets.server_message.is_empty() {
            let _ = writeln!(text, "\n{}", datasets.server_message);
        }
        context.print(&text)
    }
}
