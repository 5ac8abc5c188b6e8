//! Manual pages.

use std::fs;
use std::path::PathBuf;

use clap::{CommandFactory as _, ValueHint};
use clap_mangen::Man;

use crate::arguments::Arguments;
use crate::context::Context;
use crate::destination::Target;
use crate::failure::Failure;

/// Writes the manual pages: one for each command into a folder, or all to standard output.
///
/// To read them: tbx manual | man -l -
/// To install them: tbx manual ~/.local/share/man/man1
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The folder, which is created if it does not exist.
    #[arg(value_hint = ValueHint::DirPath)]
    folder: Option<PathBuf>,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let mut command = Arguments::command().disable_help_subcommand(true);
        command.build();
        let mut pages = Vec::new();
        add_pages(&command, &mut pages);
        let Some(folder) = self.folder else {
            return context.print(&pages.into_iter().map(|(_, page)| page).collect::<String>());
        };
        fs::create_dir_all(&folder).map_err(|error| Failure::of_file("create the folder", &folder, &error))?;
        let count = pages.len();
        for (name, page) in pages {
            Target::replacing(folder.join(name)).write(context, page).await?;
        }
        context.say(&format!("{count} manual pages in {}", folder.display()));
        Ok(())
    }
}

/// Adds the pages of a command and of those below it, with the names of their files.
fn add_pages(command: &clap::Command, pages: &mut Vec<(String, String)>) {
    let page = Man::new(command.clone());
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = page.render(&mut text);
    pages.push((page.get_filename(), String::from_utf8_lossy(&text).into_owned()));
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        add_pages(inner, pages);
    }
}
