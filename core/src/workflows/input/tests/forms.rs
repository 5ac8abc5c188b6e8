//! The forms of a task: no bytes, a bare value, an object.

use std::collections::BTreeMap;

use super::*;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Empty {}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Newtype(i32);

#[test]
fn a_task_without_fields_ignores_its_input() {
    check(Input::Python, &Unit, "");
    check(Input::Python, &Empty {}, "");
    check(Input::Python, &(), "");
    check(Input::Go, &Unit, "{}");
    check(Input::Go, &Empty {}, "{}");
    for rule in [Input::Python, Input::Go] {
        for input in ["", "{}", "null", "{\"a\":1}", "[", "\u{0}"] {
            reads(rule, input, &Unit);
            reads(rule, input, &Empty {});
            reads(rule, input, &());
        }
    }
}

#[test]
fn a_skipped_field_does_not_count() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Skips {
        a: i32,
        #[serde(skip)]
        b: i32,
    }
    check(Input::Python, &Skips { a: 1, b: 0 }, "1");
    check(Input::Go, &Skips { a: 1, b: 0 }, "{\"a\":1}");
    assert_eq!(&Input::Python.encode(&Skips { a: 1, b: 5 }).expect("an input")[..], b"1");
}

#[test]
fn a_field_skipped_for_its_value_counts() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Optional {
        a: i32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        b: Option<i32>,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct OnlyOptional {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        b: Option<i32>,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct OnlyList {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        list: Vec<i32>,
    }
    check(Input::Python, &Optional { a: 1, b: None }, "{\"a\":1}");
    check(Input::Python, &OnlyOptional { b: None }, "null");
    check(Input::Python, &OnlyOptional { b: Some(2) }, "2");
    check(Input::Python, &OnlyList { list: vec![] }, "null");
    check(Input::Python, &OnlyList { list: vec![1] }, "[1]");
    check(Input::Go, &OnlyOptional { b: None }, "{}");
    reads(Input::Python, "", &OnlyOptional { b: None });
    reads(Input::Go, "", &OnlyList { list: vec![] });
}

#[test]
fn both_forms_of_one_field_are_read() {
    for rule in [Input::Python, Input::Go] {
        for input in ["7", " 7 ", "{\"v\":7}", "{ \"x\" : [], \"v\" : 7 }"] {
            reads(rule, input, &One { v: 7 });
        }
    }
    assert_eq!(
        refuses::<One<i32>>(Input::Python, "\"x\""),
        "invalid type: string \"x\", expected i32 at line 1 column 3, in `\"x\"`"
    );
    assert_eq!(
        refuses::<One<i32>>(Input::Python, "{\"v\":\"x\"}"),
        "invalid type: string \"x\", expected i32 at line 1 column 8, in `{\"v\":\"x\"}`"
    );
    assert_eq!(refuses::<One<i32>>(Input::Python, " "), "the input is empty");
    assert!(refuses::<One<i32>>(Input::Python, "7 8").contains("trailing characters"));
    assert!(refuses::<One<i32>>(Input::Python, [0xff]).contains("expected value"));
}

#[test]
fn the_bare_value_of_python_may_be_an_object_with_the_field() {
    let task = One { v: BTreeMap::from([("v".to_owned(), 7)]) };
    check(Input::Python, &task, "{\"v\":7}");
    check(Input::Go, &task, "{\"v\":{\"v\":7}}");
    reads(Input::Python, "{\"v\":{\"v\":7}}", &task);
}

#[test]
fn a_field_with_aliases_is_one_field() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Renamed {
        #[serde(rename = "n", alias = "count", alias = "number")]
        value: i32,
    }
    for rule in [Input::Python, Input::Go] {
        for input in ["7", "{\"n\":7}", "{\"count\":7}"] {
            reads(rule, input, &Renamed { value: 7 });
        }
    }
}

