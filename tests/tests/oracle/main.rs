//! Random messages of random types decode to the same values as with prost-reflect.
//!
//! Messages have unknown fields, repeated fields that are merged, packed and unpacked elements, oneofs, maps and groups.
//! Some are truncated or changed; columns still equal the values of prost-reflect. The quick run is part of `cargo test`.
//! The long run, with its number of messages:
//!
//! `TILEBOX_ORACLE_MESSAGES=1000000 cargo test --release -p tilebox-tests --test oracle -- --nocapture`
//!
//! A difference is printed with the seed of its schema; `TILEBOX_ORACLE_SEED` starts at that seed.
//!
//! | file | contents |
//! |---|---|
//! | `types` | random message types |
//! | `messages` | random bytes of a type |
//! | `compare` | comparison of columns with a dynamic message |

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod compare;
mod messages;
mod types;

use fastrand::Rng;
use prost_reflect::DynamicMessage;
use tilebox_core::columns::{DecodeErrorKind, PageDecoder};
use tilebox_tests::reflection;

use crate::messages::Encoded;

/// The number of messages of the quick run.
const QUICK: usize = 30_000;
/// The number of messages of each schema.
const OF_EACH_SCHEMA: usize = 200;

/// A message of one unknown field.
const PADDING: [u8; 38] = {
    let mut bytes = [0; 38];
    let tag = [0xfa, 0xff, 0xff, 0xff, 0x0f, 32];
    let mut index = 0;
    while index < tag.len() {
        bytes[index] = tag[index];
        index += 1;
    }
    bytes
};

fn setting(name: &str) -> Option<usize> {
    std::env::var(name).ok().map(|value| value.parse().expect("a number"))
}

#[test]
fn random_messages_equal_those_of_prost_reflect() {
    let wanted = setting("TILEBOX_ORACLE_MESSAGES").unwrap_or(QUICK);
    let first = setting("TILEBOX_ORACLE_SEED").unwrap_or(1) as u64;
    let mut tally = Tally::default();
    let mut seed = first;
    while tally.messages < wanted {
        one_schema(seed, &mut tally);
        seed += 1;
    }
    let Tally { messages, values, refused, skipped, stricter, unjudged } = tally;
    println!(
        "{messages} random messages of {} random types: {values} values compared without a difference; {refused} \
         messages refused by both; of the broken ones, {skipped} \
         refused by prost-reflect alone, {stricter} by the decoder alone, {unjudged} read by both but not compared, \
         for the maps in them",
        seed - first
    );
}

#[derive(Default)]
struct Tally {
    messages: usize,
    values: usize,
    refused: usize,
    skipped: usize,
    stricter: usize,
    unjudged: usize,
}

fn one_schema(seed: u64, tally: &mut Tally) {
    let mut random = Rng::with_seed(seed);
    let annotated = types::random(&mut random);
    let datapoint = reflection::datapoint(&annotated);
    let decoder = PageDecoder::new(&reflection::schema(&annotated)).expect("a decoder");
    let has_maps = messages::has_maps(&datapoint);
    let mut accepted = Vec::new();
    for index in 0..OF_EACH_SCHEMA {
        let Encoded { bytes, is_broken } = messages::random(&mut random, &datapoint);
        let expected = DynamicMessage::decode(datapoint.clone(), bytes.as_slice());
        // The decoder reads a message within a block if bytes follow it, and alone otherwise.
        let batch = match index % 2 {
            0 => decoder.decode_messages(&[bytes.as_slice()]),
            _ => decoder.decode_messages(&[bytes.as_slice(), &PADDING]),
        };
        let state = if is_broken { " (broken)" } else { "" };
        let context = || format!("TILEBOX_ORACLE_SEED={seed}, message {index}{state}: {bytes:02x?}");
        tally.messages += 1;
        match (expected, batch) {
            // prost-reflect takes any field with the number of a map for an entry.
            (Ok(_), Ok(_)) if is_broken && has_maps => tally.unjudged += 1,
            (Ok(expected), Ok(batch)) => {
                tally.values += compare::row(&expected, &batch, 0).unwrap_or_else(|at| panic!("{at}\n{}", context()));
                accepted.push((bytes, expected));
            }
            (Err(_), Err(_)) => tally.refused += 1,
            // Field number 0 inside a group is an error in protobuf; prost-reflect misses some of them.
            (Ok(_), Err(error)) if is_broken && error.kind() == DecodeErrorKind::Malformed => tally.stricter += 1,
            (Ok(_), Err(error)) => panic!("refused: {error}\n{}", context()),
            // A known field with an unexpected wire type is skipped, as protobuf requires; prost-reflect refuses it.
            (Err(error), Ok(_)) => {
                assert!(is_broken, "prost-reflect refuses: {error}\n{}", context());
                tally.skipped += 1;
            }
        }
    }
    // The same messages again, as rows of one page.
    let all: Vec<_> = accepted.iter().map(|(bytes, _)| bytes).collect();
    let batch = decoder.decode_messages(&all).expect("each message decodes alone");
    for (row, (_, expected)) in accepted.iter().enumerate() {
        compare::row(expected, &batch, row).unwrap_or_else(|at| panic!("TILEBOX_ORACLE_SEED={seed}, row {row}: {at}"));
    }
}
