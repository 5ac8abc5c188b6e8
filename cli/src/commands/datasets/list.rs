//! The tree of datasets.

use std::fmt::Write as _;

use serde::Serialize;
use tilebox_tokio::Dataset;
use tilebox_tokio::datasets::Group;

use crate::context::Context;
use crate::failure::Failure;
use crate::screen::{indented, printable};

/// A dataset in a list as JSON.
#[derive(Serialize)]
struct Listed<'a> {
    slug: &'a str,
    id: String,
    name: &'a str,
    summary: &'a str,
}

pub(super) async fn list(context: &Context) -> Result<(), Failure> {
    let datasets = context.client()?.datasets().await?;
    if context.json() {
        let listed = datasets.root.iter().map(|dataset| {
            let info = dataset.info();
            Listed { slug: &info.slug, id: info.id.to_string(), name: &info.name, summary: &info.summary }
        });
        return context.print_json(&listed.collect::<Vec<_>>());
    }
    let mut text = String::new();
    write_group(&mut text, &datasets.root, 0, context.room());
    if text.is_empty() {
        text.push_str("no datasets\n");
    }
    if let Some(maximum) = datasets.maximum_owned {
        let _ = writeln!(text, "\n{} of {maximum} datasets of your organisation are used", datasets.owned);
    }
    if !datasets.server_message.is_empty() {
        let _ = write!(text, "\n{}", indented(&datasets.server_message, 0, context.room()));
    }
    context.print(&text)
}

/// Writes the slug of each dataset in a line of its own, so that it can be copied, and its texts below.
fn write_group(text: &mut String, group: &Group<Dataset>, indent: usize, width: usize) {
    for (_, dataset) in &group.datasets {
        let info = dataset.info();
        let _ = writeln!(text, "{:indent$}{}", "", printable(&info.slug));
        let separator = if info.name.is_empty() || info.summary.is_empty() { "" } else { ": " };
        let summary = format!("{}{separator}{}", info.name, info.summary);
        text.push_str(&indented(&summary, indent + 4, width));
    }
    for inner in &group.groups {
        let name = if inner.name.is_empty() { &inner.code_name } else { &inner.name };
        let _ = writeln!(text, "{:indent$}{}", "", printable(name));
        write_group(text, inner, indent + 2, width);
    }
}
