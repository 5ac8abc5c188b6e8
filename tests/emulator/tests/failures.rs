//! Permissions, the rate limit, and faults of the network and of gateways.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use prost::Message;
use support::{call, post};
use tilebox_core::protocol::wire::datasets::v1::*;
use tilebox_emulator::{Builder, Catalogue, Emulator, ErrorCode, Fault, Permissions, Rpc};

const SLUG: &str = "open_data.copernicus.sentinel2_msi";
const GET: &str = "/datasets.v1.DatasetService/GetDataset";

fn builder() -> Builder {
    Emulator::builder().catalogue(Catalogue::new(10))
}

fn get() -> GetDatasetRequest {
    GetDatasetRequest { slug: SLUG.to_owned(), id: None }
}

/// Sends a request. Returns the bytes of the response until the connection ends.
fn raw(emulator: &Emulator) -> Vec<u8> {
    let body = get().encode_to_vec();
    let head = format!(
        "POST {GET} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/proto\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(emulator.address()).unwrap();
    stream.write_all(&[head.as_bytes(), &body].concat()).unwrap();
    let mut reply = Vec::new();
    // The connection may be reset.
    let _ = stream.read_to_end(&mut reply);
    reply
}

#[test]
fn each_token_has_its_permissions() {
    let emulator = builder()
        .writable(true)
        .token("reader", Permissions::READ)
        .token("writer", Permissions::READ_AND_WRITE)
        .token("guest", Permissions::NONE)
        .start()
        .unwrap();
    let status = |token: &str, path: &str, request: &dyn Fn() -> Vec<u8>| {
        let request = Raw(request());
        post(&emulator, path, &request, &format!("authorization: Bearer {token}\r\n")).status
    };
    let dataset = Dataset::decode(post(&emulator, &format!("/public{GET}"), &get(), "").body).unwrap();
    assert_eq!(dataset.permissions, [1], "a public path permits reading");
    let query = || {
        QueryByIdRequest { id: dataset.id.clone(), dataset_id: dataset.id.clone(), ..Default::default() }
            .encode_to_vec()
    };
    let create = || CreateCollectionRequest { dataset_id: dataset.id.clone(), name: "mine".to_owned() }.encode_to_vec();
    let edit = || {
        UpdateDatasetRequest { id: dataset.id.clone(), name: Some("New".to_owned()), ..Default::default() }
            .encode_to_vec()
    };
    let own = || CreateDatasetRequest::default().encode_to_vec();
    let paths = [
        "/datasets.v1.DataAccessService/QueryByID",
        "/datasets.v1.CollectionService/CreateCollection",
        "/datasets.v1.DatasetService/UpdateDataset",
        "/datasets.v1.DatasetService/CreateDataset",
    ];
    let requests: [&dyn Fn() -> Vec<u8>; 4] = [&query, &create, &edit, &own];
    for (token, expected) in
        [("reader", [404, 403, 403, 403]), ("writer", [404, 200, 403, 403]), ("guest", [403; 4]), ("unknown", [401; 4])]
    {
        let found = [0, 1, 2, 3].map(|index| status(token, paths[index], requests[index]));
        assert_eq!(found, expected, "{token}");
    }
    let seen = post(&emulator, GET, &get(), "authorization: Bearer guest\r\n");
    assert!(Dataset::decode(seen.body).unwrap().permissions.is_empty());
}

/// An encoded request.
#[derive(Debug, Default)]
struct Raw(Vec<u8>);

impl Message for Raw {
    fn encode_raw(&self, buf: &mut impl bytes::BufMut) {
        buf.put_slice(&self.0);
    }

    fn merge_field(
        &mut self,
        _: u32,
        _: prost::encoding::WireType,
        _: &mut impl bytes::Buf,
        _: prost::encoding::DecodeContext,
    ) -> Result<(), prost::DecodeError> {
        Ok(())
    }

    fn encoded_len(&self) -> usize {
        self.0.len()
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

#[test]
fn requests_beyond_the_rate_limit_get_retry_after() {
    let emulator = builder().rate_limit(2).start().unwrap();
    assert_eq!(post(&emulator, GET, &get(), "").status, 200);
    // A slow machine can need more than a second for two requests, but not every time.
    let limited = (0..1000).map(|_| post(&emulator, GET, &get(), "")).find(|reply| reply.status == 429);
    assert_eq!(limited.expect("more than two requests per second").header("retry-after"), Some("1"));
    assert!(builder().rate_limit(0).start().is_err());
}

#[test]
fn injected_faults_drop_connections_and_truncate_bodies() {
    let emulator = builder().fault(Fault::dropped_connection()).fault(Fault::truncated_body()).start().unwrap();
    assert_eq!(raw(&emulator), b"", "no response at all");
    let truncated = raw(&emulator);
    let end = truncated.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head") + 4;
    let head = String::from_utf8_lossy(&truncated[..end]).to_lowercase();
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let announced: usize =
        head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
    assert_eq!(truncated.len() - end, announced / 2);
    let whole: Dataset = call(&emulator, "DatasetService/GetDataset", &get());
    assert_eq!(whole.slug, SLUG);
}

#[test]
fn injected_faults_send_html_of_a_gateway() {
    let emulator = builder().fault("html:502,times=2,retry-after=7".parse().unwrap()).start().unwrap();
    for _ in 0..2 {
        let page = post(&emulator, GET, &get(), "");
        assert_eq!((page.status, page.header("retry-after")), (502, Some("7")));
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(page.text().contains("<h1>Bad Gateway</h1>"));
    }
    assert_eq!(post(&emulator, GET, &get(), "").status, 200);
}

#[test]
fn a_delay_slows_only_its_method() {
    const DELAY: Duration = Duration::from_millis(200);
    let emulator = builder().start().unwrap();
    emulator.inject(Fault::delay(Duration::from_secs(3600)).on(Rpc::ListDatasets).times(usize::MAX));
    emulator.inject(Fault::delay(DELAY).on(Rpc::GetDataset).after(1));
    assert_eq!(post(&emulator, GET, &get(), "").status, 200, "served before the fault begins");
    let began = Instant::now();
    let delayed: Dataset = call(&emulator, "DatasetService/GetDataset", &get());
    assert!(began.elapsed() >= DELAY);
    assert_eq!(delayed.slug, SLUG);
}

#[test]
fn an_unimplemented_method_is_http_404_over_connect() {
    let emulator = builder().fault(Fault::rpc(ErrorCode::Unimplemented, "not yet")).start().unwrap();
    let reply = post(&emulator, GET, &get(), "");
    assert_eq!((reply.status, reply.header("content-type")), (404, Some("application/json")));
    assert_eq!(reply.text(), r#"{"code":"unimplemented","message":"not yet"}"#);
}
