//! Tests of an application against a mock transport, a recording, and the local server.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use futures::FutureExt as _;
use tilebox_core::datasets::rpc::GetDataset;
use tilebox_core::protocol::connect::{Code, Error};
use tilebox_core::testing::{self, MockTransport, Recorder, Recording, Replay};
use tilebox_core::{Client, ErrorKind, Result, Strategy, blocking};
use tilebox_emulator::{Catalogue, Emulator, Rpc};

const DATASET: &str = "open_data.copernicus.sentinel2_msi";
const DATAPOINTS: usize = 500;

/// The application: returns the number of scenes of a dataset, or `None` without the dataset.
async fn scenes(client: &Client, slug: &str) -> Result<Option<usize>> {
    let dataset = match client.dataset(slug).await {
        Ok(dataset) => dataset,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let datapoints = dataset.query(("2000-01-01", "2100-01-01")).page_size(100).await?;
    Ok(Some(datapoints.len()))
}

fn server() -> Emulator {
    Emulator::builder().catalogue(Catalogue::new(DATAPOINTS)).start().expect("a local server")
}

#[test]
fn an_application_is_tested_with_a_mock_transport() {
    let server = MockTransport::new().respond_once::<GetDataset>(Err(Error::new(Code::NotFound, "no such dataset")));
    let client: Client = testing::client_builder(server.clone()).build().expect("a client");
    let scenes = scenes(&client, "no.such").now_or_never().expect("nothing to wait for");
    assert_eq!(scenes.expect("a response"), None);
    assert_eq!(server.requests::<GetDataset>()[0].slug, "no.such");
}

#[test]
fn an_application_is_tested_with_a_recording() {
    // Record once, with a server.
    let server = server();
    let recorder = Recorder::new(tilebox_tokio::Hyper::new().expect("a backend"));
    let builder = tilebox_tokio::client_builder().transport(recorder.clone()).url(server.url()).anonymous();
    let recorded = tilebox_tokio::block_on(async {
        let client = builder.build().expect("a client");
        scenes(&client, DATASET).await.expect("a load")
    });
    assert_eq!(recorded, Some(DATAPOINTS));
    server.stop();
    let file = recorder.recording().to_string();
    assert!(file.lines().count() >= 6, "a dataset and five pages");

    // Replay without a server.
    let recording: Recording = file.parse().expect("a recording");
    let client: Client = testing::client_builder(Replay::new(recording.clone())).build().expect("a client");
    let replayed = scenes(&client, DATASET).now_or_never().expect("nothing to wait for");
    assert_eq!(replayed.expect("a load"), recorded);

    let client: blocking::Client = testing::client_builder(Replay::new(recording)).build().expect("a client");
    let dataset = client.dataset(DATASET).expect("a dataset");
    let datapoints = dataset.query(("2000-01-01", "2100-01-01")).page_size(100).load().expect("a load");
    assert_eq!(Some(datapoints.len()), recorded);
    let error = dataset.query(("1999-01-01", "2000-01-02")).load().expect_err("not recorded").to_string();
    assert!(error.contains("with different messages"), "{error}");
}

/// A recording with default settings replays on every runtime with other settings.
#[test]
fn a_recording_serves_any_split_of_its_query() {
    let server = server();
    let recorder = Recorder::new(tilebox_tokio::Hyper::new().expect("a backend"));
    let builder = tilebox_tokio::client_builder().transport(recorder.clone()).url(server.url()).anonymous();
    let load = async |client: &Client, page_size: u64, unordered: bool| {
        let dataset = client.dataset(DATASET).await?;
        let query = dataset.query(("2000-01-01", "2100-01-01")).page_size(page_size);
        let query = if unordered { query.unordered() } else { query };
        let mut ids: Vec<_> = query.await?.ids().collect();
        if unordered {
            ids.sort_unstable();
        }
        Ok::<_, tilebox_core::Error>(ids)
    };
    let recorded = tilebox_tokio::block_on(async { load(&builder.build()?, 20, false).await }).expect("a load");
    assert_eq!(recorded.len(), DATAPOINTS);
    server.stop();
    let recording: Recording = recorder.recording().to_string().parse().expect("a recording");
    for round in 0..20 {
        let (concurrency, page_size) = ([1, 2, 5, 64][round % 4], [20, 7, 100][round % 3]);
        let replay = || Replay::new(recording.clone());
        let unordered = round % 2 == 1;
        let replayed = match round % 5 {
            0 => {
                let client =
                    testing::client_builder::<Client>(replay()).concurrency(concurrency).build().expect("a client");
                load(&client, page_size, unordered).now_or_never().expect("nothing to wait for")
            }
            1 | 2 => {
                let strategy = [Strategy::Joined, Strategy::Spawned][round % 2];
                let builder = tilebox_smol::client_builder().transport(replay()).url("http://tilebox.test").anonymous();
                let client = builder.strategy(strategy).concurrency(concurrency).build().expect("a client");
                tilebox_smol::block_on(load(&client, page_size, unordered))
            }
            _ => {
                let builder =
                    tilebox_tokio::client_builder().transport(replay()).url("http://tilebox.test").anonymous();
                let builder = builder.concurrency(concurrency);
                tilebox_tokio::block_on(async { load(&builder.build()?, page_size, unordered).await })
            }
        };
        assert_eq!(replayed.expect("a load"), recorded, "round {round}");
    }
}

#[test]
fn an_application_is_tested_with_the_local_server() {
    let server = server();
    let client = tilebox_smol::client_builder().url(server.url()).anonymous().build().expect("a client");
    let found = tilebox_smol::block_on(scenes(&client, DATASET)).expect("a load");
    assert_eq!(found, Some(DATAPOINTS));
    assert!(server.requests().of(Rpc::Query) >= 5);
    assert_eq!(tilebox_smol::block_on(scenes(&client, "no.such")).expect("a response"), None);
}
