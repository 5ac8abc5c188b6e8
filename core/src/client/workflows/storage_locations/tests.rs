use prost::Message as _;
use uuid::Uuid;

use crate::client::blocking::Client;
use crate::error::ErrorKind;
use crate::protocol::connect::{self, Code};
use crate::protocol::id;
use crate::protocol::wire::workflows::v1 as wire;
use crate::testing::{self, MockTransport};
use crate::workflows::rpc::{
    CreateStorageLocation, DeleteStorageLocation, GetStorageLocation, ListStorageLocations, UpdateStorageLocation,
};
use crate::workflows::{LocalFolder, S3Bucket, StorageType};

/// The bytes of the id 3 as a message.
const ID: &[u8] = b"\x0a\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x03";

fn client(server: &MockTransport) -> Client {
    testing::client_builder(server.clone()).build().expect("a client")
}

fn location(name: &str) -> wire::StorageLocation {
    wire::StorageLocation {
        id: Some(id::to_wire(Uuid::from_u128(3))),
        location: "s3://b".to_owned(),
        r#type: 2,
        name: name.to_owned(),
        reference: None,
    }
}

#[test]
fn requests_for_storage_locations_have_known_bytes() {
    let server = MockTransport::new()
        .respond_with::<CreateStorageLocation>(|request: wire::CreateStorageLocationRequest| {
            Ok(location(&request.name))
        })
        .respond_with::<GetStorageLocation>(|_| Ok(location("S")))
        .respond_with::<UpdateStorageLocation>(|request: wire::UpdateStorageLocationRequest| {
            Ok(location(&request.name))
        })
        .respond_with::<ListStorageLocations>(|()| Ok(wire::StorageLocations { locations: vec![location("S")] }))
        .respond_with::<DeleteStorageLocation>(|_| Ok(()));
    let locations = client(&server).storage_locations();
    let created = locations.create("S", S3Bucket::new("b")).expect("created");
    assert_eq!(created.storage_type, StorageType::S3);
    let expected = b"\x0a\x01S\x12\x07\x0a\x03\x0a\x01b\x28\x02";
    assert_eq!(server.requests::<CreateStorageLocation>()[0].encode_to_vec(), expected);
    assert_eq!(locations.find(&created).expect("found"), created);
    assert_eq!(server.requests::<GetStorageLocation>()[0].encode_to_vec(), ID);
    assert_eq!(locations.update(&created, "N").expect("updated").name, "N");
    let expected = [b"\x0a\x12".as_slice(), ID, b"\x12\x01N"].concat();
    assert_eq!(server.requests::<UpdateStorageLocation>()[0].encode_to_vec(), expected);
    assert_eq!(locations.all().expect("a listing").into_vec(), std::slice::from_ref(&created));
    locations.delete(created.id).expect("deleted");
    assert_eq!(server.requests::<DeleteStorageLocation>()[0].encode_to_vec(), ID);
}

#[test]
fn invalid_input_about_storage_locations_sends_no_request() {
    let server = MockTransport::new();
    let locations = client(&server).storage_locations();
    let id = Uuid::from_u128(3);
    for (error, expected) in [
        (
            locations.find("").expect_err("no id"),
            "cannot find a storage location: the id of the storage location is not",
        ),
        (
            locations.create("", LocalFolder::new("/d")).expect_err("empty"),
            "cannot create the storage location ``: the name",
        ),
        (
            locations.create("S", LocalFolder::new("")).expect_err("empty"),
            "cannot create the storage location `S`: the path of the folder is empty; write it",
        ),
        (
            locations.update(id, " ").expect_err("empty"),
            "cannot update the storage location 00000000-0000-0000-0000-000000000003: the name is empty",
        ),
        (locations.delete(Uuid::nil()).expect_err("nil"), "cannot delete a storage location: the id of the storage"),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

#[test]
fn an_unknown_storage_location_is_named_with_advice() {
    let unknown = || connect::Error::new(Code::NotFound, "no such storage location");
    let server = MockTransport::new()
        .respond_with::<GetStorageLocation>(move |_| Err(unknown()))
        .respond_once::<DeleteStorageLocation>(Err(connect::Error::new(Code::Unavailable, "restarting")))
        .respond_with::<DeleteStorageLocation>(move |_| Err(unknown()));
    let locations = client(&server).storage_locations();
    let error = locations.find(Uuid::from_u128(3)).expect_err("unknown");
    assert_eq!(error.advice(), "check the id: `storage_locations().all()` lists the storage locations");
    locations.delete(Uuid::from_u128(3)).expect("deleted by the lost request");
    assert_eq!(locations.delete(Uuid::from_u128(3)).expect_err("unknown").kind(), ErrorKind::NotFound);
}
