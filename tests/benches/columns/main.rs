//! The speed of decoding pages to columns, compared with other decoders of the same bytes, on one core.
//!
//! `cargo bench -p tilebox-tests --bench columns` prints a table for each shape of page: the median of many runs of
//! each decoder, and its ratio to the decoder of this project. An argument (`-- recorded`) selects shapes by a part of
//! their name.
//!
//! The recorded shape uses the recordings if they exist, otherwise a generated page. The official Python client takes part
//! if the interpreter `TILEBOX_PYTHON` (default `python3`) has it installed.
//!
//! | file | contents |
//! |---|---|
//! | `shapes` | the measured pages |
//! | `ways` | the other decoders |
//! | `structs` | the messages of the shapes as compile-time structs of prost |
//! | `measure` | medians and the table |
//! | `peer` | the official Python client |

#![expect(clippy::expect_used, reason = "a benchmark fails by panicking")]

mod measure;
mod peer;
mod shapes;
mod structs;
mod ways;

use std::hint::black_box;

use tilebox_core::columns::PageDecoder;
use tilebox_core::protocol::connect::gzip;

use crate::measure::Table;
use crate::shapes::Shape;

/// The limit of a decompressed page, in bytes.
const LIMIT: usize = 512 << 20;

fn main() {
    // Cargo passes `--bench` to every benchmark.
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    for shape in shapes::all() {
        if wanted.as_ref().is_none_or(|wanted| shape.name.contains(wanted.as_str())) {
            measure(&shape);
        }
    }
}

fn measure(shape: &Shape) {
    let page = &shape.page;
    let decoder = PageDecoder::new(&shape.schema).expect("a decoder");
    let datapoints = decoder.decode_page(page).expect("a page").batch.num_rows();
    let mut table = Table::new(shape.name, datapoints, page.len());

    table.add("decoder, all columns", || drop(black_box(decoder.decode_page(black_box(page)))));
    let projected = PageDecoder::with_columns(&shape.schema, &shape.projection).expect("a decoder");
    let name = format!("decoder, {} columns", shape.projection.len());
    table.add(&name, || drop(black_box(projected.decode_page(black_box(page)))));

    let nesting = ways::Nesting::of_page(&shape.schema);
    table.add("plain nested walk", || {
        black_box(nesting.walk(black_box(page)));
    });
    let mut copy = vec![0; page.len()];
    table.add("memcpy", || black_box(&mut copy).copy_from_slice(black_box(page)));
    if let Some(decode) = shape.structs {
        table.add("prost structs", || decode(black_box(page)));
    }
    let reflection = ways::Reflection::new(&shape.annotated);
    table.add("prost-reflect", || reflection.decode(black_box(page)));

    let compressed = ways::gzip(page);
    let decompress = || drop(black_box(gzip::decompress(black_box(&compressed), LIMIT)));
    table.add("gzip, as the client reads it", decompress);
    let mut output = Vec::with_capacity(page.len() + 64);
    table.add("gzip, zlib-rs in one call", || ways::inflate_at_once(black_box(&compressed), &mut output));
    table.add("gzip, zlib-rs in steps", || ways::inflate_in_steps(black_box(&compressed), &mut output));
    let mut decompressor = libdeflater::Decompressor::new();
    let mut output = vec![0; page.len()];
    table.add("gzip, libdeflate, warm memory", || {
        black_box(decompressor.gzip_decompress(black_box(&compressed), &mut output)).expect("whole gzip");
    });

    match peer::measure(shape) {
        Ok(seconds) => table.add_measured("official Python client", seconds),
        Err(reason) => table.note(&format!("no official Python client: {reason}")),
    }
    table.print();
}
