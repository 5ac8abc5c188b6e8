//! Ids: those of datapoints follow the server's rule, all others follow the emulator's own.

use std::fmt;

use bytes::Bytes;
use tilebox_core::protocol::wire::tilebox::v1::Id;
use uuid::Uuid;

/// The basis and the prime of the 128-bit Fowler-Noll-Vo hash.
const FNV_BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const FNV_PRIME: u128 = (1 << 88) + 0x13b;

/// The range of times in an id, in milliseconds since 1970: 48 bits, up to the year 10889.
pub(crate) const TIME_RANGE: std::ops::RangeInclusive<i64> = 0..=0xffff_ffff_ffff;

/// The id of a datapoint. Responses are in the bytewise order of ids: time, then faces, then hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DatapointId(pub(crate) u128);

impl DatapointId {
    /// Computes the id of a datapoint as the server does.
    ///
    /// `milliseconds` is the time, within [`TIME_RANGE`]. `faces` is the bit set of the faces that the geometry touches,
    /// `None` without a geometry. `rest` is the encoded datapoint in ascending order of fields, without time, id and
    /// ingestion time.
    pub(crate) fn compute(collection: Uuid, milliseconds: i64, faces: Option<u8>, rest: &[u8]) -> Self {
        let mut hash = fnv1a(collection.as_bytes().iter().chain(rest)) >> 48;
        if let Some(faces) = faces {
            hash = hash & !(0xfc << 72) | u128::from(faces & 0x3f) << 74;
        }
        Self::first_of(milliseconds) | hash
    }

    /// Returns the smallest id of a millisecond within [`TIME_RANGE`].
    pub(crate) fn first_of(milliseconds: i64) -> Self {
        Self(u128::from(milliseconds.cast_unsigned() & 0xffff_ffff_ffff) << 80)
    }

    /// Reads an id from 16 bytes that are not all zero.
    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        let id = u128::from_be_bytes(bytes.try_into().ok()?);
        (id != 0).then_some(Self(id))
    }

    /// Converts the id to a message.
    pub(crate) fn to_wire(self) -> Id {
        Id { uuid: Bytes::copy_from_slice(&self.0.to_be_bytes()) }
    }
}

impl std::ops::BitOr<u128> for DatapointId {
    type Output = Self;

    fn bitor(self, low: u128) -> Self {
        Self(self.0 | low)
    }
}

impl fmt::Display for DatapointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Uuid::from_u128(self.0).fmt(f)
    }
}

impl fmt::Debug for DatapointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Converts the id of a dataset, group or collection to a message.
pub(crate) fn to_wire(id: Uuid) -> Id {
    Id { uuid: Bytes::copy_from_slice(id.as_bytes()) }
}

/// Reads the id of a dataset, group or collection. Returns `None` unless it is 16 bytes and not nil.
pub(crate) fn from_wire(id: &Id) -> Option<Uuid> {
    Uuid::from_slice(&id.uuid).ok().filter(|id| !id.is_nil())
}

/// Derives an id from a name, the same in every run: a custom (version 8) UUID.
pub(crate) fn from_name(kind: &str, name: &str) -> Uuid {
    let hash = fnv1a(kind.as_bytes().iter().chain(&[0]).chain(name.as_bytes()));
    uuid::Builder::from_u128(hash).with_version(uuid::Version::Custom).with_variant(uuid::Variant::RFC4122).into_uuid()
}

/// Derives the id of a collection whose real id is unknown.
pub(crate) fn of_collection(dataset: Uuid, name: &str) -> Uuid {
    from_name("collection", &format!("{dataset}/{name}"))
}

fn fnv1a<'a>(bytes: impl Iterator<Item = &'a u8>) -> u128 {
    bytes.fold(FNV_BASIS, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(FNV_PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLLECTION: Uuid = Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);
    /// Field 4, the string "a".
    const REST: &[u8] = &[0x22, 0x01, 0x61];
    /// 2025-01-01T00:00:00.123Z.
    const TIME: i64 = 1_735_689_600_123;

    #[test]
    fn a_temporal_id_has_time_and_hash() {
        let id = DatapointId::compute(COLLECTION, TIME, None, REST);
        assert_eq!(id.to_string(), "01941f29-7c7b-3e04-5d56-dc57edcb2f85");
        let digest = fnv1a(COLLECTION.as_bytes().iter().chain(REST));
        assert_eq!(format!("{digest:032x}"), "3e045d56dc57edcb2f85b45e977a319f");
    }

    #[test]
    fn a_spatiotemporal_id_has_the_faces() {
        let id = DatapointId::compute(COLLECTION, TIME, Some(1 << 3), REST);
        assert_eq!(id.to_string(), "01941f29-7c7b-2204-5d56-dc57edcb2f85");
    }

    #[test]
    fn ids_from_names_are_stable_and_differ_by_kind() {
        assert_eq!(from_name("dataset", "a"), from_name("dataset", "a"));
        assert_ne!(from_name("dataset", "a"), from_name("group", "a"));
    }
}
