use serde_json::json;

use super::support::{Wire, decode, decode_one, number, place, wire};

fn packed(values: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for value in values {
        prost::encoding::encode_varint(*value, &mut bytes);
    }
    bytes
}

#[test]
fn a_message_is_a_struct_or_null() {
    let found = decode(&[
        wire().message(number::PLACE, place(1.0, 2.0)),
        wire(),
        wire().message(number::PLACE, wire().double(2, 4.0)),
        wire().message(number::PLACE, wire()),
    ]);
    let expected = [
        json!({ "place": { "latitude": 1.0, "longitude": 2.0 } }),
        json!({}),
        json!({ "place": { "latitude": 0.0, "longitude": 4.0 } }),
        json!({ "place": { "latitude": 0.0, "longitude": 0.0 } }),
    ];
    assert_eq!(found, expected);
}

#[test]
fn packed_and_unpacked_elements_mix() {
    let mixed = wire()
        .bytes(number::COUNTS, packed(&[1, 300]))
        .varint(number::COUNTS, 2)
        .bytes(number::NAMES, "a")
        .bytes(number::COUNTS, packed(&[]))
        .bytes(number::COUNTS, packed(&[u64::MAX]))
        .fixed32(number::FLOATS, 0.5_f32.to_le_bytes())
        .bytes(number::FLOATS, [0, 0, 128, 63])
        .bytes(number::LEVELS, packed(&[3, 99]))
        .bytes(number::NAMES, "more than twelve bytes");
    let found = decode(&[wire(), mixed, wire().varint(number::COUNTS, 7)]);
    let expected = [
        json!({}),
        json!({
            "counts": [1, 300, 2, -1], "names": ["a", "more than twelve bytes"], "floats": [0.5, 1.0],
            "levels": ["L1C", "99"],
        }),
        json!({ "counts": [7] }),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_list_without_elements_is_null() {
    assert_eq!(decode_one(wire().bytes(number::COUNTS, "")), json!({}));
}

#[test]
fn elements_of_messages_are_empty_or_null() {
    let datapoint = wire()
        .message(number::TRACK, place(1.0, 2.0))
        .message(number::TRACK, wire())
        .message(number::TRACK, place(3.0, 4.0))
        .message(number::IDS, wire())
        .message(number::IDS, wire().bytes(1, 1_u128.to_be_bytes()))
        .message(number::IDS, wire().bytes(1, ""));
    let expected = json!({
        "track": [{ "latitude": 1.0, "longitude": 2.0 }, { "latitude": 0.0, "longitude": 0.0 }, { "latitude": 3.0, "longitude": 4.0 }],
        "ids": [null, "00000000-0000-0000-0000-000000000001", null],
    });
    assert_eq!(decode(&[wire(), datapoint.clone(), datapoint]), [json!({}), expected.clone(), expected]);
}

fn tag(key: &str, value: u64) -> Wire {
    wire().bytes(1, key).varint(2, value)
}

#[test]
fn the_last_entry_of_a_key_counts() {
    let first = wire()
        .message(number::TAGS, tag("a", 1))
        .message(number::TAGS, tag("b", 2))
        .message(number::TAGS, tag("a", 3))
        .message(number::TAGS, wire());
    let second = wire().message(number::TAGS, tag("a", 4)).message(number::TAGS, wire().varint(2, 5));
    let expected = [
        json!({ "tags": [
            { "key": "b", "value": 2 }, { "key": "a", "value": 3 }, { "key": "", "value": 0 },
        ] }),
        json!({}),
        json!({ "tags": [{ "key": "a", "value": 4 }, { "key": "", "value": 5 }] }),
    ];
    assert_eq!(decode(&[first, wire(), second]), expected);
}

#[test]
fn a_message_in_a_map_is_replaced_not_merged() {
    let datapoint = wire()
        .message(number::PLACES, wire().varint(1, 7).message(2, place(1.0, 2.0)))
        .message(number::PLACES, wire().varint(1, 8))
        .message(number::PLACES, wire().varint(1, 7).message(2, wire().double(1, 9.0)));
    let expected = json!({ "places": [
        { "key": 8, "value": { "latitude": 0.0, "longitude": 0.0 } },
        { "key": 7, "value": { "latitude": 9.0, "longitude": 0.0 } },
    ] });
    assert_eq!(decode_one(datapoint), expected);
}

#[test]
fn groups_are_structs() {
    let legacy = wire().varint(1, 5).varint(2, 1).bytes(2, packed(&[2, 3])).group(9, wire().varint(1, 1));
    assert_eq!(
        decode_one(wire().group(number::LEGACY, legacy)),
        json!({ "legacy": { "depth": -3, "marks": [1, 2, 3] } })
    );
}

#[test]
fn a_recursive_message_stays_encoded() {
    let entry = wire().bytes(1, "key").message(2, wire().bytes(3, "text"));
    let encoded = wire().message(1, entry);
    let found =
        decode(&[wire(), wire().message(number::ANYTHING, encoded.clone()), wire().bytes(number::ANYTHING, "")]);
    assert_eq!(found, [json!({}), json!({ "anything": encoded.0 }), json!({ "anything": [] })]);
}
