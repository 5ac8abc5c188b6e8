//! Measures the throughput of uncompressed pages over one connection, the upper bound of a client's benchmark.
//!
//! `cargo run --release -p tilebox-emulator --example serving_speed -- [datapoints]`

#![allow(clippy::unwrap_used, reason = "a measurement fails by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use prost::Message;
use prost_types::Timestamp;
use tilebox_core::protocol::wire::datasets::v1::{
    Dataset, GetDatasetRequest, QueryFilters, QueryRequest, QueryResultPage,
};
use tilebox_core::protocol::wire::tilebox::v1::{Pagination, TimeInterval};
use tilebox_emulator::{Catalogue, Emulator};

fn main() {
    let datapoints = std::env::args().nth(1).map_or(200_000, |number| number.parse().unwrap());

    let begin = Instant::now();
    let emulator = Emulator::builder().catalogue(Catalogue::new(datapoints)).start().unwrap();
    println!("{datapoints} datapoints generated in {:.2?}", begin.elapsed());

    let mut connection = BufReader::new(TcpStream::connect(emulator.address()).unwrap());
    let get = GetDatasetRequest { slug: "open_data.copernicus.sentinel2_msi".to_owned(), id: None };
    let dataset = post(&mut connection, "DatasetService/GetDataset", &get.encode_to_vec());
    let dataset_id = Dataset::decode(&dataset[..]).unwrap().id;

    for size in [500, 5_000] {
        let begin = Instant::now();
        let (mut pages, mut bytes) = (0, 0);
        let mut page = Some(Pagination { limit: Some(size), starting_after: None });
        while page.is_some() {
            let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
            let interval = TimeInterval { start_time: at(0), end_time: at(4_000_000_000), ..TimeInterval::default() };
            let filters = QueryFilters { time_interval: Some(interval), ..QueryFilters::default() };
            let dataset_id = dataset_id.clone();
            let query = QueryRequest { dataset_id, filters: Some(filters), page, ..QueryRequest::default() };
            let body = post(&mut connection, "DataAccessService/Query", &query.encode_to_vec());
            pages += 1;
            bytes += body.len();
            page = last_field(&body);
        }
        let seconds = begin.elapsed().as_secs_f64();
        let rate = bytes as f64 / seconds / 1e6;
        println!(
            "pages of {size}: {pages} in {seconds:.3} s, {:.1} MB each, {rate:.0} MB/s",
            bytes as f64 / f64::from(pages) / 1e6
        );
    }
}

/// Reads the next page without decoding the datapoints: it is the last field and takes less than 64 bytes.
fn last_field(page: &[u8]) -> Option<Pagination> {
    let tail = page.len().checked_sub(64)?;
    (tail..page.len()).find_map(|start| {
        let page = QueryResultPage::decode(&page[start..]).ok()?.next_page?;
        (page.limit.is_some() && page.starting_after.as_ref()?.uuid.len() == 16).then_some(page)
    })
}

fn post(connection: &mut BufReader<TcpStream>, method: &str, request: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /datasets.v1.{method} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/proto\r\n\
         accept-encoding: identity\r\ncontent-length: {}\r\n\r\n",
        request.len()
    );
    connection.get_mut().write_all(&[head.as_bytes(), request].concat()).unwrap();
    let mut length = 0;
    let mut line = String::new();
    while connection.read_line(&mut line).unwrap() > 2 {
        if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).unwrap();
    body
}
