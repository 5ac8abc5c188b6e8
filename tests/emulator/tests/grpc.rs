//! The emulator behind a gRPC client over HTTP/2 with prior knowledge.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use bytes::{BufMut, Bytes};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use tilebox_core::protocol::wire::datasets::v1::{Dataset, GetDatasetRequest};
use tilebox_emulator::{Catalogue, Emulator, ErrorCode, Fault};

/// Calls GetDataset. Returns the framed message, if any, and the trailers. Those of an error are its headers, without which
/// the official clients do not retry.
async fn get_dataset(emulator: &Emulator, slug: &str) -> (Bytes, HeaderMap) {
    let stream = tokio::net::TcpStream::connect(emulator.address()).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);

    let message = GetDatasetRequest { slug: slug.to_owned(), id: None }.encode_to_vec();
    let mut frame = vec![0];
    frame.put_u32(u32::try_from(message.len()).unwrap());
    frame.extend(message);
    let request = Request::post(format!("{}/datasets.v1.DatasetService/GetDataset", emulator.url()))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Full::new(Bytes::from(frame)))
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let headers = response.headers().clone();
    let body = response.into_body().collect().await.unwrap();
    let trailers = body.trailers().cloned();
    assert_eq!(trailers.is_none(), headers.contains_key("grpc-status"), "errors have no trailers");
    (body.to_bytes(), trailers.unwrap_or(headers))
}

#[test]
fn grpc_is_served_on_the_same_port() {
    let emulator = Emulator::builder().catalogue(Catalogue::new(10)).start().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let slug = "open_data.copernicus.sentinel2_msi";
        let (frame, trailers) = get_dataset(&emulator, slug).await;
        assert_eq!(trailers.get("grpc-status").unwrap(), "0");
        assert_eq!(frame[0], 0, "not compressed, because the client accepts no encoding");
        assert_eq!(Dataset::decode(&frame[5..]).unwrap().slug, slug);

        let (frame, trailers) = get_dataset(&emulator, "no.such").await;
        assert_eq!(frame, "");
        assert_eq!(trailers.get("grpc-status").unwrap(), "5");
        assert_eq!(trailers.get("grpc-message").unwrap(), "no such dataset");

        emulator.inject(Fault::rpc(ErrorCode::Unimplemented, "not yet"));
        let (_, trailers) = get_dataset(&emulator, slug).await;
        assert_eq!(trailers.get("grpc-status").unwrap(), "12", "gRPC keeps its status");
    });
}
