//! What the server would refuse of an encoded datapoint, found before it is sent.

use crate::columns::wire::{self, WireType};
use crate::datasets::schema::{DatasetSchema, Field};
use crate::wire::datasets::v1::DatasetKind;

/// The fields that a datapoint must have: number and name.
#[derive(Clone, Debug)]
pub(super) struct Check {
    required: Vec<(u32, String)>,
}

impl Check {
    pub(super) fn new(schema: &DatasetSchema) -> Self {
        let place = (schema.kind() == DatasetKind::Spatiotemporal).then_some("geometry");
        let fields = ["time"].into_iter().chain(place).filter_map(|name| schema.field(name));
        Self { required: fields.map(|field: &Field| (field.number(), field.name().to_owned())).collect() }
    }

    /// Why a datapoint would be refused.
    pub(super) fn datapoint(&self, mut message: &[u8]) -> Result<(), String> {
        let mut missing: Vec<_> = self.required.iter().collect();
        while !message.is_empty() {
            let tag = wire::read_tag(&mut message).map_err(malformed)?;
            if tag.wire_type == WireType::Len {
                missing.retain(|(number, _)| *number != tag.number);
            }
            wire::skip(tag, &mut message).map_err(malformed)?;
        }
        match missing.first() {
            Some((_, name)) => Err(format!("the field `{name}` is missing")),
            None => Ok(()),
        }
    }
}

fn malformed(error: wire::WireError) -> String {
    format!("it is not a protobuf message: {error}")
}
