//! The body of an export (OTLP/HTTP, "Binary Protobuf Encoding"), and the records in it.

use std::io::Read;
use std::sync::Arc;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use prost::Message;
use tilebox_core::protocol::wire::opentelemetry::proto::logs::v1::{LogRecord, LogsData};
use tilebox_core::protocol::wire::opentelemetry::proto::trace::v1::{Span, TracesData};

use super::record::{Origin, Stored};

/// The largest message of an export, in bytes.
pub(crate) const MAXIMUM_MESSAGE_BYTES: usize = 64 << 20;

/// Returns the message of a body; `None` if it is too large, malformed or has an unknown encoding.
pub(super) fn decompress(encoding: Option<&[u8]>, body: Bytes) -> Option<Bytes> {
    match encoding {
        None | Some(b"identity" | b"") => (body.len() <= MAXIMUM_MESSAGE_BYTES).then_some(body),
        Some(b"gzip") => {
            let mut message = Vec::new();
            let mut decoder = MultiGzDecoder::new(&body[..]).take(MAXIMUM_MESSAGE_BYTES as u64 + 1);
            decoder.read_to_end(&mut message).ok()?;
            (message.len() <= MAXIMUM_MESSAGE_BYTES).then(|| message.into())
        }
        Some(_) => None,
    }
}

/// Returns the log records of an export request, none if it is malformed. The request has the fields of `LogsData`.
pub(super) fn logs(message: Bytes, now: u64) -> Vec<Stored<LogRecord>> {
    let mut records = Vec::new();
    for exported in LogsData::decode(message).unwrap_or_default().resource_logs {
        for scoped in exported.scope_logs {
            let origin = Arc::new(Origin {
                resource: exported.resource.clone(),
                resource_schema: exported.schema_url.clone(),
                scope: scoped.scope,
                scope_schema: scoped.schema_url,
            });
            records.extend(Stored::all(&origin, scoped.log_records, now));
        }
    }
    records
}

/// Returns the spans of an export request, none if it is malformed. The request has the fields of `TracesData`.
pub(super) fn spans(message: Bytes, now: u64) -> Vec<Stored<Span>> {
    let mut records = Vec::new();
    for exported in TracesData::decode(message).unwrap_or_default().resource_spans {
        for scoped in exported.scope_spans {
            let origin = Arc::new(Origin {
                resource: exported.resource.clone(),
                resource_schema: exported.schema_url.clone(),
                scope: scoped.scope,
                scope_schema: scoped.schema_url,
            });
            records.extend(Stored::all(&origin, scoped.spans, now));
        }
    }
    records
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).expect("gzip");
        encoder.finish().expect("gzip").into()
    }

    #[test]
    fn a_body_is_decompressed_within_limits() {
        let body = Bytes::from_static(b"message");
        for encoding in [None, Some(&b""[..]), Some(b"identity")] {
            assert_eq!(decompress(encoding, body.clone()), Some(body.clone()));
        }
        assert_eq!(decompress(Some(b"gzip"), gzip(&body)), Some(body.clone()));
        assert_eq!(decompress(Some(b"gzip"), body.clone()), None, "not gzip");
        assert_eq!(decompress(Some(b"gzip"), gzip(&body).slice(..10)), None, "truncated");
        assert_eq!(decompress(Some(b"zstd"), body), None);
        assert_eq!(decompress(Some(b"gzip"), gzip(&vec![0; MAXIMUM_MESSAGE_BYTES + 1])), None, "too large");
    }

    proptest::proptest! {
        #[test]
        fn malformed_exports_have_no_records(bytes: Vec<u8>) {
            // Random bytes may be a message with unknown fields, but its records need a well-formed nesting.
            let _ = (logs(bytes.clone().into(), 1), spans(bytes.into(), 1));
        }
    }
}
