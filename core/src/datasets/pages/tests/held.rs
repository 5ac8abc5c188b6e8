//! The memory of a load: responses that expand to many times their size are decoded one at a time.

use std::collections::VecDeque;

use super::*;
use crate::protocol::connect::gzip;

/// Bytes that a load may hold.
const ROOM: usize = 2 << 20;
/// Bytes that one response expands to.
const EXPANDED: usize = 4 << 20;

/// Returns a response with an unknown field of zeros before these datapoints.
fn bomb(ids: &[u128]) -> Response<Bytes> {
    let length = EXPANDED as u64;
    let mut message = vec![0x7a];
    prost::encoding::encode_varint(length, &mut message);
    message.resize(message.len() + EXPANDED, 0);
    message.extend_from_slice(page_of(ids, None).body());
    let response = Response::builder().header("content-type", connect::CONTENT_TYPE);
    response.header("content-encoding", "gzip").body(gzip::compress(&message)).expect("a response")
}

fn held(pages: &Pages, decoding: &VecDeque<EncodedPage>) -> usize {
    let expanded = decoding.iter().map(|page| page.room.min(EXPANDED));
    pages.plan.backlog().bytes + expanded.sum::<usize>()
}

#[test]
fn expanding_responses_are_held_one_at_a_time() {
    for in_order in [true, false] {
        let mut pages = pages(Paging { in_order, read_ahead: ReadAhead::new(96, ROOM), ..known(1000) });
        let (mut decoding, mut given, mut most) = (VecDeque::new(), 0, 0);
        let mut requests = 0_u128;
        loop {
            match pages.poll_output(NOW) {
                Output::Send(exchange) => {
                    requests += 1;
                    let first = first_id(&exchange);
                    let response = bomb(&[first, first + 1]);
                    assert!(response.body().len() < EXPANDED / 100);
                    reply(&mut pages, &exchange, response);
                }
                Output::Item(Ok(PageEvent::Decode(page))) => decoding.push_back(page),
                Output::Item(Err(error)) => panic!("{error}"),
                Output::Item(Ok(PageEvent::Page(page))) => given += page.batch.num_rows() as u128,
                Output::Done => break,
                Output::WaitUntil(_) | Output::WaitForResponses => {
                    most = most.max(held(&pages, &decoding));
                    let page = decoding.pop_front().expect("a page is being decoded");
                    pages.handle_decoded(NOW, page.decode());
                }
            }
        }
        assert_eq!(given, 2 * requests);
        assert!(requests >= 10 && most >= EXPANDED, "{requests} requests, {most} bytes");
        assert!(most <= ROOM + EXPANDED, "{most} bytes are held at once, in order {in_order}");
    }
}