#[test]
fn several_fields_are_an_object() {
    let task = Two { a: 1, b: Some("x".to_owned()) };
    check(Input::Python, &task, r#"{"a":1,"b":"x"}"#);
    reads(Input::Python, r#"{"b": "x", "unknown": {"a": 2}, "a": 1}"#, &task);
    reads(Input::Python, r#"{"a":1}"#, &Two { a: 1, b: None::<String> });
    for input in ["", "1", "null", "[1,\"x\"]", "{}", r#"{"b":"x"}"#, r#"{"a":"1"}"#, r#"{"A":1}"#] {
        refuses::<Two<i32, Option<String>>>(Input::Python, input);
    }
    assert_eq!(
        refuses::<Two<i32, i32>>(Input::Python, "1"),
        "invalid type: integer `1`, expected struct Two at line 1 column 1, in `1`"
    );
}

#[test]
fn keys_of_go_match_in_any_case() {
    reads(Input::Go, "{\"A\":1,\"b\":2}", &Two { a: 1, b: 2 });
    reads(Input::Go, "{\"V\":7}", &One { v: 7 });
}

#[test]
fn a_newtype_is_its_value() {
    check(Input::Python, &Newtype(7), "7");
    check(Input::Go, &Newtype(7), "7");
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Wrapped(One<i32>);
    check(Input::Python, &Wrapped(One { v: 7 }), "{\"v\":7}");
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(transparent)]
    struct Transparent(One<i32>);
    check(Input::Python, &Transparent(One { v: 7 }), "7");
}

#[test]
fn other_types_are_their_json() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum External {
        A,
        B { x: i32 },
        C(i32),
        D(i32, i32),
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "type")]
    enum Internal {
        A,
        B { x: i32 },
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "t", content = "c")]
    enum Adjacent {
        A,
        B { x: i32 },
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Flat {
        a: i32,
        #[serde(flatten)]
        rest: BTreeMap<String, i32>,
    }
    check(Input::Python, &External::A, "\"A\"");
    check(Input::Python, &External::B { x: 1 }, "{\"B\":{\"x\":1}}");
    check(Input::Python, &External::C(1), "{\"C\":1}");
    check(Input::Python, &External::D(1, 2), "{\"D\":[1,2]}");
    check(Input::Python, &Internal::B { x: 1 }, "{\"type\":\"B\",\"x\":1}");
    check(Input::Python, &Adjacent::B { x: 1 }, "{\"t\":\"B\",\"c\":{\"x\":1}}");
    check(Input::Go, &Internal::A, "{\"type\":\"A\"}");
    // As a struct with one field, which is how serde describes it.
    check(Input::Python, &Internal::A, "\"A\"");
    check(Input::Python, &Adjacent::A, "\"A\"");
    reads(Input::Python, "{\"type\":\"A\"}", &Internal::A);
    reads(Input::Python, "{\"t\":\"A\"}", &Adjacent::A);
    check(Input::Python, &Flat { a: 1, rest: BTreeMap::new() }, "{\"a\":1}");
    check(Input::Python, &Flat { a: 1, rest: BTreeMap::from([("x".into(), 2)]) }, "{\"a\":1,\"x\":2}");
    check(Input::Python, &vec![1, 2], "[1,2]");
    check(Input::Python, &(1, 2), "[1,2]");
    check(Input::Python, &7, "7");
    check(Input::Python, &None::<i32>, "null");
    check(Input::Python, &Some(One { v: 7 }), "{\"v\":7}");
}

#[test]
fn the_last_of_several_keys_of_a_field_counts() {
    reads(Input::Go, "{\"A\":1,\"b\":2,\"a\":3}", &Two { a: 3, b: 2 });
    reads(Input::Go, "{\"a\":[],\"b\":2,\"A\":3,\"x\":{},\"B\":4}", &Two { a: 3, b: 4 });
    for rule in [Input::Python, Input::Go] {
        reads(rule, "{\"a\":1,\"b\":2,\"a\":3}", &Two { a: 3, b: 2 });
        reads(rule, "{\"v\":\"x\",\"v\":7}", &One { v: 7 });
    }
    let error = Input::Python.decode::<Two<i32, i32>>(b"{\"A\":1,\"b\":2}").expect_err("no field a").to_string();
    assert!(error.contains("missing field `a`"), "{error}");
}

#[test]
fn a_number_that_is_not_finite_is_an_error() {
    let task = Two { a: 1, b: vec![One { v: 0.5 }, One { v: f64::NAN }] };
    assert_eq!(
        Input::Python.encode(&task).expect_err("not a number").to_string(),
        "cannot encode the input of a task: in the field `b[1].v`: JSON has no number for NaN; \
         submit a finite number, or an `Option` that is `None`"
    );
    for value in [f64::INFINITY, f64::NEG_INFINITY] {
        assert!(Input::Go.encode(&One { v: value }).is_err());
        assert!(Input::Python.encode(&BTreeMap::from([("x", value as f32)])).is_err());
    }
    let submission = crate::workflows::TaskSubmission::new("Tile", &One { v: f64::NAN });
    assert_eq!(
        submission.to_wire(&crate::workflows::TaskDefaults::new()).expect_err("not a number").to_string(),
        "cannot submit the task `Tile`: its input cannot be encoded: in the field `v`: JSON has no number for NaN; \
         submit a finite number, or an `Option` that is `None`"
    );
}

#[test]
fn a_key_that_is_not_text_is_an_error() {
    let reason = Input::Python.encode(&One { v: BTreeMap::from([((1, 2), 3)]) }).expect_err("a tuple");
    assert_eq!(reason.reason(), "in the field `v`: a key of a map is not text: key must be a string");
}

#[test]
fn a_value_nested_too_deeply_is_an_error() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct List(Vec<List>);
    #[derive(Serialize)]
    struct Chain(Option<Box<Chain>>);
    let nested = |depth| (1..depth).fold(List(vec![]), |list, _| List(vec![list]));
    check(Input::Python, &nested(127), &format!("{}{}", "[".repeat(127), "]".repeat(127)));
    let error = Input::Python.encode(&nested(128)).expect_err("too deep").to_string();
    assert!(error.contains("at most 127 nested arrays and objects"), "{error}");
    let mut chain = Chain(None);
    for _ in 0..5000 {
        chain = Chain(Some(Box::new(chain)));
    }
    for rule in [Input::Python, Input::Go, Input::Protobuf, Input::Bytes] {
        assert!(rule.encode(&chain).is_err());
    }
}
