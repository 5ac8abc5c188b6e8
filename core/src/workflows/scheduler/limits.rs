//! Limits of the Workflows API (its published definitions), and checks of single fields.

use std::fmt::Display;

use uuid::Uuid;

use super::rejection::Rejection;
use crate::protocol::id;
use crate::protocol::wire::tilebox::v1::Id;
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::excerpt::excerpt;
use crate::workflows::TaskVersion;

/// Maximum groups of a submission.
pub(super) const MAX_GROUPS: usize = 64;
/// Maximum bytes of the input of a task.
pub(super) const MAX_INPUT: usize = 2048;
/// Maximum bytes of the name of a task.
pub(super) const MAX_NAME: usize = 256;
/// Maximum bytes of the slug of a cluster.
pub(super) const MAX_SLUG: usize = 100;
/// Maximum tasks in a list of single submissions.
pub(super) const MAX_LEGACY_TASKS: usize = 1000;
/// Largest index that a single submission may depend on.
pub(super) const MAX_LEGACY_DEPENDENCY: i64 = 63;
/// Characters of a display that are kept; the rest is cut off (Workflows documentation).
pub(super) const MAX_DISPLAY: usize = 1024;
/// Maximum characters of a progress label.
pub(super) const MAX_LABEL: usize = 100;
/// Maximum indicators in the progress of a report: the documented limit is 1000, and the Python SDK sends one more.
pub(super) const MAX_INDICATORS: usize = 1001;
/// Maximum characters of the name in a query of jobs.
pub(super) const MAX_NAME_FILTER: usize = 100;

/// Maximum characters of a text that a message repeats.
pub(super) const MAX_EXCERPT: usize = 60;

/// Reads an id that a request must have.
pub(super) fn required_id(field: &str, id: Option<&Id>) -> Result<Uuid, Rejection> {
    let Some(id) = id else {
        return Err(Rejection::invalid(format!("{field}: expects an id, got none")));
    };
    id::from_wire(id).ok_or_else(|| {
        let count = id.uuid.len();
        Rejection::invalid(format!("{field}: expects an id of 16 bytes that are not all zero, got {count} bytes"))
    })
}

/// Reads the identifier of a task.
pub(super) fn identifier(
    field: impl Display,
    identifier: Option<&wire::TaskIdentifier>,
) -> Result<(&str, TaskVersion), Rejection> {
    let Some(wire::TaskIdentifier { name, version }) = identifier else {
        return Err(Rejection::invalid(format!("{field}: expects a name and a version, got none")));
    };
    if name.is_empty() || name.len() > MAX_NAME {
        let count = name.len();
        return Err(Rejection::invalid(format!("{field}.name: expects 1 to {MAX_NAME} bytes, got {count}")));
    }
    match version.parse() {
        Ok(version) => Ok((name, version)),
        Err(_) => Err(Rejection::invalid(format!(
            "{field}.version: expects `v<major>.<minor>` for task `{name}`, got `{}`",
            excerpt(version, MAX_EXCERPT)
        ))),
    }
}

/// Checks the slug of a cluster, which may be empty.
pub(super) fn check_slug(field: impl Display, slug: &str) -> Result<(), Rejection> {
    let is_valid = slug.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if slug.len() > MAX_SLUG || !is_valid {
        return Err(Rejection::invalid(format!(
            "{field}: expects at most {MAX_SLUG} letters, digits and hyphens, got `{}`",
            excerpt(slug, MAX_EXCERPT)
        )));
    }
    Ok(())
}

/// Returns the first characters of a display.
pub(super) fn cut_display(display: &str) -> &str {
    match display.char_indices().nth(MAX_DISPLAY) {
        Some((end, _)) => &display[..end],
        None => display,
    }
}
