//! Rust structs for the datapoints of a dataset.
//!
//! | file | contents |
//! |---|---|
//! | `code` | the code from a schema |
//! | `types` | the Rust types of fields |
//! | `names` | identifiers from names |
//! | `docs` | doc comments from descriptions |

mod code;
mod docs;
mod names;
#[cfg(test)]
mod tests;
mod types;

use serde_json::json;

use crate::context::Context;
use crate::destination::Target;
use crate::failure::Failure;

use code::Code;

const EXAMPLES: &str = "\
Example:
  tbx generate open_data.copernicus.sentinel2_msi --name Scene -o src/scene.rs

  mod scene;
  for scene in datapoints.rows::<scene::Scene>()? { … }

The structs implement `Deserialize`, to read datapoints, and `Serialize`, to ingest them.";

/// Prints Rust structs for the datapoints of a dataset, with its descriptions.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The dataset, by its slug.
    dataset: String,
    /// The name of the struct for datapoints. By default that of the type of the dataset.
    #[arg(long, value_name = "TYPE", value_parser = type_name)]
    name: Option<String>,
    /// The crate that exports the types of the SDK, such as tilebox_smol.
    #[arg(long = "crate", value_name = "CRATE", default_value = DEFAULT_CRATE, value_parser = crate_name)]
    crate_name: String,
    #[command(flatten)]
    target: Target,
}

/// The crate that most applications use.
const DEFAULT_CRATE: &str = "tilebox_tokio";

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        self.target.check()?;
        let dataset = context.client()?.dataset(&self.dataset).await?;
        let mut command = format!("tbx generate {}", dataset.slug());
        if let Some(name) = &self.name {
            command.push_str(&format!(" --name {name}"));
        }
        if self.crate_name != DEFAULT_CRATE {
            command.push_str(&format!(" --crate {}", self.crate_name));
        }
        let code = Code {
            slug: dataset.slug(),
            summary: &dataset.info().summary,
            schema: dataset.schema()?,
            name: self.name.as_deref(),
            crate_name: &self.crate_name,
            command: &command,
        };
        let code = code.generate();
        let text = match context.json() {
            true => format!("{:#}\n", json!({ "dataset": dataset.slug(), "code": code })),
            false => code,
        };
        self.target.save(context, text).await
    }
}

fn type_name(name: &str) -> Result<String, String> {
    if names::is_type(name) {
        return Ok(name.to_owned());
    }
    Err("expects a name in upper camel case that the code does not use itself, such as Scene".to_owned())
}

fn crate_name(name: &str) -> Result<String, String> {
    let name = name.replace('-', "_");
    if names::field(&name) == name { Ok(name) } else { Err("expects the name of a crate".to_owned()) }
}
