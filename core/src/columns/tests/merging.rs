use serde_json::json;

use super::support::{decode, decode_one, number, place, rows, schema, wire};
use crate::columns::PageDecoder;

#[test]
fn the_last_value_of_a_field_counts() {
    let datapoint = wire()
        .varint(7, 1)
        .bytes(number::NAME, "the first name is longer")
        .message(number::ID, wire().bytes(1, 1_u128.to_be_bytes()))
        .varint(7, 2)
        .bytes(number::NAME, "second")
        .message(number::ID, wire())
        .varint(number::FAR, 9);
    let expected = json!({ "int32": 2, "name": "second", "id": "00000000-0000-0000-0000-000000000001", "far": 9 });
    assert_eq!(decode_one(datapoint), expected);
    let cleared =
        wire().message(number::ID, wire().bytes(1, 1_u128.to_be_bytes())).message(number::ID, wire().bytes(1, ""));
    assert_eq!(decode_one(cleared), json!({}));
}

#[test]
fn repeated_messages_are_merged() {
    let datapoint = wire()
        .message(number::PLACE, place(1.0, 2.0))
        .message(number::PLACE, wire().double(1, 3.0))
        .message(number::TIME, wire().varint(1, 5).varint(2, 7))
        .message(number::TIME, wire().varint(1, 6))
        .group(number::LEGACY, wire().varint(1, 2).varint(2, 1))
        .group(number::LEGACY, wire().varint(2, 2));
    let expected = json!({
        "place": { "latitude": 3.0, "longitude": 2.0 }, "time": 6_000_000_007_i64,
        "legacy": { "depth": 1, "marks": [1, 2] },
    });
    assert_eq!(decode(&[datapoint, wire()]), [expected, json!({})]);
}

#[test]
fn a_repeated_time_keeps_its_other_part() {
    let recent = 1_735_689_619;
    let datapoint = wire()
        .varint(number::FAR, 1)
        .message(number::TIME, wire().varint(1, 5).varint(2, 7))
        .message(number::TIME, wire().varint(1, recent));
    let found = decode(&[wire(), datapoint]);
    assert_eq!(found, [json!({}), json!({ "far": 1, "time": recent as i64 * 1_000_000_000 + 7 })]);
}

#[test]
fn repeated_encoded_messages_are_joined() {
    let part = |text: &str| wire().bytes(1, text);
    let long = "a text that is longer than twelve bytes";
    let datapoint = wire()
        .message(number::ANYTHING, part(long))
        .message(number::ANYTHING, part("b"))
        .message(number::ANYTHING, part("c"));
    let joined = part(long).bytes(1, "b").bytes(1, "c").0;
    let alone = wire().message(number::ANYTHING, part(long));
    let found = decode(&[alone.clone(), datapoint, alone]);
    let alone = json!({ "anything": part(long).0 });
    assert_eq!(found, [alone.clone(), json!({ "anything": joined }), alone]);
}

#[test]
fn a_member_of_a_oneof_clears_the_others() {
    let track = |latitude| wire().message(1, place(latitude, 0.5));
    let datapoint = wire()
        .message(number::CHOSEN_TRACK, track(1.0).bytes(2, "title"))
        .varint(number::CHOSEN_NUMBER, 5)
        .bytes(number::CHOSEN_NAME, "name")
        .message(number::CHOSEN_TRACK, track(2.0));
    let last_is_number = datapoint.clone().varint(number::CHOSEN_NUMBER, 6);
    let found = decode(&[wire().varint(number::CHOSEN_NUMBER, 4), datapoint, wire(), last_is_number]);
    let expected = [
        json!({ "chosen_number": 4 }),
        json!({ "chosen_track": { "points": [{ "latitude": 2.0, "longitude": 0.5 }], "title": "" } }),
        json!({}),
        json!({ "chosen_number": 6 }),
    ];
    assert_eq!(found, expected);
}

#[test]
fn an_unread_member_of_a_oneof_clears_the_others() {
    let decoder = PageDecoder::with_columns(&schema(), &["chosen_number"]).unwrap();
    let number_only = wire().varint(number::CHOSEN_NUMBER, 5);
    let then_name = number_only.clone().bytes(number::CHOSEN_NAME, "name");
    let then_unknown_form = number_only.clone().varint(number::CHOSEN_NAME, 1);
    let batch = decoder.decode_messages(&[number_only, then_name, then_unknown_form]).unwrap();
    assert_eq!(rows(&batch), [json!({ "chosen_number": 5 }), json!({}), json!({ "chosen_number": 5 })]);
}

#[test]
fn unknown_fields_and_unexpected_forms_are_skipped() {
    let datapoint = wire()
        .varint(number::UNKNOWN, 1)
        .bytes(number::UNKNOWN, "skipped")
        .fixed32(number::UNKNOWN, [1; 4])
        .fixed64(number::UNKNOWN, [1; 8])
        .group(number::UNKNOWN, wire().group(1, wire().varint(2, 3)))
        .varint(7, 1)
        .bytes(7, "not a number")
        .varint(number::NAME, 5)
        .fixed32(number::COUNTS, [0; 4])
        .varint(number::TRACK, 1)
        .group(number::PLACE, place(1.0, 2.0))
        .message(number::LEGACY, wire().varint(1, 5));
    assert_eq!(decode_one(datapoint), json!({ "int32": 1 }));
}
