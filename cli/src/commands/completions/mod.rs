//! Completions of shells.
//!
//! A script calls the program for each completion, with the words of the command line, so that it also completes the
//! names of datasets, collections and fields. `names` asks the server for them.

mod names;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, ValueEnum};
use clap_complete::env::{CompleteEnv, Shells};

use crate::arguments::{Arguments, NAME};
use crate::context::Context;
use crate::failure::Failure;

/// The variable in which a script passes the name of its shell.
const VARIABLE: &str = "TBX_COMPLETE";

/// Prints completions for a shell, which also complete datasets, collections and fields.
///
/// Print them again after an update of the program.
///
/// bash:       tbx completions bash > ~/.local/share/bash-completion/completions/tbx
/// zsh:        tbx completions zsh > _tbx      in a folder of $fpath
/// fish:       tbx completions fish > ~/.config/fish/completions/tbx.fish
/// powershell: tbx completions powershell >> $PROFILE
/// elvish:     tbx completions elvish >> ~/.config/elvish/rc.elv
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        let shells = Shells::builtins();
        let name = match self.shell {
            Shell::Bash => "bash",
            Shell::Elvish => "elvish",
            Shell::Fish => "fish",
            Shell::Powershell => "powershell",
            Shell::Zsh => "zsh",
        };
        let mut script = Vec::new();
        let written =
            shells.completer(name).map(|shell| shell.write_registration(VARIABLE, NAME, NAME, NAME, &mut script));
        match written {
            Some(Ok(())) => context.print(&String::from_utf8_lossy(&script)),
            _ => Err(Failure::new(&format!("cannot write completions for {name}"), "use another shell")),
        }
    }
}

/// Prints the completions of a command line, if a script of a shell asks for them.
pub(crate) fn complete() -> Option<ExitCode> {
    std::env::var_os(VARIABLE).filter(|shell| !shell.is_empty())?;
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // The words of the command line follow `--`.
    let words: Vec<_> = arguments.iter().skip_while(|word| *word != "--").skip(1).cloned().collect();
    let complete = CompleteEnv::with_factory(|| names::with_names(Arguments::command(), words.clone()));
    let complete = complete.var(VARIABLE).bin(NAME).completer(NAME);
    let directory = std::env::current_dir().ok();
    // An error would be printed into the command line that is being typed.
    match complete.try_complete(arguments, directory.as_deref()) {
        Ok(true) => Some(ExitCode::SUCCESS),
        Ok(false) => None,
        Err(_) => Some(ExitCode::FAILURE),
    }
}
