//! Names and ids that no server has to be asked for.

use uuid::Uuid;

use crate::error::{Error, Result};

/// Refuses a slug without a visible character.
pub(crate) fn check_slug(slug: &str) -> Result<()> {
    if !slug.trim().is_empty() {
        return Ok(());
    }
    let advice = "write its slug, such as open_data.copernicus.sentinel2_msi; `datasets` lists those that there are";
    Err(Error::invalid("find a dataset", "its slug is empty", advice))
}

/// Refuses the nil id, which no dataset has.
pub(crate) fn check_dataset_id(id: Uuid) -> Result<()> {
    if !id.is_nil() {
        return Ok(());
    }
    let advice = "take the id of a dataset that was listed, or find it by its slug";
    Err(Error::invalid("find a dataset", "its id is nil", advice))
}

/// Refuses a name of a collection without a visible character. `verb` completes "cannot … a collection".
pub(crate) fn check_collection(verb: &str, name: &str, slug: &str) -> Result<()> {
    if !name.trim().is_empty() {
        return Ok(());
    }
    let purpose = format!("{verb} a collection of the dataset `{slug}`");
    let advice = match verb {
        "create" => "give it a name, such as S2A_S2MSI1C",
        _ => "write its name, such as S2A_S2MSI1C; `collections` lists those that there are",
    };
    Err(Error::invalid(purpose, "its name is empty", advice))
}
