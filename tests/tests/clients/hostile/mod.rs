//! Servers and middleboxes that send malformed responses: no datapoint is lost, no secret is shown, and no response is
//! misread.

mod middlebox;

use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;
use tilebox_core::protocol::wire::datasets::v1::QueryResultPage;
use tilebox_core::{Client, Collection, Error, ErrorKind};
use tilebox_emulator::{ErrorCode, Fault, Rpc};
use uuid::Uuid;

use super::{COLLECTION, DATASET, Setting};
use middlebox::{Corruption, Middlebox, Passage};

const EVERYTHING: (&str, &str) = ("2000-01-01", "2100-01-01");
const KEY: &str = "very-secret-key";
/// The lines of a good response before its length.
const GOOD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/proto\r\n";

async fn collection(client: &Client) -> Collection {
    let dataset = client.dataset(DATASET).await.expect("a dataset");
    dataset.collection(COLLECTION).await.expect("a collection")
}

/// Returns all ids of a load of several pages.
async fn load(client: &Client) -> Result<Vec<Uuid>, Error> {
    let query = collection(client).await.query(EVERYTHING).page_size(200).skip_data();
    Ok(query.await?.ids().collect())
}

/// Asserts that a load is complete although its second page is corrupted once.
async fn corrupted_once(
    setting: &Setting,
    how: &str,
    corrupt: impl Fn(&Passage) -> Corruption + Send + Sync + 'static,
) {
    let all = load(&setting.client).await.expect("a load");
    let middlebox = Middlebox::new(setting.emulator.address(), "Query", 1, 1, corrupt);
    // Page after page, so that the second one is not the last.
    let builder = setting.builder().url(middlebox.url()).concurrency(1).attempt_timeout(Duration::from_secs(2));
    let client = builder.build().expect("a client");
    let loaded = load(&client).await.unwrap_or_else(|error| panic!("{how}: {error}"));
    assert_eq!(middlebox.corrupted(), 1, "{how}");
    assert!(loaded == all, "{how}: {} of {} datapoints", loaded.len(), all.len());
}

/// Returns the error of a load whose pages are all corrupted.
async fn permanently_corrupted(client: &Client, middlebox: &Middlebox) -> Error {
    let error = load(client).await.expect_err("every page is corrupted");
    assert!(middlebox.corrupted() > 0);
    error
}

/// Asserts that an error is one line without control characters of terminals.
fn assert_plain(error: &Error) {
    let line = error.to_string();
    let acts = |character: char| character.is_control() || character == '\u{202e}';
    assert!(!line.contains(acts) && !format!("{error:?}").contains(acts), "{line:?}");
}

fn with_length(message: &[u8], more: &str) -> Vec<u8> {
    [format!("{GOOD}{more}content-length: {}\r\n\r\n", message.len()).as_bytes(), message].concat()
}

fn without_length(message: &[u8]) -> Vec<u8> {
    [format!("{GOOD}\r\n").as_bytes(), message].concat()
}

/// A missing or incomplete response does not end a load, even when its bytes decode.
pub(crate) async fn a_truncated_page_never_shortens_a_load(setting: Setting) {
    corrupted_once(&setting, "an empty message", |_| Corruption::Kept(with_length(b"", ""))).await;
    corrupted_once(&setting, "an empty message without a length", |_| Corruption::Closed(without_length(b""))).await;
    corrupted_once(&setting, "no response", |_| Corruption::Closed(Vec::new())).await;
    corrupted_once(&setting, "half a message", |right| {
        Corruption::Closed(without_length(&right.message[..right.message.len() / 2]))
    })
    .await;
    corrupted_once(&setting, "a message without its cursor", |right| {
        let page = QueryResultPage::decode(right.message.as_slice()).expect("a page");
        assert!(page.data.is_some() && page.next_page.is_some(), "another page follows");
        Corruption::Closed(without_length(&QueryResultPage { next_page: None, ..page }.encode_to_vec()))
    })
    .await;
}

/// A long head, two lengths, and endless interim responses.
pub(crate) async fn an_unusual_head_loses_no_datapoint(setting: Setting) {
    let lines =
        |count| -> String { (0..count).map(|number| format!("x-h{number}: {}\r\n", "a".repeat(900))).collect() };
    let usual = lines(30);
    corrupted_once(&setting, "a head of 27 kB", move |right| Corruption::Kept(with_length(&right.message, &usual)))
        .await;
    corrupted_once(&setting, "chunks and another length", |right| {
        let head =
            format!("{GOOD}content-length: 7\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n", right.message.len());
        Corruption::Closed([head.as_bytes(), &right.message, b"\r\n0\r\n\r\n"].concat())
    })
    .await;
    corrupted_once(&setting, "100 Continue without end", |_| Corruption::Endless(b"HTTP/1.1 100 Continue\r\n\r\n"))
        .await;
}

