//! Creation, change and deletion of datasets.

use std::path::Path;

use serde_json::json;
use tilebox_tokio::{Dataset, DeletedDataset};

use crate::context::Context;
use crate::definition::Definition;
use crate::failure::Failure;

pub(super) async fn create(context: &Context, file: &Path, code_name: Option<String>) -> Result<(), Failure> {
    let mut definition = Definition::read(file)?;
    if let Some(code_name) = code_name {
        definition.code_name = code_name;
    }
    let definition = definition.to_definition()?;
    let dataset = context.client()?.create_dataset(&definition).await?;
    report(context, "created", &dataset)
}

pub(super) async fn update(context: &Context, file: &Path, slug: Option<String>) -> Result<(), Failure> {
    let definition = Definition::read(file)?;
    let changes = definition.to_definition()?.to_changes();
    let client = context.client()?;
    let slug = slug.or(definition.slug).unwrap_or(definition.code_name);
    let dataset = client.dataset(&slug).await?;
    let dataset = client.update_dataset(&dataset, &changes).await?;
    report(context, "updated", &dataset)
}

fn report(context: &Context, action: &str, dataset: &Dataset) -> Result<(), Failure> {
    if context.json() {
        return context.print_json(&Definition::of(dataset.info(), dataset.schema()?));
    }
    context.say(&format!("{action} the dataset `{}`", dataset.slug()));
    Ok(())
}

pub(super) async fn delete(context: &Context, slug: &str, yes: bool) -> Result<(), Failure> {
    let client = context.client()?;
    let dataset = client.dataset(slug).await?;
    let slug = dataset.slug();
    let mut contents = String::new();
    if !yes {
        let collections = dataset.collections().await?;
        let counts = collections.iter().map(|collection| collection.info().count);
        let datapoints = counts.sum::<Option<u64>>().map_or(String::new(), |count| format!(" and {count} datapoints"));
        contents = format!(" with {} collections{datapoints}", collections.len());
    }
    context.confirm(&format!("delete the dataset `{slug}`{contents}"), yes)?;
    let state = match client.delete_dataset(&dataset).await? {
        DeletedDataset::Gone => "gone",
        DeletedDataset::InTrash => "in_trash",
        _ => "gone_or_in_trash",
    };
    if context.json() {
        return context.print_json(&json!({ "slug": slug, "state": state }));
    }
    let remark = if state == "in_trash" { "; it stays in the trash for some days" } else { "" };
    context.say(&format!("deleted the dataset `{slug}`{remark}"));
    Ok(())
}
