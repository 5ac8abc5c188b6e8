//! Checks of names and ids before a request is sent.

use uuid::Uuid;

use crate::error::{Error, Result};

/// Refuses a slug that is empty or white space.
pub(crate) fn check_slug(slug: &str) -> Result<()> {
    if !slug.trim().is_empty() {
        return Ok(());
    }
    let advice = "write its slug, such as open_data.copernicus.sentinel2_msi; `datasets` lists all datasets";
    Err(Error::invalid("find a dataset", "its slug is empty", advice))
}

/// Refuses the nil id.
pub(crate) fn check_dataset_id(id: Uuid) -> Result<()> {
    if !id.is_nil() {
        return Ok(());
    }
    let advice = "use the id of a listed dataset, or find the dataset by its slug";
    Err(Error::invalid("find a dataset", "its id is nil", advice))
}

/// Refuses a collection name that is empty or white space. `verb` completes "cannot … a collection".
pub(crate) fn check_collection(verb: &str, name: &str, slug: &str) -> Result<()> {
    if !name.trim().is_empty() {
        return Ok(());
    }
    let purpose = format!("{verb} a collection of the dataset `{slug}`");
    let advice = match verb {
        "create" => "give it a name, such as S2A_S2MSI1C",
        _ => "write its name, such as S2A_S2MSI1C; `collections` lists all collections",
    };
    Err(Error::invalid(purpose, "its name is empty", advice))
}
