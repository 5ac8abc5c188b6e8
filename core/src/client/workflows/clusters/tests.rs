use prost::Message as _;

use crate::client::blocking::Client;
use crate::error::{Error, ErrorKind};
use crate::protocol::connect::{self, Code};
use crate::protocol::wire::workflows::v1 as wire;
use crate::testing::{self, MockTransport};
use crate::workflows::rpc::{CreateCluster, DeleteCluster, GetCluster, ListClusters, UpdateCluster};

fn client(server: &MockTransport) -> Client {
    testing::client_builder(server.clone()).build().expect("a client")
}

fn cluster(slug: &str, name: &str) -> wire::Cluster {
    wire::Cluster { slug: slug.to_owned(), display_name: name.to_owned(), deletable: true, ..Default::default() }
}

fn unavailable<T>() -> Result<T, connect::Error> {
    Err(connect::Error::new(Code::Unavailable, "restarting"))
}

/// Returns a server with two clusters, which knows no other.
fn server() -> MockTransport {
    let listing = || wire::ListClustersResponse {
        clusters: vec![cluster("default-56uboc82HDVNys", "Default"), cluster("dev-cluster-ESugE7S4cwADVK", "Dev")],
    };
    let unknown = || connect::Error::new(Code::NotFound, "no such cluster");
    MockTransport::new()
        .respond_with::<ListClusters>(move |_| Ok(listing()))
        .respond_with::<GetCluster>(move |_| Err(unknown()))
        .respond_with::<UpdateCluster>(move |_| Err(unknown()))
        .respond_with::<DeleteCluster>(move |_| Err(unknown()))
}

#[test]
fn requests_for_clusters_have_known_bytes() {
    let server = MockTransport::new()
        .respond_with::<CreateCluster>(|_| Ok(cluster("dev", "Dev")))
        .respond_with::<GetCluster>(|_| Ok(cluster("dev", "Dev")))
        .respond_with::<UpdateCluster>(|_| Ok(cluster("dev", "Dev")))
        .respond_with::<DeleteCluster>(|_| Ok(wire::DeleteClusterResponse {}));
    let clusters = client(&server).clusters();
    let dev = clusters.create("Dev").description("D").slug("dev").send().expect("created");
    assert_eq!(server.requests::<CreateCluster>()[0].encode_to_vec(), b"\x0a\x03Dev\x12\x01D\x1a\x03dev");
    clusters.create("Dev").send().expect("created");
    assert_eq!(server.requests::<CreateCluster>()[1].encode_to_vec(), b"\x0a\x03Dev");

    clusters.find(&dev).expect("found");
    clusters.default().expect("found");
    let bytes: Vec<_> = server.requests::<GetCluster>().iter().map(prost::Message::encode_to_vec).collect();
    assert_eq!(bytes, [b"\x0a\x03dev".as_slice(), b""]);

    clusters.update(&dev).name("N").send().expect("updated");
    clusters.update("dev").description("").send().expect("updated");
    clusters.update("dev").send().expect("updated");
    let bytes: Vec<_> = server.requests::<UpdateCluster>().iter().map(prost::Message::encode_to_vec).collect();
    assert_eq!(bytes, [b"\x0a\x03dev\x12\x01N".as_slice(), b"\x0a\x03dev\x1a\x00", b"\x0a\x03dev"]);

    clusters.delete(&dev).expect("deleted");
    assert_eq!(server.requests::<DeleteCluster>()[0].encode_to_vec(), b"\x0a\x03dev");
}

#[test]
fn invalid_slugs_and_texts_send_no_request() {
    let server = MockTransport::new();
    let clusters = client(&server).clusters();
    let long = "x".repeat(50_001);
    for (error, expected) in [
        (clusters.find("").expect_err("empty"), "cannot find the cluster ``: the slug of the cluster is empty; write"),
        (
            clusters.find("dev_1").expect_err("_"),
            "cannot find the cluster `dev_1`: the slug of the cluster contains '_'",
        ),
        (clusters.delete("a b").expect_err("space"), "cannot delete the cluster `a b`: the slug"),
        (clusters.create(" ").send().expect_err("empty"), "cannot create the cluster ``: the name is empty"),
        (clusters.create("D").slug("").send().expect_err("empty"), "cannot create the cluster `D`: the slug"),
        (
            clusters.create("D").description(&long).send().expect_err("long"),
            "cannot create the cluster `D`: the description has 50001 characters; at most 50000 are allowed; shorten it",
        ),
        (clusters.update("").send().expect_err("empty"), "cannot update the cluster ``: the slug"),
        (clusters.update("d").name("").send().expect_err("empty"), "cannot update the cluster `d`: the name is empty"),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

#[test]
fn an_unknown_cluster_gets_suggestions() {
    let server = server();
    let clusters = client(&server).clusters();
    let errors: [Error; 3] = [
        clusters.find("dev-cluster").expect_err("unknown"),
        clusters.update("dev-cluster").name("D").send().expect_err("unknown"),
        clusters.delete("dev-cluster").expect_err("unknown"),
    ];
    for error in errors {
        assert_eq!((error.kind(), error.reason()), (ErrorKind::NotFound, "no such cluster"));
        let advice = "did you mean `dev-cluster-ESugE7S4cwADVK` (Dev)? the clusters are default-56uboc82HDVNys, \
                      dev-cluster-ESugE7S4cwADVK";
        assert_eq!(error.advice(), advice);
    }
}

#[test]
fn a_lost_creation_with_a_slug_returns_its_cluster() {
    let exists = || Err(connect::Error::new(Code::AlreadyExists, "cluster dev already exists"));
    let lost =
        || MockTransport::new().respond_once::<CreateCluster>(unavailable()).respond_once::<CreateCluster>(exists());
    let server = lost().respond_once::<GetCluster>(Ok(cluster("dev", "Dev")));
    let created = client(&server).clusters().create("Dev").slug("dev").send().expect("the cluster of the lost request");
    assert_eq!((created.slug.as_str(), server.unused().len()), ("dev", 0));

    let server = lost().respond_once::<GetCluster>(Ok(cluster("dev", "Of another client")));
    let error = client(&server).clusters().create("Dev").slug("dev").send().expect_err("another cluster");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);

    let server = MockTransport::new().respond_once::<CreateCluster>(exists());
    let error = client(&server).clusters().create("Dev").slug("dev").send().expect_err("it exists");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
}

#[test]
fn a_lost_creation_without_a_slug_is_not_repeated() {
    let server = MockTransport::new().respond_once::<CreateCluster>(unavailable());
    let error = client(&server).clusters().create("Dev").send().expect_err("lost");
    assert!(error.may_have_happened(), "{error}");
    assert_eq!(error.advice(), "check whether it happened before trying again");
    assert_eq!(server.requests::<CreateCluster>().len(), 1);
}

#[test]
fn a_lost_deletion_succeeds() {
    let gone = connect::Error::new(Code::NotFound, "no such cluster");
    let server = MockTransport::new().respond_once::<DeleteCluster>(unavailable());
    let server = server.respond_once::<DeleteCluster>(Err(gone));
    client(&server).clusters().delete("dev").expect("deleted by the lost request");
}
