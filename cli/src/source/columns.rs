//! The columns of an input that become fields, and their names.

use std::collections::HashMap;
use std::sync::Arc;

use tilebox_tokio::schema::DatasetSchema;

use super::{Fault, Features};

/// The fields that the server sets. Inputs may have them.
const SET_BY_SERVER: [&str; 2] = ["id", "ingestion_time"];

/// Members of STAC items that describe the item. The tables of `stac-geoparquet` have them as columns.
const STAC_MEMBERS: [&str; 7] = ["type", "stac_version", "stac_extensions", "links", "assets", "collection", "bbox"];

/// The prefix of properties of STAC items that are fields of Tilebox.
const STAC_PREFIX: &str = "tilebox:";

/// The column of row labels that pandas adds to Parquet files.
const PANDAS_INDEX: &str = "__index_level_0__";

/// The columns to read, and their names in the dataset.
#[derive(Clone, Debug, Default)]
pub(crate) struct ColumnChoice {
    /// Fields by the names of columns.
    pub(crate) renamed: HashMap<String, String>,
    /// The only columns to read; `None` for all.
    pub(crate) chosen: Option<Vec<String>>,
    /// Whether columns without a field are left out.
    pub(crate) ignores_unknown: bool,
}

/// The columns of a table with the same columns in every row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Ascending indexes of the columns to read.
    pub(super) indexes: Vec<usize>,
    /// The field of each of them.
    pub(super) fields: Vec<Arc<str>>,
}

impl ColumnChoice {
    /// Returns the field of a column; `None` for a column to leave out.
    ///
    /// # Errors
    ///
    /// When the dataset has no such field.
    pub(super) fn field(&self, schema: &DatasetSchema, name: &str) -> Result<Option<Arc<str>>, Fault> {
        if self.chosen.as_ref().is_some_and(|chosen| !chosen.iter().any(|chosen| chosen == name)) {
            return Ok(None);
        }
        let without_prefix = name.strip_prefix(STAC_PREFIX).unwrap_or(name);
        let field = self.renamed.get(name).map_or(without_prefix, String::as_str);
        if SET_BY_SERVER.contains(&field) {
            return Ok(None);
        }
        match schema.find_field(field) {
            Ok(_) => Ok(Some(field.into())),
            Err(_) if self.ignores_unknown => Ok(None),
            Err(error) => {
                let problem = match name {
                    "" => "a column has no name".to_owned(),
                    name => format!("the dataset has no field for the column `{name}`"),
                };
                let advice = format!(
                    "{}; rename it with --rename {}=FIELD, or leave it out with --ignore-unknown or --columns",
                    error.advice(),
                    if name.is_empty() { "COLUMN" } else { name }
                );
                Err(Fault::new(problem, advice))
            }
        }
    }

    /// Finds the fields of the columns of a table.
    ///
    /// `derived` names columns that only help readers to find a geometry.
    ///
    /// # Errors
    ///
    /// When a column has no field, two columns have the same field, a chosen or renamed column does not exist, or a required
    /// field has no column.
    pub(super) fn plan(
        &self,
        schema: &DatasetSchema,
        features: &Features,
        names: &[String],
        derived: &[String],
    ) -> Result<Plan, Fault> {
        let has = |name: &str| names.iter().any(|column| column == name);
        let wanted = self.renamed.keys().chain(self.chosen.iter().flatten());
        if let Some(missing) = wanted.into_iter().find(|name| !has(name)) {
            let problem = format!("it has no column `{missing}`");
            return Err(Fault::new(problem, format!("its columns are {}", names.join(", "))));
        }
        let is_stac = has("stac_version");
        let mut plan = Plan { indexes: Vec::new(), fields: Vec::new() };
        for (index, name) in names.iter().enumerate() {
            let is_unknown = schema.field(name).is_none() && !self.renamed.contains_key(name);
            let is_derived = derived.contains(name) || name == PANDAS_INDEX;
            if is_unknown && (is_derived || is_stac && STAC_MEMBERS.contains(&name.as_str())) {
                continue;
            }
            let known = match features.of_property(name) {
                Some(field) if is_unknown && !has(field) => field,
                None if is_unknown && is_stac && name == "datetime" && !has("time") => "time",
                _ => name,
            };
            let Some(field) = self.field(schema, known)? else { continue };
            if plan.fields.contains(&field) {
                let problem = format!("the field `{field}` has two columns");
                return Err(Fault::new(problem, "choose one with --columns"));
            }
            plan.indexes.push(index);
            plan.fields.push(field);
        }
        match schema.required_fields().find(|field| plan.fields.iter().all(|given| **given != *field.name())) {
            None => Ok(plan),
            Some(missing) => {
                let problem = format!("the column `{}` is missing, which every datapoint needs", missing.name());
                let columns = names.join(", ");
                let advice = format!(
                    "name the column that has it: --rename COLUMN={}; the columns are {columns}",
                    missing.name()
                );
                Err(Fault::new(problem, advice))
            }
        }
    }
}
