//! Checks the required fields of encoded datapoints before they are sent.

use crate::columns::wire::{self, Tag, WireType};
use crate::protocol::wire::datasets::v1::DatasetKind;
use crate::schema::{DatasetSchema, Field};

/// The required fields of a datapoint: their tags and names.
#[derive(Clone, Debug)]
pub(super) struct RequiredFields {
    required: Vec<(Tag, String)>,
}

impl RequiredFields {
    pub(super) fn new(schema: &DatasetSchema) -> Self {
        let geometry = (schema.kind() == DatasetKind::Spatiotemporal).then_some("geometry");
        let fields = ["time"].into_iter().chain(geometry).filter_map(|name| schema.field(name));
        let tag = |field: &Field| Tag { number: field.number(), wire_type: WireType::of(field) };
        Self { required: fields.map(|field| (tag(field), field.name().to_owned())).collect() }
    }

    /// Checks that an encoded datapoint is a message with all required fields.
    pub(super) fn check(&self, mut message: &[u8]) -> Result<(), String> {
        let mut missing: Vec<_> = self.required.iter().collect();
        while !message.is_empty() {
            let tag = wire::read_tag(&mut message).map_err(malformed)?;
            missing.retain(|(required, _)| *required != tag);
            wire::skip(tag, &mut message).map_err(malformed)?;
        }
        match missing.first() {
            Some((_, name)) => Err(format!("the field `{name}` is missing")),
            None => Ok(()),
        }
    }
}

fn malformed(error: wire::WireError) -> String {
    format!("not a valid protobuf message: {error}")
}
