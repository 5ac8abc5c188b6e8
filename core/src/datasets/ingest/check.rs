//! What the server would refuse of an encoded datapoint, found before it is sent.

use crate::columns::wire::{self, Tag, WireType};
use crate::protocol::wire::datasets::v1::DatasetKind;
use crate::schema::{DatasetSchema, Field};

/// The fields that a datapoint must have: how they start, and their names.
#[derive(Clone, Debug)]
pub(super) struct Check {
    required: Vec<(Tag, String)>,
}

impl Check {
    pub(super) fn new(schema: &DatasetSchema) -> Self {
        let place = (schema.kind() == DatasetKind::Spatiotemporal).then_some("geometry");
        let fields = ["time"].into_iter().chain(place).filter_map(|name| schema.field(name));
        let start = |field: &Field| Tag { number: field.number(), wire_type: WireType::of(field) };
        Self { required: fields.map(|field| (start(field), field.name().to_owned())).collect() }
    }

    /// Why a datapoint would be refused.
    pub(super) fn datapoint(&self, mut message: &[u8]) -> Result<(), String> {
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
    format!("it is not a protobuf message: {error}")
}
