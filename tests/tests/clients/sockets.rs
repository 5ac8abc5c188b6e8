//! Servers on unix sockets of the same machine.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use tilebox_core::ErrorKind;
use tilebox_emulator::{Catalogue, Emulator};

use super::{COLLECTION, DATASET, Setting};

/// Returns a path without a socket.
fn free_socket() -> PathBuf {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::SeqCst);
    std::env::temp_dir().join(format!("tilebox-clients-{}-{number}.sock", std::process::id()))
}

pub(crate) async fn a_server_on_a_unix_socket_responds_like_any_other(setting: Setting) {
    let path = free_socket();
    let emulator = Emulator::builder().catalogue(Catalogue::new(500)).unix(&path).start().expect("a local server");
    let url = emulator.unix_url().expect("a socket");
    // The form of the Python client, with a scheme, and that of the Go client, the path alone.
    for url in [url.as_str(), url.trim_start_matches("unix://")] {
        let client = setting.builder().url(url).build().expect("a client");
        let dataset = client.dataset(DATASET).await.expect("a dataset");
        let collection = dataset.collection(COLLECTION).await.expect("a collection");
        let datapoints = collection.query(("2000-01-01", "2100-01-01")).page_size(50).await.expect("a load");
        assert_eq!(Some(datapoints.len() as u64), collection.info().count);
    }
    assert_eq!(setting.emulator.requests().total(), 0);
    drop(emulator);
    assert!(!path.exists(), "the server removes its socket");
}

pub(crate) async fn a_missing_socket_is_named_in_the_error(setting: Setting) {
    let path = free_socket();
    let client = setting.builder().url(format!("unix://{}", path.display())).build().expect("a client");
    let error = client.dataset(DATASET).await.expect_err("no server listens");
    assert_eq!(error.kind(), ErrorKind::Network, "{error}");
    assert!(error.to_string().contains(&format!("no response from unix://{}: ", path.display())), "{error}");
    assert!(error.to_string().contains("(after 5 attempts"), "the request certainly did not arrive: {error}");
}