/// Some backends do not read a head of this length: the load is complete, or an error names the cause after one attempt.
pub(crate) async fn a_long_head_is_read_or_reported_after_one_attempt(setting: Setting) {
    let all = load(&setting.client).await.expect("a load");
    let lines: String = (0..80).map(|number| format!("x-h{number}: {}\r\n", "a".repeat(900))).collect();
    let middlebox = Middlebox::new(setting.emulator.address(), "Query", 0, usize::MAX, move |right| {
        Corruption::Kept(with_length(&right.message, &lines))
    });
    let client = setting.builder().url(middlebox.url()).concurrency(1).build().expect("a client");
    match load(&client).await {
        Ok(loaded) => assert!(loaded == all),
        Err(error) => {
            let line = error.to_string();
            assert!(line.contains("head is too large; look for what adds headers on the way"), "{line}");
            assert_eq!(middlebox.corrupted(), 1, "another attempt would have as long a head: {line}");
        }
    }
}

/// The server reports the error itself: it restarts, or its own deadline has passed.
pub(crate) async fn a_transient_page_error_ends_no_load(setting: Setting) {
    let all = load(&setting.client).await.expect("a load");
    for code in [ErrorCode::Unavailable, ErrorCode::DeadlineExceeded] {
        setting.emulator.inject(Fault::rpc(code, "transient").on(Rpc::Query).after(1).times(2));
        let before = setting.emulator.requests().of(Rpc::Query);
        assert!(load(&setting.client).await.expect("a load") == all, "{code:?}");
        assert!(setting.emulator.requests().of(Rpc::Query) >= before + 2, "{code:?}");
    }
}

/// An unknown field with zeros precedes the known ones.
pub(crate) async fn an_expanding_page_beyond_the_limit_is_refused(setting: Setting) {
    const LIMIT: usize = 1 << 20;
    let all = load(&setting.client).await.expect("a load");
    for (zeros, is_read) in [(LIMIT / 2, true), (8 * LIMIT, false)] {
        let mut padding = vec![15 << 3 | 2];
        prost::encode_length_delimiter(zeros, &mut padding).expect("memory");
        padding.resize(padding.len() + zeros, 0);
        let padding = Arc::new(padding);
        let middlebox = Middlebox::new(setting.emulator.address(), "Query", 0, usize::MAX, move |right| {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            let written = [padding.as_slice(), &right.message]
                .iter()
                .try_for_each(|part| std::io::Write::write_all(&mut gzip, part));
            written.expect("memory");
            Corruption::Kept(with_length(&gzip.finish().expect("memory"), "content-encoding: gzip\r\n"))
        });
        let client = setting.builder().url(middlebox.url()).message_limit(LIMIT).build().expect("a client");
        if is_read {
            assert!(load(&client).await.expect("a load") == all);
            continue;
        }
        let line = permanently_corrupted(&client, &middlebox).await.to_string();
        assert!(line.contains(&format!("longer than the limit of {LIMIT} bytes")), "{line}");
        assert!(!line.contains("attempts"), "another attempt would get the same: {line}");
    }
}

/// Following the redirect would send the key to another server.
pub(crate) async fn a_redirect_of_a_page_names_its_target(setting: Setting) {
    let target = setting.emulator.url();
    let head = format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {target}/elsewhere\r\ncontent-length: 0\r\n\r\n");
    let middlebox = Middlebox::new(setting.emulator.address(), "Query", 0, usize::MAX, move |_| {
        Corruption::Kept(head.clone().into())
    });
    let client = setting.builder().url(middlebox.url()).build().expect("a client");
    let error = permanently_corrupted(&client, &middlebox).await;
    let line = error.to_string();
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{line}");
    assert!(line.contains(&format!("redirects to `{target}/elsewhere` (HTTP 307)")), "{line}");
    assert!(!line.contains("attempts"), "{line}");
}

/// The text has escape sequences of terminals, a forged line, and a mark that reverses the direction of text.
pub(crate) async fn a_server_error_prints_as_one_plain_line(setting: Setting) {
    let text = "no such thing\u{1b}[2J\u{1b}]0;owned\u{7}\nerror: \u{1b}[31msecond line\u{202e}";
    for rpc in [Rpc::Query, Rpc::GetDataset] {
        setting.emulator.inject(Fault::rpc(ErrorCode::InvalidArgument, text).on(rpc));
        let error = match rpc {
            Rpc::Query => load(&setting.client).await.expect_err("a refused load"),
            _ => setting.client.dataset(DATASET).await.expect_err("a refused dataset"),
        };
        assert!(error.to_string().contains("no such thing") && error.to_string().contains("second line"), "{error}");
        assert_plain(&error);
    }
}

/// Some gateways quote the request in their error page.
pub(crate) async fn a_gateway_that_quotes_the_key_reveals_nothing(setting: Setting) {
    let middlebox = Middlebox::new(setting.emulator.address(), "Query", 0, usize::MAX, |right| {
        let quoted = right.head.lines().find(|line| line.to_ascii_lowercase().starts_with("authorization:"));
        let page = format!("<pre>{}</pre>", quoted.expect("the request has a key"));
        assert!(page.contains(KEY));
        let head =
            format!("HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\r\n", page.len());
        Corruption::Kept((head + &page).into())
    });
    let client = setting.builder().token(KEY).url(middlebox.url()).build().expect("a client");
    let error = permanently_corrupted(&client, &middlebox).await;
    assert_eq!(error.kind(), ErrorKind::Network, "{error}");
    let mut shown = format!("{error} {error:?}");
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        shown.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    assert!(shown.contains("502") && !shown.contains(KEY), "{shown}");
}
