//! Errors of geometries.

use std::fmt;

use crate::schema::excerpt::excerpt;

/// The maximum characters of a name that an error repeats.
const MAX_EXCERPT: usize = 60;

/// The reason why a value is not a geometry that Tilebox accepts, and what to do about it.
#[derive(Debug)]
pub(crate) struct GeometryError {
    pub(crate) reason: String,
    pub(crate) advice: &'static str,
}

impl GeometryError {
    pub(super) const TRANSFORM: &'static str = "transform it to longitude and latitude on WGS84 (SRID 4326)";

    pub(crate) fn new(reason: impl Into<String>, advice: &'static str) -> Self {
        Self { reason: reason.into(), advice }
    }

    /// Returns the error of a geometry in the reference system `name`.
    pub(crate) fn reference_system(name: &str) -> Self {
        Self::new(format!("its reference system is {}", excerpt(name, MAX_EXCERPT)), Self::TRANSFORM)
    }
}

/// Prints reason and advice in one line, as errors of datapoints show them.
impl fmt::Display for GeometryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.reason, self.advice)
    }
}
