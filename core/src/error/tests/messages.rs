//! The message of each kind, word for word, from a real cause.

use http::{Response, StatusCode};

use crate::Timestamp;
use crate::client::blocking::Client;
use crate::client::workflows::unreadable_object;
use crate::client::{ClientBuilder, RuntimeParts, Strategy, blocking};
use crate::datapoints::Datapoints;
use crate::datasets::rpc::{GetDataset, ListDatasets};
use crate::error::{Error, ErrorKind};
use crate::output::Format;
use crate::protocol::connect::{self, Code};
use crate::protocol::endpoint::{API_KEYS_PAGE, ServerUrl};
use crate::protocol::exchange::{Limits, TransportError, TransportErrorKind};
use crate::protocol::wire::workflows::v1 as workflows;
use crate::runtime::{Instant, Runtime, Transport};
use crate::testing::{self, MockTransport};
use crate::workflows::rpc::GetJob;
use crate::workflows::{JobCache, LocalFolder, NoCache, StorageLocation};
use bytes::Bytes;
use std::sync::Arc;

/// Returns the error of a query for a dataset that a server refuses.
fn refused(code: Code, message: &str) -> Error {
    find(MockTransport::new().respond_with::<GetDataset>({
        let error = connect::Error::new(code, message);
        move |_| Err(error.clone())
    }))
}

fn find(server: impl Transport) -> Error {
    let client: Client = testing::client_builder(server).build().expect("a client");
    client.dataset("my.scenes").expect_err("the server does not have it")
}

/// Returns the error of a query for a dataset on Tilebox, with or without a key.
fn of_tilebox(server: impl Transport, token: Option<&str>) -> Error {
    let builder = testing::client_builder::<Client>(server).url(ServerUrl::TILEBOX);
    let builder = if let Some(token) = token { builder.token(token) } else { builder };
    builder.build().expect("a client").dataset("my.scenes").expect_err("the server does not have it")
}

/// A transport with one result for every request.
struct Always(Box<dyn Fn(Limits) -> Result<Response<Bytes>, TransportError> + Send + Sync>);

#[async_trait::async_trait]
impl Transport for Always {
    async fn send(&self, _: http::Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        (self.0)(limits)
    }
}

fn page(status: StatusCode, content_type: &'static str, body: &'static str) -> Always {
    Always(Box::new(move |_| {
        let response = Response::builder().status(status).header("content-type", content_type);
        let response = response.header("content-length", body.len());
        Ok(response.body(body.into()).expect("a response"))
    }))
}

/// A runtime whose executor is shut down: it drops every task.
struct ShutDown;

impl Runtime for ShutDown {
    fn now(&self) -> Instant {
        Instant::ORIGIN
    }

    fn wall_time(&self) -> std::time::SystemTime {
        std::time::SystemTime::UNIX_EPOCH
    }

    fn sleep_until(&self, _: Instant) -> futures::future::BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }

    fn spawn(&self, _: futures::future::BoxFuture<'static, ()>) {}

    fn unblock(&self, _: Box<dyn FnOnce() + Send>) {}

    fn random(&self) -> u64 {
        0
    }
}

fn without_executor() -> Error {
    let parts = RuntimeParts::new("test", Arc::new(ShutDown)).with_strategy(Strategy::Spawned);
    let builder = ClientBuilder::<crate::Client>::new(parts).url("http://tilebox.test").anonymous();
    let client = builder.transport(MockTransport::new()).build().expect("a client");
    blocking::block_on(client.dataset("my.scenes")).expect_err("there is no executor")
}

/// A writer on a full device.
struct Full;

impl std::io::Write for Full {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::Error::new(std::io::ErrorKind::StorageFull, "no space left on device"))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn datapoints() -> Datapoints {
    let numbers: arrow_array::ArrayRef = Arc::new(arrow_array::Int64Array::from(vec![1]));
    arrow_array::RecordBatch::try_from_iter([("number", numbers)]).expect("a batch").into()
}

