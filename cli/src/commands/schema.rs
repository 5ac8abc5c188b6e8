//! The fields of a dataset.

use crate::context::Context;
use crate::definition::{Definition, type_in_words};
use crate::failure::Failure;
use crate::screen::{indented, table};

const NOTES: &str = "\
The output of --json and --toml is a definition, which `tbx datasets create` reads. Fields whose \
filter is `yes` can be used in a --filter.";

/// Shows the fields of a dataset, with their types, units and descriptions.
#[derive(Debug, clap::Args)]
#[command(after_help = NOTES)]
pub(crate) struct Args {
    /// The dataset, by its slug.
    dataset: String,
    /// Prints TOML.
    #[arg(long, conflicts_with = "json")]
    toml: bool,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let dataset = context.client()?.dataset(&self.dataset).await?;
        let (info, schema) = (dataset.info(), dataset.schema()?);
        let definition = Definition::of(info, schema);
        if self.toml {
            return context.print(&definition.to_toml()?);
        }
        if context.json() {
            return context.print_json(&definition);
        }
        let rows = schema.fields().iter().zip(&definition.fields).map(|(field, known)| {
            let filter = if known.queryable { "yes" } else { "" };
            let description = known.description.clone().unwrap_or_default();
            [known.name.clone(), type_in_words(schema, field), filter.to_owned(), description]
        });
        let fields = table(["field", "type", "filter", "description"], rows, context.room());
        context.print(&format!("{}\n{}\n{fields}", info.slug, indented(&info.to_string(), 0, context.room())))
    }
}
