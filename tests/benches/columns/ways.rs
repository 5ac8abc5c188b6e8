//! The other decoders.

use std::hint::black_box;
use std::io::{Read, Write};

use bytes::Bytes;
use flate2::{Compression, Decompress, FlushDecompress};
use prost::Message;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use tilebox_core::protocol::wire::datasets::v1::{AnnotatedType, QueryResultPage};
use tilebox_core::schema::{DatasetSchema, MessageType, ValueType};

/// The numbers of the fields of a message that are messages, which is enough to walk it.
pub(crate) struct Nesting {
    inner: Vec<Option<Nesting>>,
}

impl Nesting {
    /// Returns the nesting of a page of datapoints.
    pub(crate) fn of_page(schema: &DatasetSchema) -> Self {
        let datapoint = Self::of(schema, schema.datapoint());
        let data = Self { inner: vec![None, None, Some(datapoint)] };
        let next = Self { inner: Vec::new() };
        Self { inner: vec![None, Some(data), Some(next)] }
    }

    fn of(schema: &DatasetSchema, message: &MessageType) -> Self {
        let mut inner = Vec::new();
        for field in message.fields() {
            if let ValueType::Message(_) = field.value_type()
                && let Some(message) = schema.message_type(field).filter(|message| !message.is_recursive())
            {
                let number = field.number() as usize;
                inner.resize_with(inner.len().max(number + 1), || None);
                inner[number] = Some(Self::of(schema, message));
            }
        }
        Self { inner }
    }

    /// Reads every tag and length, also inside messages, and only counts them.
    pub(crate) fn walk(&self, mut input: &[u8]) -> Option<usize> {
        let mut count = 0;
        while !input.is_empty() {
            let tag = varint(&mut input)?;
            count += 1;
            match tag & 7 {
                0 => drop(varint(&mut input)?),
                1 => input = input.get(8..)?,
                2 => {
                    let length = usize::try_from(varint(&mut input)?).ok()?;
                    let (value, rest) = input.split_at_checked(length)?;
                    if let Some(Some(inner)) = self.inner.get((tag >> 3) as usize) {
                        count += inner.walk(value)?;
                    }
                    input = rest;
                }
                5 => input = input.get(4..)?,
                _ => return None,
            }
        }
        Some(count)
    }
}

#[inline]
fn varint(input: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = input.split_first()?;
        *input = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Messages of types known at run time.
pub(crate) struct Reflection {
    datapoint: MessageDescriptor,
}

impl Reflection {
    pub(crate) fn new(annotated: &AnnotatedType) -> Self {
        let datapoint = tilebox_tests::reflection::datapoint(annotated);
        Self { datapoint }
    }

    pub(crate) fn decode(&self, page: &Bytes) {
        let page = QueryResultPage::decode(page.clone()).expect("a page");
        let values = page.data.expect("data").value;
        let decode = |value: Bytes| DynamicMessage::decode(self.datapoint.clone(), value).expect("a datapoint");
        drop(black_box(values.into_iter().map(decode).collect::<Vec<_>>()));
    }
}

/// Decodes a page into structs and drops them.
pub(crate) fn decode_structs<M: Message + Default>(page: &Bytes) {
    let page = QueryResultPage::decode(page.clone()).expect("a page");
    let values = page.data.expect("data").value;
    drop(black_box(values.into_iter().map(|value| M::decode(value).expect("a datapoint")).collect::<Vec<_>>()));
}

/// Compresses a page like a server.
pub(crate) fn gzip(page: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(page).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}

/// Inflates the data between the ten-byte header of [`gzip`] and the trailer, and checks its sum.
pub(crate) fn inflate_at_once(compressed: &[u8], output: &mut Vec<u8>) {
    output.clear();
    let end = compressed.len() - 8;
    let mut inflate = Decompress::new(false);
    inflate.decompress_vec(&compressed[10..end], output, FlushDecompress::Finish).expect("whole deflate");
    let mut sum = flate2::Crc::new();
    sum.update(output);
    assert_eq!(sum.sum().to_le_bytes(), compressed[end..end + 4]);
}

pub(crate) fn inflate_in_steps(compressed: &[u8], output: &mut Vec<u8>) {
    output.clear();
    flate2::bufread::MultiGzDecoder::new(compressed).read_to_end(output).expect("whole gzip");
}
