//! Checks the required fields of encoded datapoints before they are sent.

use crate::columns::wire::{self, Tag, WireError, WireType};
use crate::schema::{DatasetSchema, Field};

/// The required fields of a datapoint: their tags and names.
#[derive(Clone, Debug)]
pub(super) struct RequiredFields {
    required: Vec<(Tag, String)>,
}

impl RequiredFields {
    pub(super) fn new(schema: &DatasetSchema) -> Self {
        let tag = |field: &Field| Tag { number: field.number(), wire_type: WireType::of(field) };
        Self { required: schema.required_fields().map(|field| (tag(field), field.name().to_owned())).collect() }
    }

    /// Returns the first required field that an encoded datapoint does not have, if any.
    ///
    /// # Errors
    ///
    /// When the bytes are not a message.
    pub(super) fn check(&self, mut message: &[u8]) -> Result<Option<&str>, WireError> {
        let mut missing: Vec<_> = self.required.iter().collect();
        while !message.is_empty() {
            let tag = wire::read_tag(&mut message)?;
            missing.retain(|(required, _)| *required != tag);
            wire::skip(tag, &mut message)?;
        }
        Ok(missing.first().map(|(_, name)| name.as_str()))
    }
}
