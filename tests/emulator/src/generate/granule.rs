//! A granule, and its encoding in the recorded order of fields.

use std::fmt::Write;
use std::rc::Rc;

use bytes::{BufMut, BytesMut};
use chrono::DateTime;
use prost::Message;
use prost_types::Timestamp;

use super::orbit::{Datatake, Tile};
use super::{footprint, splitmix64, tile_name};
use crate::faces;
use crate::ids::DatapointId;
use crate::protobuf::{write_bytes, write_double, write_varint};

/// The upper limit of the encoded size of time, id and ingestion time, in bytes.
pub(super) const MAXIMUM_HEAD_BYTES: usize = 128;

/// The milliseconds of the start of every datatake, as in recorded times.
const MILLISECONDS: i64 = 24;
const BASELINE: f64 = 5.11;
const DESCENDING: u64 = 2;
const NOMINAL_OBSERVATION: u64 = 20;
/// The shortest time until a product is published, in seconds.
const PUBLICATION_DELAY: i64 = 5_000;
/// The time from the publication to the ingestion of a product, in seconds.
const INGESTION_DELAY: i64 = 1_800;

/// A processing level of an image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Product {
    L1C,
    L2A,
}

impl Product {
    /// Returns the product type.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::L1C => "S2MSI1C",
            Self::L2A => "S2MSI2A",
        }
    }

    fn level(self) -> &'static str {
        match self {
            Self::L1C => "L1C",
            Self::L2A => "L2A",
        }
    }

    /// Returns the number in the enum `ProcessingLevel`.
    fn level_number(self) -> u64 {
        match self {
            Self::L1C => 3,
            Self::L2A => 5,
        }
    }

    /// Returns the additional delay in seconds. Level 2 is computed from level 1.
    fn delay(self) -> i64 {
        match self {
            Self::L1C => 0,
            Self::L2A => 4_000,
        }
    }
}

/// A granule, from which products are computed.
pub(super) struct Granule {
    datatake: Rc<Datatake>,
    tile: Tile,
    /// A random number, the same for all products of the granule.
    random: u64,
}

impl Granule {
    /// Returns the granules of a datatake.
    pub(super) fn all(datatake: Datatake, seed: u64) -> impl Iterator<Item = Self> {
        let datatake = Rc::new(datatake);
        let tiles = datatake.tiles.clone();
        tiles.into_iter().map(move |tile| {
            let satellite = datatake.satellite.name().bytes().fold(seed, |sum, byte| splitmix64(sum ^ u64::from(byte)));
            let random = splitmix64(satellite ^ splitmix64(datatake.orbit << 16 ^ u64::from(tile.number)));
            Self { datatake: Rc::clone(&datatake), tile, random }
        })
    }

    /// Returns whether the granule belongs to a random selection of this share of all granules.
    pub(super) fn is_selected(&self, share: f64) -> bool {
        (splitmix64(self.random ^ 0x6b65) >> 11) as f64 / (1_u64 << 53) as f64 <= share
    }

    /// Returns the time in milliseconds since 1970.
    pub(super) fn time_in_milliseconds(&self) -> i64 {
        self.datatake.second * 1000 + MILLISECONDS
    }

    fn time(&self) -> Timestamp {
        Timestamp { seconds: self.datatake.second, nanos: MILLISECONDS as i32 * 1_000_000 }
    }

    fn published(&self, product: Product) -> Timestamp {
        let seconds = self.datatake.second + PUBLICATION_DELAY + product.delay() + (self.random >> 3 & 0x7ff) as i64;
        Timestamp { seconds, nanos: (self.random % 1_000_000) as i32 * 1000 }
    }

    /// Writes time, id and ingestion time. Returns the number of bytes. All granules of a datatake have the same ingestion
    /// time.
    pub(super) fn encode_head(&self, product: Product, id: DatapointId, to: &mut BytesMut) -> u16 {
        let seconds = self.datatake.second + PUBLICATION_DELAY + product.delay() + 0x7ff + INGESTION_DELAY;
        let nanos = (splitmix64(self.datatake.orbit) % 1_000_000_000) as i32;
        let before = to.len();
        write_message(1, &self.time(), to);
        write_message(2, &id.to_wire(), to);
        write_message(3, &Timestamp { seconds, nanos }, to);
        (to.len() - before) as u16
    }

