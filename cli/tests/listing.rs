//! Datasets, schemas and collections.

use crate::kit::{DATAPOINTS, DATASET, printed, server};

#[test]
fn datasets_schemas_and_collections_are_listed() {
    let server = server();
    assert!(printed(&server, &["datasets"]).contains("        sentinel2_msi: "));
    let schema = printed(&server, &["schema", DATASET]);
    assert!(schema.lines().any(|line| line.starts_with("cloud_cover ") && line.contains(" double ")), "{schema}");
    let collections = printed(&server, &["collections", DATASET]);
    let counts = collections.lines().filter(|line| line.starts_with('S') && line.contains("MSI"));
    let counts = counts.filter_map(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok());
    assert_eq!(counts.sum::<usize>(), DATAPOINTS, "{collections}");
}
