//! Synchronous code that runs under an executor and holds an async client of that executor.

use tilebox_core::ErrorKind;
use tilebox_emulator::{Fault, Rpc};
use tokio::runtime::Builder;

use super::{DATASET, build, server, within_patience};

/// Counts collections in synchronous code, such as a step of a workflow. One request is repeated after a wait.
macro_rules! count_collections {
    ($client:expr) => {{
        let client = $client.blocking().expect("a blocking client");
        client.dataset(DATASET).expect("a dataset").collections().expect("a listing").len()
    }};
}

macro_rules! callbacks {
    ($($name:ident: $crate_name:ident, $run:expr;)*) => { $(
        #[test]
        fn $name() {
            within_patience(|| {
                let server = server();
                let url = server.url().to_owned();
                let task = async move {
                    let client = build($crate_name::client_builder(), &url);
                    let expected = client.dataset(DATASET).await.expect("a dataset");
                    let expected = expected.collections().await.expect("a listing").len();
                    server.inject(Fault::http(503).on(Rpc::ListCollections).times(1));
                    assert_eq!(count_collections!(client), expected);
                    // The async client still works.
                    client.dataset(DATASET).await.expect("a dataset");
                };
                $run(task);
            });
        }
    )* };
}

callbacks! {
    under_one_thread_of_tokio: tilebox_tokio, |task| {
        Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(task)
    };
    under_a_worker_of_tokio: tilebox_tokio, |task| {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        runtime.block_on(async { tokio::spawn(task).await }).expect("it does not panic");
    };
    under_block_on_of_smol: tilebox_smol, smol::block_on;
    under_the_only_thread_of_smol: tilebox_smol, |task| smol::block_on(smol::spawn(task));
    under_block_on_of_async_std: tilebox_async_std, async_std::task::block_on;
    under_a_task_of_async_std: tilebox_async_std, |task| async_std::task::block_on(async_std::task::spawn(task));
}

#[test]
fn a_custom_transport_gets_advice_about_blocking_clients() {
    let transport = tilebox_smol::Isahc::new().expect("a backend");
    let client = tilebox_smol::client_builder().transport(transport).url("http://localhost:1").anonymous().build();
    let error = client.expect("a client").blocking().expect_err("an unknown executor");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("`blocking::client_builder()`"), "{error}");
}