    /// Writes all other fields in ascending order. Returns the faces that the footprint touches.
    pub(super) fn encode_rest(&self, product: Product, to: &mut Vec<u8>) -> u8 {
        let Self { datatake, tile, random } = self;
        let mut random = fastrand::Rng::with_seed(*random ^ product.level_number() << 32);
        let satellite = datatake.satellite.name();
        let published = self.published(product);
        let names = Names::of(self, product, &published);

        let rings = footprint::rings(tile, self.random);
        let faces = faces::touched(&rings);
        let mut wkb = Vec::with_capacity(256);
        footprint::write(&rings, &mut wkb);

        write_wrapped(4, &wkb, to);
        write_bytes(5, names.granule.as_bytes(), to);
        write_varint(6, product.level_number(), to);
        write_bytes(7, product.name().as_bytes(), to);
        write_wrapped(8, uuid::Builder::from_random_bytes(random.u128(..).to_be_bytes()).as_uuid().as_bytes(), to);
        write_bytes(9, satellite.as_bytes(), to);
        write_varint(10, datatake.orbit, to);
        write_varint(11, datatake.relative_orbit(), to);
        write_double(12, BASELINE, to);
        write_message(13, &self.time(), to);
        write_wrapped(14, &footprint::point(tile.centre), to);
        write_message(15, &published, to);
        let updated = Timestamp { seconds: published.seconds + random.i64(30..600), ..published };
        write_message(16, &updated, to);
        write_bytes(17, names.location.as_bytes(), to);
        write_varint(18, random.u64(150_000_000..850_000_000), to);
        // Some granules have no thumbnail, so that tests meet missing values.
        if !self.random.is_multiple_of(128) {
            write_bytes(19, names.thumbnail.as_bytes(), to);
        }
        write_double(20, self.cloud_cover(), to);
        // Recorded datapoints have an explicit zero.
        write_varint(21, 0, to);
        write_varint(22, DESCENDING, to);
        write_varint(23, NOMINAL_OBSERVATION, to);
        write_bytes(24, names.mission_take.as_bytes(), to);
        faces
    }

    /// Returns a cloud cover in percent, mostly near 0 or 100; NaN for some granules, as recorded.
    fn cloud_cover(&self) -> f64 {
        let random = splitmix64(self.random ^ 0xc1);
        if random.is_multiple_of(97) {
            return f64::NAN;
        }
        let share = (random >> 11) as f64 / (1_u64 << 53) as f64;
        // Smoothstep is steep in the middle and flat at both ends, so values in the middle are rare.
        let uneven = share * share * (3.0 - 2.0 * share);
        (uneven * 1e12).round() / 1e10
    }
}

/// The strings of a granule that contain its name.
struct Names {
    granule: String,
    location: String,
    thumbnail: String,
    mission_take: String,
}

impl Names {
    fn of(granule: &Granule, product: Product, published: &Timestamp) -> Self {
        let Granule { datatake, tile, .. } = granule;
        let (satellite, level) = (datatake.satellite.name(), product.level());
        let sensed = compact_time(datatake.second);
        let (relative_orbit, tile) = (datatake.relative_orbit(), tile_name::tile_name(tile.centre));
        let processed = compact_time(published.seconds - 1200);

        let mut name = String::with_capacity(64);
        // Writing to a string cannot fail.
        let _ = write!(name, "{satellite}_MSI{level}_{sensed}_N0511_R{relative_orbit:03}_{tile}_{processed}.SAFE");
        let day = [&sensed[..4], &sensed[4..6], &sensed[6..8]].join("/");
        let path = ["/Sentinel-2/MSI/", level, "/", &day, "/", &name].concat();
        let stem = name.strip_suffix(".SAFE").unwrap_or(&name);
        let thumbnail =
            ["https://catalogue.dataspace.copernicus.eu/get-object?path=", &path, "/", stem, "-ql.jpg"].concat();
        let mission_take = format!("G{satellite}_{sensed}_{:06}_N05.11", datatake.orbit);
        Self { location: ["/eodata", &path].concat(), granule: name, thumbnail, mission_take }
    }
}

/// Formats seconds since 1970 as in file names: `20250101T103019`.
fn compact_time(seconds: i64) -> String {
    use chrono::{Datelike, Timelike};
    let time = DateTime::from_timestamp(seconds, 0).unwrap_or_default().naive_utc();
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// Writes a message field.
fn write_message(number: u32, message: &impl Message, to: &mut impl BufMut) {
    crate::protobuf::write_header(number, message.encoded_len(), to);
    // Encoding into a growing buffer cannot fail.
    let _ = message.encode(to);
}

/// Writes a message with one field of bytes, such as a UUID or a geometry.
fn write_wrapped(number: u32, value: &[u8], to: &mut Vec<u8>) {
    crate::protobuf::write_header(number, crate::protobuf::bytes_len(value.len()), to);
    write_bytes(1, value, to);
}
