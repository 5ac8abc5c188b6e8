//! The datasets of an account.
//!
//! | file | contents |
//! |---|---|
//! | `list` | the tree of datasets |
//! | `manage` | creation, change and deletion |

mod list;
mod manage;

use std::path::PathBuf;

use clap::{Subcommand, ValueHint};

use crate::context::Context;
use crate::definition::names_of_types;
use crate::failure::Failure;

/// Lists the datasets of your account as a tree of groups; creates, changes and deletes datasets.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Creates a dataset from a definition.
    #[command(after_help = format())]
    Create {
        /// The definition as TOML or JSON; `-` is standard input.
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// The code name of the dataset, instead of the one in the definition.
        #[arg(long, value_name = "NAME")]
        code_name: Option<String>,
    },
    /// Changes a dataset, so that it is as its definition.
    ///
    /// The definition has all fields: a field that it does not have is removed. A dataset with datapoints accepts new
    /// fields at the end, and other texts.
    #[command(after_help = format())]
    Update {
        /// The definition as TOML or JSON; `-` is standard input.
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// The dataset, by its slug, instead of the one in the definition.
        #[arg(long)]
        dataset: Option<String>,
    },
    /// Deletes a dataset with its collections. One with datapoints stays in the trash for some days.
    Delete {
        /// The dataset, by its slug.
        dataset: String,
        /// Does not ask for a confirmation.
        #[arg(short, long)]
        yes: bool,
    },
}

fn format() -> String {
    let types = names_of_types().collect::<Vec<_>>().join(", ");
    let mut list = crate::screen::indented(&types, 2, crate::screen::WIDTH);
    list.truncate(list.trim_end().len());
    format!(
        "\
A definition in TOML:

  code_name = \"my_scenes\"            # the last part of the slug, in snake case
  kind = \"spatiotemporal\"            # or \"temporal\": without a geometry
  name = \"My scenes\"                 # optional, as are summary and description
  summary = \"Scenes of the Alps\"

  [[fields]]                         # time, id, ingestion_time and geometry are added
  name = \"cloud_cover\"
  type = \"float64\"
  queryable = true                   # filters can use it
  description = \"Cloud cover in percent\"
  example = \"12.5\"

  [[fields]]
  name = \"bands\"
  type = \"string\"
  repeated = true                    # a list of values

Other keys of a field: source_json_pointer, json_schema_ref, and roles = [\"primary_title\"].
JSON has the same keys. `tbx schema DATASET --toml` prints the definition of a dataset.

Types:
{list}"
    )
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self.action {
            None => list::list(context).await,
            Some(Action::Create { file, code_name }) => manage::create(context, &file, code_name).await,
            Some(Action::Update { file, dataset }) => manage::update(context, &file, dataset).await,
            Some(Action::Delete { dataset, yes }) => manage::delete(context, &dataset, yes).await,
        }
    }
}
