//! Responses of the real Workflows API decode to the expected values, and encode to the same bytes.
//!
//! The recordings are not part of the repository. Without them the tests print that and pass.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use prost::Message as _;
use tilebox_core::blocking::Client;
use tilebox_core::protocol::wire::workflows::v1 as wire;
use tilebox_core::testing::{self, MockTransport};
use tilebox_core::workflows::rpc::{GetCluster, ListClusters};
use tilebox_tests::recordings::{bodies, workflows_folder};

#[test]
fn recorded_clusters_become_the_expected_values() {
    let Some(folder) = workflows_folder() else { return };
    let [one, all] = ["cluster", "clusters"].map(|name| bodies(&folder.join(format!("{name}.rpcs.bin"))).remove(0));
    let cluster = wire::Cluster::decode(one.clone()).expect("a cluster");
    let listing = wire::ListClustersResponse::decode(all.clone()).expect("a listing");
    assert_eq!(
        (cluster.encode_to_vec(), listing.encode_to_vec()),
        (one.to_vec(), all.to_vec()),
        "every field is known"
    );

    let server = MockTransport::new().respond_once::<GetCluster>(Ok(cluster)).respond_once::<ListClusters>(Ok(listing));
    let client: Client = testing::client_builder(server).build().expect("a client");
    let found = client.clusters().find("dev-cluster-ESugE7S4cwADVK").expect("the cluster");
    assert_eq!(found.to_string(), "dev-cluster [Cluster dev-cluster-ESugE7S4cwADVK]");
    assert!(found.is_deletable && found.description.is_empty() && found.deployed_releases.is_empty());
    let all = client.clusters().all().expect("a listing");
    let deletable: Vec<_> = all.iter().map(|cluster| (cluster.name.as_str(), cluster.is_deletable)).collect();
    assert_eq!(deletable, [("Default", false), ("dev-cluster", true)]);
    assert_eq!(all[1], found);
}
