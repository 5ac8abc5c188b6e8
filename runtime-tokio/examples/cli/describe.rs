//! Datasets, their fields, their collections.

use std::fmt::Write as _;

use tilebox_tokio::schema::{DatasetSchema, Field, ValueType};
use tilebox_tokio::{Client, Result};

/// Returns the tree of groups and datasets, and the notice of the server.
pub(crate) async fn datasets(client: &Client) -> Result<String> {
    let datasets = client.datasets().await?;
    let mut text = format!("{datasets}");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    if !datasets.server_message.is_empty() {
        let _ = writeln!(text, "\n{}", datasets.server_message);
    }
    Ok(text)
}

pub(crate) async fn collections(client: &Client, slug: &str) -> Result<String> {
    let dataset = client.dataset(slug).await?;
    let mut text = format!("{dataset}\n\n");
    let rows = dataset.collections().await?.into_iter().map(|collection| {
        let info = collection.info();
        let (from, to) = match info.availability.filter(|interval| !interval.is_empty()) {
            Some(interval) => (interval.start().to_string(), interval.end().to_string()),
            None => ("-".to_owned(), "-".to_owned()),
        };
        let count = info.count.map_or("-".to_owned(), |count| count.to_string());
        [info.name, count, from, to]
    });
    columns(&mut text, ["collection", "datapoints", "from", "to"], rows);
    Ok(text)
}

pub(crate) async fn schema(client: &Client, slug: &str) -> Result<String> {
    let dataset = client.dataset(slug).await?;
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
    Ok(text)
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

/// Writes rows below their titles, each column as wide as its widest text.
fn columns<const N: usize>(text: &mut String, titles: [&str; N], rows: impl Iterator<Item = [String; N]>) {
    let rows: Vec<[String; N]> = std::iter::once(titles.map(str::to_owned)).chain(rows).collect();
    let widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}
