use proptest::prelude::*;

use super::*;
use crate::datasets::filter::field;

fn parsed(text: &str) -> String {
    Expression::parse_cql2(text).expect(text).to_string()
}

fn refused(text: &str) -> String {
    Expression::parse_cql2(text).expect_err(text).to_string()
}

#[test]
fn not_binds_tighter_than_and_and_and_tighter_than_or() {
    assert_eq!(parsed("a = 1 or b = 2 AND NOT c = 3"), "a = 1 OR (b = 2 AND NOT c = 3)");
    assert_eq!(parsed("(a = 1 or b = 2) and not (c = 3 and d = 4)"), "(a = 1 OR b = 2) AND NOT (c = 3 AND d = 4)");
    assert_eq!(parsed("((a = 1))"), "a = 1");
    assert_eq!(parsed("not not a = 1"), "NOT NOT a = 1");
}

#[test]
fn each_supported_predicate_is_parsed() {
    assert_eq!(parsed("a<>1 and b!=2"), "a <> 1 AND b <> 2");
    assert_eq!(parsed("10 > cloud_cover"), "cloud_cover < 10");
    assert_eq!(parsed("a is null and b IS NOT NULL"), "a IS NULL AND b IS NOT NULL");
    assert_eq!(parsed("a in (1)"), "a = 1");
    assert_eq!(parsed("a not in ('x', 'y')"), "NOT (a = 'x' OR a = 'y')");
    assert_eq!(parsed("a between 1 and 2 and b = 3"), "a >= 1 AND a <= 2 AND b = 3");
    assert_eq!(parsed("a not between 1 and 2.5"), "NOT (a >= 1 AND a <= 2.5)");
    assert_eq!(parsed("\"in\" = TRUE"), "\"in\" = TRUE");
    assert_eq!(parsed("t >= DATE('2025-03-01')"), "t >= TIMESTAMP('2025-03-01T00:00:00Z')");
    assert_eq!(parsed("notes = 'x' and android = 1"), "notes = 'x' AND android = 1");
}

#[test]
fn errors_name_unsupported_and_invalid_parts() {
    for (text, name) in [
        ("a LIKE 'x%'", "`LIKE` (at character 3) is not supported"),
        ("a NOT LIKE 'x%'", "`LIKE` (at character 7) is not supported"),
        (
            "s_intersects(geometry, POINT(1 2))",
            "`s_intersects` (at character 1) is not supported; use `spatial_extent` of the query",
        ),
        ("t_after(time, TIMESTAMP('2025-01-01T00:00:00Z'))", "`t_after` (at character 1)"),
        ("CASEI(a) = 'x'", "`CASEI` (at character 1)"),
        ("a + 1 = 2", "`+` (at character 3)"),
        ("a = b", "compares two fields, `a` and `b`"),
        ("1 = 1", "compares two values"),
        ("a = NULL", "`NULL` (at character 5) cannot be compared; write IS NULL"),
        ("usable", "the field `usable` has no comparison"),
        ("usable AND a = 1", "the field `usable` has no comparison"),
        ("", "it is empty"),
        ("a = ", "expects a field or a value, got the end of the text"),
        ("a = 1 b = 2", "unexpected `b` (at character 7)"),
        ("(a = 1", "expects `)` to close a parenthesis, got the end of the text"),
        ("a = 1)", "unexpected `)` (at character 6)"),
        ("a in ()", "unexpected `)` (at character 7)"),
        ("a in (b)", "expects a value, got the field `b`"),
        ("a is 1", "expects `NULL` or `NOT NULL` after `IS` (at character 3)"),
        ("a = 1 ; drop", "unexpected `;` (at character 7)"),
        ("eo:cloud_cover = 1", "not a valid field name"),
        ("a < TRUE", "`<` does not apply to TRUE: booleans have no order"),
    ] {
        let error = refused(text);
        assert!(error.contains(name), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn deeply_nested_filters_are_refused() {
    for text in ["(".repeat(100_000), "not ".repeat(100_000), "(a = 1 and ".repeat(50_000), "-".repeat(100_000)] {
        let error = refused(&text);
        assert!(error.len() < 600, "{error}");
    }
    let negated = format!("{}a = 1", "not ".repeat(100_000));
    assert!(refused(&negated).contains("nest 9 levels deep"));
    assert!(Expression::parse_cql2_json(&format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000))).is_err());
}

#[test]
fn json_and_text_give_the_same_expression() {
    let json = r#"{"op": "and", "args": [
        {"op": "<", "args": [{"property": "cloud_cover"}, 10]},
        {"op": "not", "args": [{"op": "isNull", "args": [{"property": "size"}]}]},
        {"op": "in", "args": [{"property": "platform"}, ["S2A", "S2B"]]},
        {"op": "between", "args": [{"property": "orbit"}, 1, 2.5]},
        {"op": ">=", "args": [{"timestamp": "2025-03-01T00:00:00Z"}, {"property": "published"}]}
    ]}"#;
    let text = "cloud_cover < 10 AND size IS NOT NULL AND platform IN ('S2A', 'S2B') AND orbit BETWEEN 1 AND 2.5 \
                AND published <= TIMESTAMP('2025-03-01T00:00:00Z')";
    assert_eq!(Expression::parse_cql2_json(json).expect("JSON"), Expression::parse_cql2(text).expect("text"));
}

