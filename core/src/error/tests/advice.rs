//! Advice names the cause. Mistakes that need no server are found without a request.

use uuid::Uuid;

use crate::client::blocking::{Client, Dataset};
use crate::datasets::rpc::GetDataset;
use crate::datasets::{CollectionKey, DatasetChanges, DatasetDefinition, FieldDefinition};
use crate::error::{Error, ErrorKind};
use crate::protocol::endpoint::{API_KEYS_PAGE, ServerUrl, Token};
use crate::protocol::wire::datasets::v1 as wire;
use crate::protocol::wire::tilebox::v1::Id;
use crate::testing::{self, MockTransport};

/// Returns a client, one of its datasets, and the server that records their requests.
fn setting() -> (Client, Dataset, MockTransport) {
    let server = MockTransport::new().respond_once::<GetDataset>(Ok(wire::Dataset {
        id: Some(Id { uuid: vec![1; 16].into() }),
        slug: "my.scenes".to_owned(),
        ..Default::default()
    }));
    let client: Client = testing::client_builder(server.clone()).build().expect("a client");
    let dataset = client.dataset("my.scenes").expect("a dataset");
    (client, dataset, server)
}

/// A name, the operation, a part of the reason and a part of the advice.
type Case = (&'static str, fn(&Client, &Dataset) -> Error, &'static str, &'static str);

const DATES: (&str, &str) = ("2025-03-01", "2025-03-02");

#[rustfmt::skip]
const CASES: &[Case] = &[
    ("empty slug", |client, _| client.dataset("").expect_err("empty"), "its slug is empty", "`datasets` lists"),
    ("blank slug", |client, _| client.dataset(" \t").expect_err("blank"), "its slug is empty", "`datasets` lists"),
    ("nil dataset", |client, _| client.dataset_by_id(Uuid::nil()).expect_err("nil"), "its id is nil", "by its slug"),
    ("find collection", |_, dataset| dataset.collection("").expect_err("empty"), "its name is empty", "`collections` lists"),
    ("make collection", |_, dataset| dataset.create_collection(" ").expect_err("empty"), "its name is empty", "give it a name"),
    ("get or make", |_, dataset| dataset.get_or_create_collection("").expect_err("empty"), "its name is empty", "give it a name"),
    ("delete collection", |_, dataset| dataset.delete_collection("").expect_err("empty"), "a collection name is empty", "write a name"),
    ("delete nil", |_, dataset| dataset.delete_collection(Uuid::nil()).expect_err("nil"), "a collection id is nil", "`collections`"),
    ("query collection", |_, dataset| query(dataset, &["A".into(), "".into()]), "a collection name is empty", "write a name"),
    ("query nil", |_, dataset| query(dataset, &[Uuid::nil().into()]), "a collection id is nil", "`collections`"),
    ("query no collection", |_, dataset| query(dataset, &[]), "the list is empty", "leave `collections` out"),
    ("find in collection", |_, dataset| {
        dataset.find(Uuid::from_u128(1)).collections([""]).load().expect_err("empty")
    }, "a collection name is empty", "write a name"),
    ("find no id", |_, dataset| dataset.find("").load().expect_err("empty"), "the id is not valid", "write it as Tilebox does"),
    ("find nil", |_, dataset| dataset.find(Uuid::nil()).load().expect_err("nil"), "the id is nil", "write it as Tilebox does"),
    ("code name", |client, _| {
        client.create_dataset(&DatasetDefinition::temporal("")).expect_err("empty")
    }, "the code name ``", "snake case"),
    ("code name to update", |client, _| {
        client.create_or_update_dataset(&DatasetDefinition::temporal("")).expect_err("empty")
    }, "the code name ``", "snake case"),
    ("name", |client, dataset| {
        client.update_dataset(dataset, &DatasetChanges::new().name("")).expect_err("empty")
    }, "its name is empty", "write a name"),
    ("field", |client, _| {
        client.create_dataset(&DatasetDefinition::temporal("a").field(FieldDefinition::bool(""))).expect_err("empty")
    }, "the field ``", "snake case"),
    ("extent", |_, dataset| dataset.query(("", "")).load().expect_err("empty"), "", "write a date"),
];

fn query(dataset: &Dataset, collections: &[CollectionKey]) -> Error {
    dataset.query(DATES).collections(collections.to_vec()).load().expect_err("no collection")
}

#[test]
fn empty_names_and_ids_are_refused_without_a_request() {
    for (what, run, reason, advice) in CASES {
        let (client, dataset, server) = setting();
        let error = run(&client, &dataset);
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{what}: {error}");
        assert!(error.reason().contains(reason), "{what}: {error}");
        assert!(error.advice().contains(advice), "{what}: {error}");
        assert!(!error.advice().contains("URL"), "{what}: the URL is not the cause: {error}");
        assert!(!error.to_string().contains('\n'), "{what}: {error}");
        assert_eq!(server.requests::<GetDataset>().len(), 1, "{what}: no further request");
    }
}

#[test]
fn an_empty_url_or_key_is_named() {
    let url = ServerUrl::parse("").expect_err("empty");
    assert!(url.to_string().starts_with("cannot use the URL ``") && url.advice().contains("https://host"), "{url}");
    let key = Token::new("").expect_err("empty");
    assert_eq!(key.advice(), format!("copy it again from {API_KEYS_PAGE}"));
}
