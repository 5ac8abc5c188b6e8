//! The messages around datapoints: `datasets.v1.QueryResultPage` and `datasets.v1.Any`.

use prost::Message;
use uuid::Uuid;

use super::error::{DecodeError, DecodeErrorKind, FieldError};
use super::wire::{self, Tag, WireType};
use crate::protocol::wire::tilebox::v1::Pagination;
use crate::schema::well_known::number;

/// A page with its datapoints still encoded.
#[derive(Debug, Default)]
pub(super) struct Envelope<'a> {
    pub(super) type_url: &'a [u8],
    pub(super) datapoints: Vec<&'a [u8]>,
    pub(super) next_page: Option<Pagination>,
}

impl<'a> Envelope<'a> {
    /// Reads a `QueryResultPage`: `data` = 1, `next_page` = 2.
    pub(super) fn of_page(mut body: &'a [u8]) -> Result<Self, FieldError> {
        let mut envelope = Self::default();
        while !body.is_empty() {
            match wire::read_tag(&mut body)? {
                Tag { number: 1, wire_type: WireType::Len } => {
                    let data = wire::read_len(&mut body)?;
                    envelope.merge_data(data).map_err(|error| error.in_field("data"))?;
                }
                Tag { number: 2, wire_type: WireType::Len } => {
                    let next_page = wire::read_len(&mut body)?;
                    envelope.next_page.get_or_insert_default().merge(next_page).map_err(|error| {
                        FieldError::new(DecodeErrorKind::Malformed, error.to_string()).in_field("next_page")
                    })?;
                }
                tag => wire::skip(tag, &mut body)?,
            }
        }
        Ok(envelope)
    }

    /// Reads an `Any`, which has the fields of a `RepeatedAny` with one value. Without a value it is a datapoint without
    /// fields.
    pub(super) fn of_datapoint(body: &'a [u8]) -> Result<Self, FieldError> {
        let mut envelope = Self::default();
        envelope.merge_data(body)?;
        let last = envelope.datapoints.pop().unwrap_or_default();
        envelope.datapoints = vec![last];
        Ok(envelope)
    }

    /// Reads a `RepeatedAny`: `type_url` = 1, `value` = 2.
    fn merge_data(&mut self, mut data: &'a [u8]) -> Result<(), FieldError> {
        while !data.is_empty() {
            match wire::read_tag(&mut data)? {
                Tag { number: 1, wire_type: WireType::Len } => self.type_url = wire::read_len(&mut data)?,
                Tag { number: 2, wire_type: WireType::Len } => self.datapoints.push(wire::read_len(&mut data)?),
                tag => wire::skip(tag, &mut data)?,
            }
        }
        Ok(())
    }

    /// Checks the type of the datapoints. A page without datapoints may name any type, but must name one: an empty response
    /// does not mean "no more datapoints".
    pub(super) fn check_type(&self, type_name: &str) -> Result<(), DecodeError> {
        if self.type_url.is_empty() {
            let problem = "it does not name the type of its datapoints, so it is incomplete";
            return Err(DecodeError::of_page(DecodeErrorKind::Incomplete, problem));
        }
        let is_expected = self.type_url.rsplit(|byte| *byte == b'/').next() == Some(type_name.as_bytes());
        if is_expected || self.datapoints.is_empty() {
            return Ok(());
        }
        let found = String::from_utf8_lossy(self.type_url);
        let problem = format!(
            "expects datapoints of type {type_name:?}, got {found:?}: the schema changed; load the dataset again"
        );
        Err(DecodeError::of_page(DecodeErrorKind::TypeChanged, problem))
    }
}

/// Returns the id of a datapoint, if the datapoint can be read that far.
pub(super) fn find_id(mut datapoint: &[u8], id_number: u32) -> Option<Uuid> {
    let mut id = None;
    while !datapoint.is_empty() {
        let Ok(tag) = wire::read_tag(&mut datapoint) else { break };
        let message = match tag.wire_type {
            WireType::Len if tag.number == id_number => wire::read_len(&mut datapoint),
            WireType::StartGroup if tag.number == id_number => wire::read_group(id_number, &mut datapoint),
            _ if wire::skip(tag, &mut datapoint).is_ok() => continue,
            _ => break,
        };
        let Ok(mut message) = message else { break };
        if let Ok(Tag { number: number::BYTES, wire_type: WireType::Len }) = wire::read_tag(&mut message) {
            id = wire::read_len(&mut message).ok().and_then(|bytes| Uuid::from_slice(bytes).ok());
        }
    }
    id
}