#[test]
fn errors_name_unsupported_and_invalid_json() {
    for (json, reason) in [
        ("", "not valid JSON"),
        ("{}", "expects a condition with `op` and `args`"),
        (r#"{"op": "like", "args": [{"property": "a"}, "x%"]}"#, "`like` is not supported"),
        (r#"{"op": "=", "args": [{"property": "a"}]}"#, "`=` expects two arguments, got 1 arguments"),
        (r#"{"op": "=", "args": [{"property": "a"}, null]}"#, "null cannot be compared; use isNull"),
        (r#"{"op": "=", "args": [{"op": "casei", "args": []}, "x"]}"#, "`casei` inside a comparison is not supported"),
        (r#"{"op": "and", "args": []}"#, "`and` expects at least one argument, got 0"),
        (r#"{"op": "s_within", "args": [{"property": "geometry"}, {}]}"#, "`spatial_extent`"),
        (r#"{"op": "in", "args": [{"property": "a"}, []]}"#, "the list of values is empty"),
        (r#"{"op": "=", "args": [{"property": "a"}, 1], "not": true}"#, "unknown member `not`"),
        (r#"{"op": "=", "args": [{"property": "a", "index": 0}, 1]}"#, "unknown member `index`"),
        (
            r#"{"op": "<", "args": [{"property": "a"}, {"date": "2025-01-01", "timestamp": "2026-01-01T00:00:00Z"}]}"#,
            "unknown member `timestamp`",
        ),
    ] {
        let error = Expression::parse_cql2_json(json).expect_err(json).to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn integers_are_exact_or_refused_in_both_forms() {
    for number in ["9223372036854775807", "-9223372036854775808", "18446744073709551615", "1e30", "0.5"] {
        let text = Expression::parse_cql2(&format!("a = {number}")).expect(number);
        let json = format!(r#"{{"op": "=", "args": [{{"property": "a"}}, {number}]}}"#);
        assert_eq!(Expression::parse_cql2_json(&json).expect(number), text);
    }
    for number in ["18446744073709551616", "-9223372036854775809", "100000000000000000000000"] {
        let json = format!(r#"{{"op": "=", "args": [{{"property": "a"}}, {number}]}}"#);
        for error in
            [refused(&format!("a = {number}")), Expression::parse_cql2_json(&json).expect_err(number).to_string()]
        {
            assert!(error.contains(&format!("`{number}`")) && error.contains("64 bits"), "{error}");
        }
    }
    let quoted = r#"{"op": "=", "args": [{"property": "a"}, "18446744073709551616\\\" 18446744073709551616"]}"#;
    assert!(Expression::parse_cql2_json(quoted).is_ok(), "a text is not a number");
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let expected = Expression::parse_cql2("a = 1").expect("a filter");
    assert_eq!(Expression::parse_cql2("\u{feff}a = 1").expect("a filter"), expected);
    let json = r#"{"op": "=", "args": [{"property": "a"}, 1]}"#;
    assert_eq!(Expression::parse_cql2_json(&format!("\u{feff}{json}")).expect("a filter"), expected);
}

#[test]
fn errors_are_one_line_without_control_characters() {
    let json = "{\n \"op\": \"like\",\n \"args\": [{\"property\": \"a\"}, \"x\"]\n}";
    let texts = ["platform LIKE\n  'S2%'", "a\u{1b}[2J = 1", "'x\ny' = 'z'", "\"a\nb\" = 1", "a < b\n", "x = \u{202e}"];
    let errors = texts.into_iter().map(|text| Expression::parse_cql2(text).expect_err(text));
    for error in errors.chain([Expression::parse_cql2_json(json).expect_err("like")]) {
        let is_printable = |character: char| !character.is_control() && character != '\u{202e}';
        assert!(error.to_string().chars().all(is_printable), "{error:?}");
    }
}

fn literals() -> impl Strategy<Value = Literal> {
    prop_oneof![
        any::<bool>().prop_map(Literal::Bool),
        any::<i64>().prop_map(Literal::Int),
        (i64::MAX as u64 + 1..).prop_map(Literal::Uint),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Literal::Double),
        ".{0,20}".prop_map(Literal::String),
        "[A-Z0-9_']{1,10}".prop_map(Literal::EnumName),
    ]
}

fn conditions() -> impl Strategy<Value = Condition> {
    let leaf = ("[a-z][a-z0-9_]{0,6}", literals(), 0..4u8).prop_map(|(name, value, kind)| match kind {
        0 => field(name).eq(value),
        1 => field(name).ne(value),
        2 => field(name).is_null(),
        _ => field(name).is_not_null(),
    });
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| left & right),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| left | right),
            inner.prop_map(|condition| !condition),
        ]
    })
}

proptest! {
    #[test]
    fn printed_expressions_parse_back(condition in conditions()) {
        if let Ok(expression) = condition.check() {
            prop_assert_eq!(Expression::parse_cql2(&expression.to_string()).expect("its own text"), expression);
        }
    }

    #[test]
    fn arbitrary_text_never_panics(text in "[a-z0-9 ()'\"<>=,.+ANDORT-]{0,60}|.{0,40}") {
        for read in [Expression::parse_cql2(&text), Expression::parse_cql2_json(&text)] {
            let error = read.err().map(|error| error.to_string()).unwrap_or_default();
            prop_assert!(!error.contains(char::is_control), "{:?}", error);
        }
    }
}
