//! The lengths of names and texts.

use std::ops::RangeInclusive;

use crate::services::Refusal;

/// The longest name of a cluster, in characters (Workflows API, clusters). The others have the same limit, which is not
/// known.
pub(super) const MAXIMUM_NAME_LENGTH: usize = 100;
/// The longest description of a cluster, in characters (Workflows API, clusters). The others have the same limit, which
/// is not known.
pub(super) const MAXIMUM_DESCRIPTION_LENGTH: usize = 50_000;

/// Refuses a text whose number of characters is outside of the range.
pub(super) fn check_length(field: &str, text: Option<&String>, range: RangeInclusive<usize>) -> Result<(), Refusal> {
    let Some(length) = text.map(|text| text.chars().count()) else { return Ok(()) };
    if range.contains(&length) {
        return Ok(());
    }
    let (shortest, longest) = range.into_inner();
    Err(Refusal::invalid(format!("{field}: expects {shortest} to {longest} characters, got {length}")))
}
