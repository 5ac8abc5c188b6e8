//! Responses that end early: only END_STREAM, the announced length or the last chunk completes one.

use bytes::Bytes;
use http::Response;
use tilebox_core::protocol::exchange::{TransportError, TransportErrorKind};

use super::backend::{Backend, exchange, generous, get, post, within};
use super::frames::{Code, FrameServer, Frames};
use super::server::Server;

/// A body whose truncation here decodes as a message.
const PART: &[u8] = b"a part of the body";

/// The response to a request over HTTP/2.
fn respond<B: Backend>(
    respond: impl Fn(&Frames, u32) + Send + Sync + 'static,
) -> Option<Result<Response<Bytes>, TransportError>> {
    let server = FrameServer::start(100, move |frames, arrival| respond(frames, arrival.stream));
    let transport = B::http2_prior_knowledge()?;
    let exchange = transport.send(post(server.address(), "body"), generous());
    Some(B::block_on(within::<B, _>(exchange)))
}

fn is_interrupted(response: Option<Result<Response<Bytes>, TransportError>>) {
    let Some(response) = response else { return };
    let error = response.expect_err("an incomplete response");
    assert_eq!(error.kind(), TransportErrorKind::Interrupted, "{error}");
}

/// The server can mean that it needs no more of the request, but only after a complete response (RFC 9113, section 8.1).
pub fn a_body_reset_without_error_is_interrupted<B: Backend>() {
    is_interrupted(respond::<B>(|frames, stream| {
        frames.head(stream, &[]);
        frames.data(stream, PART);
        frames.reset(stream, Code::NoError);
    }));
}

/// Without a body. A backend that does not see the end takes the body for empty, which core does not accept as a page.
pub fn a_head_reset_without_error_is_interrupted<B: Backend>() {
    for fields in [&[][..], &[("content-encoding", "gzip")]] {
        let response = respond::<B>(|frames, stream| {
            frames.head(stream, fields);
            frames.reset(stream, Code::NoError);
        });
        match response {
            Some(Ok(response)) if !B::SEES_THE_END_OF_A_STREAM => assert!(response.body().is_empty()),
            response => is_interrupted(response),
        }
    }
}

/// Servers do not announce its length.
pub fn an_empty_body_over_http_2_is_whole<B: Backend>() {
    let response = respond::<B>(|frames, stream| {
        frames.head(stream, &[]);
        frames.end(stream, b"");
    });
    let Some(response) = response else { return };
    assert!(response.expect("the response is whole").body().is_empty());
}

/// With any error code.
pub fn a_body_reset_with_an_error_is_interrupted<B: Backend>() {
    for code in [Code::Cancel, Code::InternalError] {
        is_interrupted(respond::<B>(move |frames, stream| {
            frames.head(stream, &[("content-length", "1000")]);
            frames.data(stream, PART);
            frames.reset(stream, code);
        }));
    }
}

/// The body is shorter than announced.
pub fn a_body_below_its_length_is_interrupted<B: Backend>() {
    is_interrupted(respond::<B>(|frames, stream| {
        frames.head(stream, &[("content-length", "1000")]);
        frames.data(stream, PART);
        frames.reset(stream, Code::NoError);
    }));
}

/// The reset ends the rest of the request.
pub fn a_response_reset_after_its_end_is_whole<B: Backend>() {
    let response = respond::<B>(|frames, stream| {
        frames.respond(stream, PART);
        frames.reset(stream, Code::NoError);
    });
    let Some(response) = response else { return };
    assert_eq!(response.expect("the response is whole").body(), PART);
}

/// It ends with the HTTP/2 stream, or with its gzip stream for a backend that does not see the former.
pub fn a_response_without_a_length_is_whole_at_its_end<B: Backend>() {
    for encoding in ["identity", "gzip"] {
        let response = respond::<B>(move |frames, stream| {
            frames.head(stream, &[("content-encoding", encoding)]);
            frames.data(stream, &PART[..7]);
            frames.end(stream, &PART[7..]);
        });
        let Some(response) = response else { return };
        if encoding == "gzip" || B::SEES_THE_END_OF_A_STREAM {
            assert_eq!(response.expect("the response is whole").body(), PART, "{encoding}");
        } else {
            is_interrupted(Some(response));
        }
    }
}

/// Over HTTP/1.1 a body without a length ends with its connection, and so does a truncated one.
pub fn a_message_ended_by_closing_is_interrupted<B: Backend>() {
    let server = Server::saying("HTTP/1.1 200 OK\r\n\r\na part of the body");
    is_interrupted(Some(exchange::<B>(get(&server.at("/")), generous())));
}

/// The page of a gateway can be truncated, because its status is enough.
pub fn an_error_ended_by_closing_is_a_response<B: Backend>() {
    let server = Server::saying("HTTP/1.1 502 Bad Gateway\r\n\r\na part of the body");
    let response = exchange::<B>(get(&server.at("/")), generous()).expect("the gateway responds");
    assert_eq!((response.status().as_u16(), &response.body()[..]), (502, PART));
}
