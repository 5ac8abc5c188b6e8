//! One stored datapoint: its encoded bytes.

use std::fmt;

use bytes::{Bytes, BytesMut};
use prost::Message;
use prost_types::Timestamp;
use tilebox_core::protocol::wire::datasets::v1::TemporalDatapoint;

use crate::ids::DatapointId;
use crate::protobuf::{self, Value};

/// The fields that the server sets or indexes: time, id and ingestion time.
const HEAD_FIELDS: u32 = 3;
const NANOS_PER_MILLISECOND: i32 = 1_000_000;

/// An encoded datapoint, fields in ascending order, as answers carry it.
#[derive(Clone)]
pub(crate) struct Datapoint {
    message: Bytes,
    /// Where time, id and ingestion time end.
    head: u16,
}

impl Datapoint {
    /// Takes a datapoint that was encoded by the server or for it, and reads its id.
    ///
    /// # Errors
    ///
    /// When it is no message with ascending fields, or its time or id is missing.
    pub(crate) fn parse(message: Bytes) -> Result<(DatapointId, Self), Undecodable> {
        let mut head = 0;
        let mut last = 0;
        for field in protobuf::fields(&message) {
            let field = field.ok_or(Undecodable("it is no protobuf message"))?;
            if field.number < last {
                return Err(Undecodable("its fields are not in ascending order"));
            }
            last = field.number;
            if field.number <= HEAD_FIELDS {
                head = field.end;
            }
        }
        let head = u16::try_from(head).map_err(|_| Undecodable("its first three fields are too long"))?;
        let datapoint = Self { message, head };
        let TemporalDatapoint { time, id, .. } =
            datapoint.decode_head().ok_or(Undecodable("its time or id is malformed"))?;
        time.ok_or(Undecodable("it has no time"))?;
        let id = id.and_then(|id| DatapointId::from_slice(&id.uuid)).ok_or(Undecodable("it has no id"))?;
        Ok((id, datapoint))
    }

    /// Takes a datapoint whose first `head` bytes are time, id and ingestion time.
    pub(crate) fn new(message: Bytes, head: u16) -> Self {
        Self { message, head }
    }

    /// A new datapoint; `rest` are the encoded fields after time, id and ingestion time.
    pub(crate) fn ingested(id: DatapointId, time: Timestamp, ingestion_time: Timestamp, rest: &[u8]) -> Self {
        let head = TemporalDatapoint { time: Some(time), id: Some(id.to_wire()), ingestion_time: Some(ingestion_time) };
        let mut message = head.encode_to_vec();
        // Two timestamps and an id are less than 60 bytes.
        let head = message.len() as u16;
        message.extend_from_slice(rest);
        Self { message: message.into(), head }
    }

    /// The whole datapoint.
    pub(crate) fn message(&self) -> &Bytes {
        &self.message
    }

    /// What the hash of the id covers: the datapoint without time, id and ingestion time.
    pub(crate) fn rest(&self) -> &[u8] {
        self.message.get(usize::from(self.head)..).unwrap_or_default()
    }

    /// The well-known binary of the geometry, when this is a spatiotemporal datapoint that has one.
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

    /// The time.
    pub(crate) fn time(&self) -> Option<Timestamp> {
        self.decode_head()?.time
    }

    fn decode_head(&self) -> Option<TemporalDatapoint> {
        TemporalDatapoint::decode(self.message.get(..usize::from(self.head))?).ok()
    }

    /// The datapoint as answers without data carry it: time, id and ingestion time, the latter in whole milliseconds.
    ///
    /// The time is cut too; recorded times are whole milliseconds, so what the server does with others is not known.
    pub(crate) fn without_data(&self) -> Bytes {
        let mut head = self.decode_head().unwrap_or_default();
        for time in [&mut head.time, &mut head.ingestion_time].into_iter().flatten() {
            time.nanos -= time.nanos.rem_euclid(NANOS_PER_MILLISECOND);
        }
        let mut message = BytesMut::with_capacity(head.encoded_len());
        // A growing buffer takes every message.
        let _ = head.encode(&mut message);
        message.freeze()
    }
}

/// Why bytes are not a datapoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Undecodable(&'static str);

impl fmt::Display for Undecodable {
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
    fn without_data_only_the_head_is_left_and_ingestion_is_cut_to_milliseconds() {
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
