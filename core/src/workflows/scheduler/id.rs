//! Identifiers of jobs and tasks: ULIDs shown as UUIDs.
//!
//! 48 bits of Unix milliseconds and 80 random bits, without the version of a UUID, as Tilebox makes them.

use uuid::Uuid;

use crate::schema::Timestamp;

const RANDOM_BITS: u32 = 80;
const RANDOM_MASK: u128 = (1 << RANDOM_BITS) - 1;

/// Returns the milliseconds since 1970 that an id made at `time` holds.
pub(super) fn milliseconds(time: Timestamp) -> u64 {
    let seconds = u64::try_from(time.unix_seconds()).unwrap_or(0);
    seconds * 1000 + u64::from(time.subsec_nanoseconds() / 1_000_000)
}

/// Returns the time that an id was made at, in whole milliseconds.
pub(super) fn time(id: Uuid) -> Timestamp {
    let milliseconds = (id.as_u128() >> RANDOM_BITS) as u64;
    let nanoseconds = (milliseconds % 1000) as u32 * 1_000_000;
    Timestamp::from_unix((milliseconds / 1000).cast_signed(), nanoseconds).unwrap_or(Timestamp::MAX)
}

/// Returns the lowest id of a millisecond.
pub(super) fn first_of(milliseconds: u64) -> Uuid {
    Uuid::from_u128(u128::from(milliseconds) << RANDOM_BITS)
}

/// Returns an id that is larger than `previous` if both were made in the same millisecond.
pub(super) fn next(milliseconds: u64, previous: Option<Uuid>, random: &mut fastrand::Rng) -> Uuid {
    let fresh = random.u128(..) & RANDOM_MASK;
    let random = match previous.map(|previous| previous.as_u128()) {
        Some(previous) if previous >> RANDOM_BITS == u128::from(milliseconds) => {
            let step = (fresh >> (RANDOM_BITS - STEP_BITS)).max(1);
            ((previous & RANDOM_MASK) + step) & RANDOM_MASK
        }
        // Half of the numbers are left for those that follow in this millisecond.
        _ => fresh >> 1,
    };
    Uuid::from_u128(u128::from(milliseconds) << RANDOM_BITS | random)
}

/// The bits of a step between two ids of one millisecond: 2^32 such steps fit.
const STEP_BITS: u32 = 47;

/// Returns `count` ids of one millisecond, ascending: each is random within its part of the numbers.
pub(super) fn ascending(milliseconds: u64, count: usize, random: &mut fastrand::Rng) -> Vec<Uuid> {
    let part = (1_u128 << RANDOM_BITS) / (count.max(1) as u128);
    let base = u128::from(milliseconds) << RANDOM_BITS;
    (0..count as u128).map(|index| Uuid::from_u128(base | (index * part + random.u128(..part)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_holds_the_milliseconds_of_its_time() {
        let now = Timestamp::parse("2025-11-28T18:08:28.154987Z").expect("a time");
        let id = next(milliseconds(now), None, &mut fastrand::Rng::with_seed(1));
        assert!(id.to_string().starts_with("019acba6-f5fa-"), "{id}");
        assert_eq!(time(id).to_string(), "2025-11-28T18:08:28.154Z");
    }

    #[test]
    fn ids_of_one_millisecond_ascend() {
        let mut random = fastrand::Rng::with_seed(2);
        let mut previous = None;
        for _ in 0..10_000 {
            let id = next(5, previous, &mut random);
            assert!(previous < Some(id), "{previous:?} {id}");
            previous = Some(id);
        }
        let ids = ascending(5, 10_000, &mut random);
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert!(ids.iter().all(|id| id.as_u128() >> 80 == 5));
    }

    #[test]
    fn a_time_before_1970_becomes_1970() {
        assert_eq!(milliseconds(Timestamp::MIN), 0);
        assert_eq!(
            time(Uuid::from_u128(u128::from(milliseconds(Timestamp::MAX)) << 80)).unix_seconds(),
            253_402_300_799
        );
    }
}
