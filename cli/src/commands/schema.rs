//! The fields of a dataset.

use tilebox_tokio::schema::{DatasetSchema, Field, ValueType};

use crate::context::Context;
use crate::failure::Failure;
use crate::screen::columns;

/// Shows the fields of a dataset.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The dataset, by its slug.
    dataset: String,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let dataset = context.client()?.dataset(&self.dataset).await?;
        let schema = dataset.schema()?;
        let mut text = format!("{dataset}\n\n");
        let rows = schema.fields().iter().map(|field| {
            let annotation = field.annotation();
            let queryable = annotation.is_some_and(|annotation| annotation.queryable);
            let description = annotation.map(|annotation| annotation.description.clone()).unwrap_or_default();
            let filter = if queryable { "yes" } else { "" }.to_owned();
            [field.name().to_owned(), type_of(schema, field), filter, description]
        });
        columns(&mut text, ["field", "type", "filter", "description"], rows);
        context.print(&text)
    }
}

/// Returns the type of a field in words.
fn type_of(schema: &DatasetSchema, field: &Field) -> String {
    let one = match field.value_type() {
        ValueType::Enum(enumeration) => {
            let names: Vec<_> = enumeration.values().iter().map(|value| value.short_name.as_str()).collect();
            format!("one of {}", names.join(", "))
        }
        ValueType::Message(id) => {
            let name = schema.message(*id).map(|message| message.full_name()).unwrap_or_default();
            let short = name.rsplit('.').next().unwrap_or(name);
            short.to_lowercase()
        }
        scalar => format!("{scalar:?}").to_lowercase(),
    };
    match (field.is_map(), field.is_repeated()) {
        (true, _) => "map".to_owned(),
        (false, true) => format!("list of {one}"),
        (false, false) => one,
    }
}