/// Returns the error of a job that was canceled.
fn canceled_job() -> Error {
    let id = uuid::Uuid::from_u128(7);
    let job = workflows::Job {
        id: Some(crate::protocol::id::to_wire(id)),
        name: "clouds".to_owned(),
        state: workflows::JobState::Canceled as i32,
        ..Default::default()
    };
    let client: Client =
        testing::client_builder(MockTransport::new().respond_once::<GetJob>(Ok(job))).build().expect("a client");
    client.jobs().find(id).expect("a job").success().expect_err("it was canceled")
}

/// Returns an error of this kind and its message.
fn example(kind: ErrorKind) -> (Error, &'static str) {
    match kind {
        ErrorKind::InvalidArgument => (
            Timestamp::parse("2025-02-31").expect_err("no such day"),
            "cannot read the time `2025-02-31`: there is no such date; \
             write a date such as 2025-03-01 or a time such as 2025-03-01T12:30:00Z",
        ),
        ErrorKind::NotFound => (
            refused(Code::NotFound, "no such dataset"),
            "cannot find the dataset `my.scenes`: no such dataset; check the name, and whether your account can see it",
        ),
        ErrorKind::AlreadyExists => (
            refused(Code::AlreadyExists, "there is one with this name"),
            "cannot find the dataset `my.scenes`: there is one with this name; \
             choose another name, or use the existing one",
        ),
        ErrorKind::Unauthenticated => (
            refused(Code::Unauthenticated, "no API key"),
            "cannot find the dataset `my.scenes`: no API key; \
             create an API key at https://console.tilebox.com/settings/api-keys, and pass it as `token` or set TILEBOX_API_KEY",
        ),
        ErrorKind::LoginRequired => (
            of_tilebox(
                MockTransport::new()
                    .respond_with::<GetDataset>(|_| Err(connect::Error::new(Code::Unimplemented, "no such method"))),
                None,
            ),
            "cannot find the dataset `my.scenes`: no such method; \
             create an API key at https://console.tilebox.com/settings/api-keys, and pass it as `token` or set TILEBOX_API_KEY",
        ),
        ErrorKind::PermissionDenied => (
            refused(Code::PermissionDenied, "you may not read this dataset"),
            "cannot find the dataset `my.scenes`: you may not read this dataset; ask the owner for access",
        ),
        ErrorKind::FailedPrecondition => (
            refused(Code::FailedPrecondition, "the dataset holds datapoints"),
            "cannot find the dataset `my.scenes`: the dataset holds datapoints; change the state that the server names first",
        ),
        ErrorKind::QuotaExceeded => (
            refused(Code::ResourceExhausted, "your plan allows 10 datasets"),
            "cannot find the dataset `my.scenes`: your plan allows 10 datasets; \
             check the limits of your subscription, or delete data that is no longer needed",
        ),
        ErrorKind::TooManyRequests => (
            find(MockTransport::new().respond_with::<GetDataset>(|_| {
                let limited = connect::Error::new(Code::ResourceExhausted, "too many requests");
                Err(connect::Error { retry_after: Some(std::time::Duration::from_secs(2)), ..limited })
            })),
            "cannot find the dataset `my.scenes`: too many requests \
             (after 5 attempts in 8 s; the server asks to wait 2 s); \
             wait, or lower `concurrency`",
        ),
        ErrorKind::TimedOut => (
            find(Always(Box::new(|limits| Err(TransportError::timed_out(limits))))),
            "cannot find the dataset `my.scenes`: no response from http://tilebox.test: no response within 60s \
             (after 5 attempts in 1.0 s); try again, or allow more time with `timeout` and `attempt_timeout`",
        ),
        ErrorKind::Network => (
            find(Always(Box::new(|_| Err(TransportError::new(TransportErrorKind::Connect, "connection refused"))))),
            "cannot find the dataset `my.scenes`: no response from http://tilebox.test: connection refused \
             (after 5 attempts in 1.0 s); check the URL, and whether the server runs and a proxy is needed to reach it",
        ),
        ErrorKind::Cancelled => (
            refused(Code::Canceled, "the server shuts down"),
            "cannot find the dataset `my.scenes`: the server shuts down; try again",
        ),
        ErrorKind::Unimplemented => (
            refused(Code::Unimplemented, "unknown method"),
            "cannot find the dataset `my.scenes`: unknown method; check the URL, and update the client or the server",
        ),
        ErrorKind::UnexpectedResponse => (
            find(page(StatusCode::OK, "text/html", "<html><h1>Welcome</h1></html>")),
            "cannot find the dataset `my.scenes`: unexpected response from http://tilebox.test: HTTP 200 OK (text/html): “Welcome”; \
             check that the URL is that of a Tilebox API, not of its web pages",
        ),
        ErrorKind::Undecodable => (
            find(page(StatusCode::OK, "application/proto", "\u{1}not protobuf")),
            "cannot find the dataset `my.scenes`: the response cannot be decoded: failed to decode Protobuf message: \
             invalid tag value: 0; update the client if the server is newer; otherwise the data or the connection is damaged",
        ),
        ErrorKind::Server => (
            refused(Code::Internal, "a disk is broken"),
            "cannot find the dataset `my.scenes`: a disk is broken; \
             try again later, and report it to the operator of the server if it persists",
        ),
        ErrorKind::NoExecutor => (
            without_executor(),
            "cannot find the dataset `my.scenes`: the executor dropped the task, or is not running; \
             use the client on the executor of its runtime crate",
        ),
        ErrorKind::Output => (
            datapoints().write(Format::GeoJson, Full).expect_err("there is no space"),
            "cannot write a table as geojson: no space left on device; \
             check the free space and the permissions of the file",
        ),
        ErrorKind::JobFailed => (
            canceled_job(),
            "cannot complete the job `clouds` (00000000-0000-0000-0000-000000000007): it was canceled; `retry` continues it",
        ),
        ErrorKind::Cache => (
            blocking::block_on(JobCache::new(NoCache, uuid::Uuid::from_u128(7)).get("mean")).expect_err("no cache"),
            "cannot read `mean` in the cache of job 00000000-0000-0000-0000-000000000007: the runner has no cache; \
             set one, such as `runner.cache(FolderCache::new(\"cache\"))`",
        ),
        ErrorKind::Storage => (
            unreadable_object(
                &StorageLocation::new(uuid::Uuid::from_u128(7), "Scenes", LocalFolder::new("/data")),
                "a.tif",
                "the disk is on fire".into(),
            ),
            "cannot read `a.tif` of the storage location `Scenes`: the disk is on fire; \
             check that this machine can read the storage location, and that the object still exists",
        ),
    }
}

