//! Inputs that are bytes.

use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Png {
    #[serde(with = "crate::workflows::input::base64")]
    bytes: Vec<u8>,
}

#[test]
fn bytes_and_text_are_as_they_are() {
    check(Input::Bytes, &One { v: vec![65_u8, 66] }, "AB");
    check(Input::Bytes, &One { v: "x=7".to_owned() }, "x=7");
    check(Input::Bytes, &One { v: Some([65_u8, 66]) }, "AB");
    check(Input::Bytes, &vec![65_u8], "A");
    check(Input::Bytes, &Png { bytes: b"AB".to_vec() }, "AB");
    check(Input::Bytes, &"text".to_owned(), "text");
    check(Input::Bytes, &(), "");
    let all: Vec<u8> = (0..=255).collect();
    assert_eq!(&Input::Bytes.encode(&One { v: all.clone() }).expect("an input")[..], all);
    reads(Input::Bytes, all.clone(), &One { v: all });
}

#[test]
fn other_values_are_not_bytes() {
    let error = Input::Bytes.encode(&One { v: 7 }).expect_err("an integer").to_string();
    assert_eq!(
        error,
        "cannot encode the input of a task: in the field `v`: expects bytes, got an integer; \
         submit a struct with one field of bytes or text, or choose another rule"
    );
    let reason = |error: crate::Error| error.reason().to_owned();
    assert_eq!(
        reason(Input::Bytes.encode(&Two { a: "a", b: "b" }).expect_err("two fields")),
        "expects bytes, got a struct with several fields"
    );
    assert!(Input::Bytes.encode(&vec![256]).is_err());
    assert!(Input::Bytes.encode(&None::<String>).is_err());
    assert!(Input::Bytes.encode(&std::collections::BTreeMap::from([(1, 2)])).is_err());
    assert_eq!(
        reason(Input::Protobuf.encode(&One { v: "text" }).expect_err("text")),
        "in the field `v`: expects a protobuf message, got text"
    );
    refuses::<One<String>>(Input::Bytes, [0xff]);
    refuses::<One<i32>>(Input::Bytes, "7");
    refuses::<One<[u8; 2]>>(Input::Bytes, "ABC");
}
