//! Completions of shells.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::arguments::{Arguments, NAME};
use crate::context::Context;
use crate::failure::Failure;

/// Prints completions for a shell.
///
/// For bash: tbx completions bash > ~/.local/share/bash-completion/completions/tbx
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell.
    shell: Shell,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), NAME, &mut script);
        context.print(&String::from_utf8_lossy(&script))
    }
}