/// A test for each kind.
macro_rules! kinds {
    ($($test:ident: $kind:ident;)*) => { $(
        #[test]
        fn $test() {
            let (error, line) = example(ErrorKind::$kind);
            assert_eq!(error.kind(), ErrorKind::$kind, "{error:?}");
            assert_eq!(error.to_string(), line);
            assert!(!error.advice().is_empty() && !error.reason().is_empty());
            // Only an error that the client itself found has no source.
            let is_found_by_client = matches!(error.kind(), ErrorKind::InvalidArgument | ErrorKind::JobFailed);
            assert!(std::error::Error::source(&error).is_some() || is_found_by_client);
        }
    )* };
}

kinds! {
    an_invalid_argument_shows_the_valid_form: InvalidArgument;
    a_missing_dataset_hints_at_name_and_account: NotFound;
    an_existing_name_hints_at_another_one: AlreadyExists;
    a_missing_key_links_to_the_page_of_keys: Unauthenticated;
    a_method_for_accounts_links_to_the_page_of_keys: LoginRequired;
    a_missing_permission_names_the_owner: PermissionDenied;
    a_failed_precondition_is_named: FailedPrecondition;
    an_exhausted_quota_hints_at_the_subscription: QuotaExceeded;
    a_rate_limit_hints_at_concurrency: TooManyRequests;
    a_timeout_names_the_settings_of_more_time: TimedOut;
    an_unreachable_server_is_named: Network;
    a_call_cancelled_by_the_server_may_be_repeated: Cancelled;
    an_unimplemented_method_hints_at_the_versions: Unimplemented;
    a_response_of_another_server_is_shown: UnexpectedResponse;
    an_undecodable_response_names_the_place: Undecodable;
    a_server_failure_is_quoted: Server;
    a_stopped_executor_is_named: NoExecutor;
    a_failed_output_shows_the_reason: Output;
    a_canceled_job_hints_at_a_retry: JobFailed;
    an_absent_cache_hints_at_the_setting: Cache;
    an_unreadable_object_is_named: Storage;
}

