//! A client without an executor, over ureq: `cargo run -p tilebox-backends --example ureq`.
//!
//! The client runs on the thread of `main` and queries a local server.

mod send;

use std::error::Error;

use tilebox_backends::function;
use tilebox_emulator::{Catalogue, Emulator};

fn main() -> Result<(), Box<dyn Error>> {
    let server = Emulator::builder().catalogue(Catalogue::new(2_000)).start()?;
    let client = function::client_builder(send::by_ureq()).url(server.url()).anonymous().build()?;

    let dataset = client.dataset("open_data.copernicus.sentinel2_msi")?;
    println!("{dataset}");
    for collection in dataset.collections()? {
        println!("  {collection}");
    }
    let mut count = 0;
    for page in dataset.query(("2000-01-01", "2100-01-01")).page_size(500).pages() {
        let page = page?;
        count += page.len();
        println!("a page of {} datapoints", page.len());
    }
    println!("{count} datapoints");
    Ok(())
}
