//! Intervals for `serde`, in the form of JSON that protobuf defines, with the names of the fields as they are declared.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::{IdInterval, TimeInterval};
use crate::schema::timestamp::Timestamp;

/// The aliases are the names in camel case, and those of earlier Python clients.
#[derive(Serialize, Deserialize)]
struct TimeFields {
    #[serde(alias = "startTime", alias = "start")]
    start_time: Timestamp,
    #[serde(alias = "endTime", alias = "end")]
    end_time: Timestamp,
    #[serde(default, alias = "startExclusive", skip_serializing_if = "is_false")]
    start_exclusive: bool,
    #[serde(default, alias = "endInclusive", skip_serializing_if = "is_false")]
    end_inclusive: bool,
}

#[derive(Serialize, Deserialize)]
struct IdFields {
    #[serde(alias = "startId")]
    start_id: Id,
    #[serde(alias = "endId")]
    end_id: Id,
    #[serde(default, alias = "startExclusive", skip_serializing_if = "is_false")]
    start_exclusive: bool,
    #[serde(default, alias = "endInclusive", skip_serializing_if = "is_false")]
    end_inclusive: bool,
}

/// The message `tilebox.v1.ID`.
#[derive(Serialize, Deserialize)]
struct Id {
    uuid: String,
}

/// Takes a reference, as `serde` passes it.
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Id {
    fn new(id: Uuid) -> Self {
        Self { uuid: BASE64_STANDARD.encode(id.as_bytes()) }
    }

    fn read<E: serde::de::Error>(&self) -> Result<Uuid, E> {
        let bytes = BASE64_STANDARD.decode(&self.uuid).ok();
        bytes
            .and_then(|bytes| Uuid::from_slice(&bytes).ok())
            .ok_or_else(|| E::custom("expects an id of 16 bytes in base64, got other text"))
    }
}

/// As `{"start_time":"2025-03-01T00:00:00Z","end_time":"2025-04-01T00:00:00Z"}`, with `start_exclusive` and `end_inclusive` if
/// they are true.
impl Serialize for TimeInterval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { start, end, start_exclusive, end_inclusive } = *self;
        TimeFields { start_time: start, end_time: end, start_exclusive, end_inclusive }.serialize(serializer)
    }
}

/// From the form in which it serializes, with names in snake or camel case.
impl<'de> Deserialize<'de> for TimeInterval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let TimeFields { start_time, end_time, start_exclusive, end_inclusive } =
            TimeFields::deserialize(deserializer)?;
        Ok(Self { start: start_time, end: end_time, start_exclusive, end_inclusive })
    }
}

/// As `{"start_id":{"uuid":"…"},"end_id":{"uuid":"…"}}` with ids in base64, with `start_exclusive` and `end_inclusive` if they are
/// true.
impl Serialize for IdInterval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { start, end, start_exclusive, end_inclusive } = *self;
        IdFields { start_id: Id::new(start), end_id: Id::new(end), start_exclusive, end_inclusive }
            .serialize(serializer)
    }
}

/// From the form in which it serializes, with names in snake or camel case.
impl<'de> Deserialize<'de> for IdInterval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let IdFields { start_id, end_id, start_exclusive, end_inclusive } = IdFields::deserialize(deserializer)?;
        Ok(Self { start: start_id.read()?, end: end_id.read()?, start_exclusive, end_inclusive })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_interval_is_the_json_of_its_message() {
        let interval = TimeInterval::parse("2024-01-02T03:04:05.6Z", "2024-02-01").expect("an interval");
        let json = r#"{"start_time":"2024-01-02T03:04:05.600Z","end_time":"2024-02-01T00:00:00Z"}"#;
        assert_eq!(serde_json::to_string(&interval).expect("JSON"), json);
        let bounds = interval.with_start_exclusive(true).with_end_inclusive(true);
        let flagged = json.replace('}', r#","start_exclusive":true,"end_inclusive":true}"#);
        assert_eq!(serde_json::to_string(&bounds).expect("JSON"), flagged);
        for (text, expected) in [
            (json, interval),
            (&flagged, bounds),
            (
                r#"{"startTime":"2024-01-02T03:04:05.600Z","endTime":"2024-02-01T00:00:00Z","startExclusive":false}"#,
                interval,
            ),
            (
                r#"{"start":"2024-01-02T03:04:05.600","end":"2024-02-01T00:00:00+00:00","end_inclusive":false}"#,
                interval,
            ),
        ] {
            assert_eq!(serde_json::from_str::<TimeInterval>(text).expect("an interval"), expected, "{text}");
        }
        assert!(serde_json::from_str::<TimeInterval>(r#"{"start_time":"2024-01-02"}"#).is_err());
    }

    #[test]
    fn an_id_interval_is_the_json_of_its_message() {
        let interval = IdInterval::new(Uuid::from_u128(1), Uuid::from_u128(2));
        let json = r#"{"start_id":{"uuid":"AAAAAAAAAAAAAAAAAAAAAQ=="},"end_id":{"uuid":"AAAAAAAAAAAAAAAAAAAAAg=="},"end_inclusive":true}"#;
        assert_eq!(serde_json::to_string(&interval).expect("JSON"), json);
        assert_eq!(serde_json::from_str::<IdInterval>(json).expect("an interval"), interval);
        assert!(serde_json::from_str::<IdInterval>(&json.replace("AQ==", "AQ")).is_err());
    }
}