#[test]
fn an_invalid_key_differs_from_a_missing_one_and_is_hidden() {
    let refusing = || {
        MockTransport::new()
            .respond_with::<GetDataset>(|_| Err(connect::Error::new(Code::Unauthenticated, "invalid API key")))
    };
    let error = of_tilebox(refusing(), Some("secret"));
    assert_eq!(
        error.to_string(),
        "cannot find the dataset `my.scenes`: invalid API key; \
         check the API key: pass `token`, or set TILEBOX_API_KEY; create keys at \
         https://console.tilebox.com/settings/api-keys"
    );
    assert!(!format!("{error:?}").contains("secret"));
    assert!(of_tilebox(refusing(), None).advice().starts_with(&format!("create an API key at {API_KEYS_PAGE}")));
}

#[test]
fn a_dataset_hidden_from_anonymous_users_hints_at_a_key() {
    let nothing = MockTransport::new()
        .respond_with::<GetDataset>(|_| Err(connect::Error::new(Code::NotFound, "no such dataset")));
    let error = of_tilebox(nothing, None);
    assert_eq!(
        error.to_string(),
        "cannot find the dataset `my.scenes`: no such dataset; check the name; without an API key only open data is \
         visible: create keys at https://console.tilebox.com/settings/api-keys"
    );
}

#[test]
fn the_advice_of_a_transport_wins() {
    let script = MockTransport::new().respond_with::<ListDatasets>(|_| Ok(Default::default()));
    assert_eq!(
        find(script).to_string(),
        "cannot find the dataset `my.scenes`: the mock does not expect `datasets.v1.DatasetService/GetDataset`, only \
         `datasets.v1.DatasetService/ListDatasets`; add a response with `respond_once` or `respond_with`"
    );
    let scheme = |_| Err(TransportError::new(TransportErrorKind::Unsupported, "there is no way to gopher://"));
    assert!(find(Always(Box::new(scheme))).advice().starts_with("check the URL"));
}

#[test]
fn a_key_over_cleartext_is_refused_before_any_request() {
    let builder = |url: &str| {
        let parts = RuntimeParts::new("test", Arc::new(ShutDown));
        ClientBuilder::<crate::Client>::new(parts).url(url).transport(MockTransport::new())
    };
    for url in ["http://h:8080", "h:8080", "http://api.tilebox.com"] {
        let error = builder(url).token("secret").build().expect_err("a key in the clear");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(
            error.advice().contains("allow_key_over_cleartext") && !error.to_string().contains("secret"),
            "{error}"
        );
        assert!(builder(url).token("secret").allow_key_over_cleartext().build().is_ok());
        assert!(builder(url).anonymous().build().is_ok());
    }
    for url in ["http://localhost:8080", "127.0.0.1:8080", "api.tilebox.com:8443", "https://h", "unix:a.sock"] {
        assert!(builder(url).token("secret").build().is_ok(), "{url}");
    }
    let shown = format!("{:?}", builder("https://name:hidden@h/?key=hidden").token("hidden"));
    assert!(!shown.contains("hidden"), "{shown}");
}

#[test]
fn a_lost_response_to_a_write_differs_from_a_refused_connection() {
    let create = |kind: TransportErrorKind| {
        let server = Always(Box::new(move |_| Err(TransportError::new(kind, "no"))));
        let client: Client = testing::client_builder(server).build().expect("a client");
        client.create_dataset(&crate::DatasetDefinition::temporal("mine")).expect_err("no response")
    };
    let lost = create(TransportErrorKind::Interrupted);
    assert!(lost.may_have_happened() && lost.advice() == "check whether it happened before trying again", "{lost}");
    let refused = create(TransportErrorKind::Connect);
    assert!(!refused.may_have_happened() && refused.advice().starts_with("check the URL"), "{refused}");
}
