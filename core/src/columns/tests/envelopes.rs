use bytes::Bytes;
use serde_json::json;

use super::support::{Wire, number, rows, schema, wire};
use crate::columns::{DecodeErrorKind, PageDecoder};
use crate::protocol::wire::tilebox::v1::{Id, Pagination};

fn decoder() -> PageDecoder {
    PageDecoder::new(&schema()).unwrap()
}

fn body(message: Wire) -> Bytes {
    message.0.into()
}

fn datapoint(name: &str) -> Wire {
    wire().bytes(number::NAME, name)
}

#[test]
fn a_page_is_a_batch_with_the_next_pagination() {
    let data = wire().bytes(1, "test.v1.Sample").message(2, datapoint("a")).message(2, datapoint("b"));
    let next = wire().varint(1, 2).message(2, wire().bytes(1, [7; 16]));
    let page = decoder().decode_page(&body(wire().message(1, data).message(2, next))).unwrap();
    assert_eq!(rows(&page.batch), [json!({ "name": "a" }), json!({ "name": "b" })]);
    assert_eq!(page.datapoint_bytes, 2 * datapoint("a").0.len());
    let starting_after = Some(Id { uuid: Bytes::from_static(&[7; 16]) });
    assert_eq!(page.next_page, Some(Pagination { limit: Some(2), starting_after }));
}

#[test]
fn an_empty_page_has_the_schema_and_no_rows() {
    let decoder = decoder();
    let empty = ["test.v1.Sample", "x"].map(|name| wire().message(1, wire().bytes(1, name)));
    for message in empty {
        let page = decoder.decode_page(&body(message)).unwrap();
        assert_eq!((page.batch.num_rows(), page.batch.schema_ref()), (0, decoder.schema()));
        assert!(page.next_page.is_none());
    }
}

#[test]
fn a_page_without_a_type_is_incomplete() {
    let without_data = wire().message(2, wire().varint(1, 5));
    let without_type = wire().message(1, wire().message(2, datapoint("a")));
    let empty_type = wire().message(1, wire().bytes(1, ""));
    for message in [wire(), without_data, without_type, empty_type] {
        let error = decoder().decode_page(&body(message)).unwrap_err();
        assert_eq!(error.kind(), DecodeErrorKind::Incomplete);
    }
}

#[test]
fn parts_of_a_page_are_merged_in_any_order() {
    let part = |name: &str| wire().message(2, datapoint(name));
    let message = wire()
        .message(2, wire().varint(1, 5))
        .message(1, part("a"))
        .varint(3, 9)
        .message(1, part("b").bytes(1, "test.v1.Sample"));
    let page = decoder().decode_page(&body(message)).unwrap();
    assert_eq!(page.batch.num_rows(), 2);
    assert_eq!(page.next_page.unwrap().limit, Some(5));
}

#[test]
fn a_page_of_another_type_is_a_changed_schema() {
    let data = wire().bytes(1, "test.v1.Other").message(2, datapoint("a"));
    let error = decoder().decode_page(&body(wire().message(1, data))).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::TypeChanged);
    assert_eq!(
        error.to_string(),
        "page: expects datapoints of type \"test.v1.Sample\", got \"test.v1.Other\": \
         the schema changed; load the dataset again"
    );
}

#[test]
fn a_broken_page_is_an_error_of_the_page() {
    let cut = wire().message(1, wire().message(2, datapoint("name")));
    let cut = Bytes::from(cut.0).slice(..6);
    let error = decoder().decode_page(&cut).unwrap_err();
    assert_eq!((error.kind(), error.datapoint()), (DecodeErrorKind::Malformed, None));
    let error = decoder().decode_page(&body(wire().bytes(2, [0xff]))).unwrap_err();
    assert_eq!(error.field(), "next_page");
}

#[test]
fn a_single_datapoint_is_one_row() {
    let any =
        wire().bytes(1, "type.googleapis.com/test.v1.Sample").message(2, datapoint("a")).message(2, datapoint("b"));
    assert_eq!(rows(&decoder().decode_datapoint(&body(any)).unwrap()), [json!({ "name": "b" })]);
    let bare = wire().bytes(1, "test.v1.Sample");
    assert_eq!(rows(&decoder().decode_datapoint(&body(bare)).unwrap()), [json!({})]);
    assert_eq!(decoder().decode_datapoint(&Bytes::new()).unwrap_err().kind(), DecodeErrorKind::Incomplete);
    let other = wire().bytes(1, "test.v1.Other").message(2, datapoint("a"));
    assert_eq!(decoder().decode_datapoint(&body(other)).unwrap_err().kind(), DecodeErrorKind::TypeChanged);
}

#[test]
fn long_values_are_views_into_the_page() {
    let long = "a name that is longer than twelve bytes";
    let page = body(wire().message(1, wire().bytes(1, "test.v1.Sample").message(2, datapoint(long))));
    let decoded = decoder().decode_page(&page).unwrap();
    let names = decoded.batch.column_by_name("name").unwrap();
    let names = arrow_array::cast::AsArray::as_string_view(names);
    let start = names.value(0).as_ptr().addr();
    assert!((page.as_ptr().addr()..page.as_ptr().addr() + page.len()).contains(&start));
    let short = body(wire().message(1, wire().bytes(1, "test.v1.Sample").message(2, datapoint("short"))));
    let decoded = decoder().decode_page(&short).unwrap();
    let names = arrow_array::cast::AsArray::as_string_view(decoded.batch.column_by_name("name").unwrap());
    assert!(names.data_buffers().is_empty(), "nothing holds the page");
}

#[test]
fn columns_do_not_keep_a_page_of_padding() {
    let long = "a name that is longer than twelve bytes";
    let data = wire().bytes(1, "test.v1.Sample").message(2, datapoint(long));
    let page = body(wire().bytes(15, vec![0; 1 << 20]).message(1, data));
    let decoded = decoder().decode_page(&page).unwrap();
    assert_eq!(rows(&decoded.batch), [json!({ "name": long })]);
    assert!(page.is_unique(), "nothing holds the page");
}

#[test]
fn a_decoder_is_shared_between_threads() {
    fn is_shared<T: Send + Sync + Clone + 'static>() {}
    is_shared::<PageDecoder>();
}
