//! Errors are one clear line, and transient failures are retried.

use std::net::TcpListener;
use std::time::Duration;

use tilebox_core::datasets::DatasetDefinition;
use tilebox_core::{Error, ErrorKind, Result};
use tilebox_emulator::{Emulator, Fault, Permissions, Rpc};

use super::{COLLECTION, DATASET, Setting};

pub(crate) async fn unknown_names_are_not_found(setting: Setting) {
    let error = setting.client.dataset("open_data.nothing").await.expect_err("no such dataset");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(
        error.to_string(),
        "cannot find the dataset `open_data.nothing`: no such dataset; \
         check the name, and whether your account can see it"
    );
    let dataset = setting.client.dataset(DATASET).await.expect("a dataset");
    let error = dataset.collection("nothing").await.expect_err("no such collection");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().starts_with("cannot find the collection `nothing` of the dataset"), "{error}");
}

pub(crate) async fn misspelt_names_get_suggestions(setting: Setting) {
    for (misspelt, kind) in [
        ("open_data.copernicus.sentinel2_mis", ErrorKind::NotFound),
        ("sentinel2_mis", ErrorKind::NotFound),
        // Not a valid slug.
        ("sentinel2-msi", ErrorKind::InvalidArgument),
    ] {
        let error = with_names(|| setting.client.dataset(misspelt)).await;
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.advice().starts_with(&format!("did you mean `{DATASET}`?")), "{error}");
    }
    let dataset = setting.client.dataset(DATASET).await.expect("a dataset");
    let error = with_names(|| dataset.collection("S2A_S2MSI1")).await;
    assert!(error.advice().starts_with("did you mean `S2A_S2MSI1C`"), "{error}");
    assert!(error.advice().contains("the collections of the dataset are S2A_S2MSI1C"), "{error}");
    let error = with_names(|| dataset.delete_collection("S2A_S2MSI1")).await;
    assert!(error.advice().starts_with("did you mean `S2A_S2MSI1C`"), "{error}");

    // Without the names, the error is the same without suggestions.
    setting.emulator.inject(Fault::http(500).on(Rpc::ListDatasets).times(100));
    let error = setting.client.dataset("sentinel2_mis").await.expect_err("no such dataset");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.advice(), "check the name, and whether your account can see it");
    // A lookup of a possibly missing dataset requests no names.
    let before = setting.emulator.requests().of(Rpc::ListDatasets);
    setting.client.create_or_update_dataset(&DatasetDefinition::temporal("mine")).await.expect("a dataset");
    assert_eq!(setting.emulator.requests().of(Rpc::ListDatasets), before);
}

/// Returns the error of a call with suggestions. The lookup of names has a timeout of a few seconds, which a busy machine
/// can exceed.
async fn with_names<T, F: Future<Output = Result<T>>>(call: impl Fn() -> F) -> Error {
    for _ in 0..20 {
        match call().await {
            Ok(_) => break,
            Err(error) if error.advice().contains("did you mean") => return error,
            Err(_) => {}
        }
    }
    panic!("no error has suggestions");
}

pub(crate) async fn invalid_times_and_ids_are_refused(setting: Setting) {
    let dataset = setting.client.dataset(DATASET).await.expect("a dataset");
    let collection = dataset.collection(COLLECTION).await.expect("a collection");
    let before = setting.emulator.requests().total();
    let error = collection.query(("2025-03-01", "2025-02-31")).await.expect_err("no such day");
    assert_eq!(error.reason(), "there is no such date");
    let error = collection.query(("2025-03-01", "2025-02-01")).await.expect_err("reversed");
    assert_eq!(error.reason(), "it ends before it starts");
    for id in ["", "12345", "00000000-0000-0000-0000-000000000000"] {
        let error = collection.find(id).await.expect_err("no id");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    }
    let error = collection.query(("2025-03-01", "2025-04-01")).limit(0).await.expect_err("an empty result");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert_eq!(setting.emulator.requests().total(), before, "no request reaches the server");
}

pub(crate) async fn transient_failures_are_retried(setting: Setting) {
    for status in [502, 503, 504] {
        setting.emulator.inject(Fault::http(status).on(Rpc::GetDataset).times(4));
        setting.client.dataset(DATASET).await.expect("the fifth attempt succeeds");
    }
    setting.emulator.inject(Fault::http(503).on(Rpc::GetDataset).times(5));
    let error = setting.client.dataset(DATASET).await.expect_err("five attempts fail");
    assert_eq!(error.kind(), ErrorKind::Network);
    assert!(error.to_string().contains("(after 5 attempts"), "{error}");
}

pub(crate) async fn a_rate_limited_call_waits_for_the_server(setting: Setting) {
    let limit = || Fault::http(429).on(Rpc::GetDataset);
    setting.emulator.inject(limit().retry_after(Duration::ZERO).times(2));
    setting.client.dataset(DATASET).await.expect("the third attempt succeeds");
    setting.emulator.inject(limit().retry_after(Duration::from_secs(86_400)).times(1));
    let error = setting.client.dataset(DATASET).await.expect_err("a wait of a day is an error");
    assert_eq!(error.kind(), ErrorKind::TooManyRequests);
}

pub(crate) async fn a_missing_server_is_named_in_the_error(setting: Setting) {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its address");
    let client = setting.builder().url(format!("http://{free}")).build().expect("a client");
    let error = client.dataset(DATASET).await.expect_err("no server listens");
    assert_eq!(error.kind(), ErrorKind::Network, "{error}");
    assert!(error.to_string().contains(&format!("no response from http://{free}: ")), "{error}");
}

pub(crate) async fn a_web_page_as_a_response_is_shown(setting: Setting) {
    let elsewhere = format!("{}/some/web/page", setting.emulator.url());
    let client = setting.builder().url(elsewhere).build().expect("a client");
    let error = client.dataset(DATASET).await.expect_err("no such path");
    assert!(matches!(error.kind(), ErrorKind::UnexpectedResponse | ErrorKind::Unimplemented), "{error:?}");
    assert!(error.to_string().contains("check"), "{error}");
}

pub(crate) async fn a_wrong_key_says_so(setting: Setting) {
    let emulator = Emulator::builder().token("right", Permissions::ALL).start().expect("a local server");
    let builder = || setting.builder().url(emulator.url());
    let error = builder().token("wrong").build().expect("a client").datasets().await.expect_err("a wrong key");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    assert!(!error.to_string().contains("wrong"), "{error}");
    builder().token("right").build().expect("a client").datasets().await.expect("a right key");
    let error = builder().token("line\nbreak").build().expect_err("not valid in a header");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}
