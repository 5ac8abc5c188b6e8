//! A stored datapoint in encoded form.

use std::fmt;

use bytes::{Bytes, BytesMut};
use prost::Message;
use prost_types::Timestamp;
use tilebox_core::protocol::wire::datasets::v1::TemporalDatapoint;

use crate::ids::DatapointId;
use crate::protobuf::{self, Value};

/// The number of fields that the server sets or indexes: time, id and ingestion time.
const HEAD_FIELDS: u32 = 3;
const NANOS_PER_MILLISECOND: i32 = 1_000_000;

/// An encoded datapoint with ascending fields, as in responses.
#[derive(Clone)]
pub(crate) struct Datapoint {
    message: Bytes,
    /// The offset of the end of time, id and ingestion time.
    head: u16,
}

impl Datapoint {
    /// Reads an encoded datapoint and its id.
    ///
    /// # Errors
    ///
    /// [`DatapointError`] if the message is malformed, its fields are not in ascending order, or its time or id is missing.
    pub(crate) fn parse(message: Bytes) -> Result<(DatapointId, Self), DatapointError> {
        let mut head = 0;
        let mut last = 0;
        for field in protobuf::fields(&message) {
            let field = field.ok_or(DatapointError("not a protobuf message"))?;
            if field.number < last {
                return Err(DatapointError("expects fields in ascending order"));
            }
            last = field.number;
            if field.number <= HEAD_FIELDS {
                head = field.end;
            }
        }
        let head = u16::try_from(head).map_err(|_| DatapointError("the first three fields are too long"))?;
        let datapoint = Self { message, head };
        let TemporalDatapoint { time, id, .. } =
            datapoint.decode_head().ok_or(DatapointError("the time or the id is malformed"))?;
        time.ok_or(DatapointError("the time is missing"))?;
        let id = id.and_then(|id| DatapointId::from_slice(&id.uuid)).ok_or(DatapointError("the id is missing"))?;
        Ok((id, datapoint))
    }

    /// Wraps a datapoint whose first `head` bytes are time, id and ingestion time.
    pub(crate) fn new(message: Bytes, head: u16) -> Self {
        Self { message, head }
    }

    /// Creates a datapoint. `rest` is the encoded fields after time, id and ingestion time.
    pub(crate) fn ingested(id: DatapointId, time: Timestamp, ingestion_time: Timestamp, rest: &[u8]) -> Self {
        let head = TemporalDatapoint { time: Some(time), id: Some(id.to_wire()), ingestion_time: Some(ingestion_time) };
        let mut message = head.encode_to_vec();
        // Two timestamps and an id take less than 60 bytes.
        let head = message.len() as u16;
        message.extend_from_slice(rest);
        Self { message: message.into(), head }
    }

    /// Returns the whole encoded datapoint.
    pub(crate) fn message(&self) -> &Bytes {
        &self.message
    }

    /// Returns the encoded fields after time, id and ingestion time, which the hash of the id covers.
    pub(crate) fn rest(&self) -> &[u8] {
        self.message.get(usize::from(self.head)..).unwrap_or_default()
    }

    /// Returns the well-known binary of the geometry, if the datapoint has one.
    pub(crate) fn geometry(&self) -> Option<&[u8]> {
        let field = protobuf::fields(self.rest()).next()??;
        let Value::Bytes(geometry) = field.value else { return None };
        if field.number != 4 {
            return None;
        }
        match protobuf::fields(geometry).next()?? {
            protobuf::Field { number: 1, value: Value::Bytes(wkb), .. } => Some(wkb),
            _ => None,
        }
    }

    /// Returns the time.
    pub(crate) fn time(&self) -> Option<Timestamp> {
        self.decode_head()?.time
    }

    fn decode_head(&self) -> Option<TemporalDatapoint> {
        TemporalDatapoint::decode(self.message.get(..usize::from(self.head))?).ok()
    }

    /// Returns the datapoint of a response without data: time, id and ingestion time, the latter truncated to milliseconds.
    ///
    /// The time is truncated as well. Recorded times are whole milliseconds, so the server's rule is not known.
    pub(crate) fn without_data(&self) -> Bytes {
        let mut head = self.decode_head().unwrap_or_default();
        for time in [&mut head.time, &mut head.ingestion_time].into_iter().flatten() {
            time.nanos -= time.nanos.rem_euclid(NANOS_PER_MILLISECOND);
        }
        let mut message = BytesMut::with_capacity(head.encoded_len());
        // Encoding into a growing buffer cannot fail.
        let _ = head.encode(&mut message);
        message.freeze()
    }
}

/// The reason for which bytes are not a datapoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DatapointError(&'static str);

impl fmt::Display for DatapointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids;
    use tilebox_core::protocol::wire::datasets::v1::{Geometry, SpatioTemporalDatapoint};
    use tilebox_core::protocol::wire::tilebox::v1::Id;

    fn message() -> SpatioTemporalDatapoint {
        SpatioTemporalDatapoint {
            time: Some(Timestamp { seconds: 100, nanos: 7_000_000 }),
            id: Some(Id { uuid: Bytes::from_static(&[3; 16]) }),
            ingestion_time: Some(Timestamp { seconds: 200, nanos: 123_456_789 }),
            geometry: Some(Geometry { wkb: Bytes::from_static(b"wkb") }),
        }
    }

    #[test]
    fn a_datapoint_without_data_has_the_head_only() {
        let (id, datapoint) = Datapoint::parse(message().encode_to_vec().into()).expect("a datapoint");
        assert_eq!(id, DatapointId::from_slice(&[3; 16]).expect("an id"));
        let head = SpatioTemporalDatapoint::decode(datapoint.without_data()).expect("a message");
        let ingestion_time = Some(Timestamp { seconds: 200, nanos: 123_000_000 });
        assert_eq!(head, SpatioTemporalDatapoint { ingestion_time, geometry: None, ..message() });
        assert_eq!(datapoint.geometry(), Some(&b"wkb"[..]));
        assert_eq!(datapoint.rest(), [0x22, 5, 0x0a, 3, b'w', b'k', b'b']);
    }

    #[test]
    fn a_datapoint_without_time_or_id_is_refused() {
        for message in [
            SpatioTemporalDatapoint { time: None, ..message() },
            SpatioTemporalDatapoint { id: None, ..message() },
            SpatioTemporalDatapoint { id: Some(ids::to_wire(uuid::Uuid::nil())), ..message() },
        ] {
            assert!(Datapoint::parse(message.encode_to_vec().into()).is_err());
        }
        assert!(Datapoint::parse(Bytes::from_static(&[0xff])).is_err());
    }
}
