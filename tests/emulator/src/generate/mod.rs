//! A generated catalogue of Sentinel-2 granules, for tests and benchmarks. Its datapoints resemble real ones in content,
//! size and distribution.
//!
//! The same seed generates the same bytes.

mod footprint;
mod granule;
mod orbit;
mod tile_name;

use std::thread;

use bytes::BytesMut;
use tilebox_core::protocol::wire::datasets::v1::{Dataset as WireDataset, DatasetKind, DatasetPermission, Visibility};
use uuid::Uuid;

use crate::ids::{self, DatapointId};
use crate::schema::{dataset_type, sentinel2_fields};
use crate::store::{Collection, Datapoint, Dataset, Group};
use granule::{Granule, Product};
use orbit::{Datatake, Satellite};

const SLUG: &str = "open_data.copernicus.sentinel2_msi";
const GROUP_PATH: &str = "open_data.copernicus";
const CODE_NAME: &str = "sentinel2_msi";

/// The start of the first orbit: 2025-01-01T00:00:00Z.
const START: i64 = 1_735_689_600;

/// The collections with their shares of 1000 datapoints.
const COLLECTIONS: [(Satellite, Product, usize); 6] = [
    (Satellite::S2A, Product::L1C, 280),
    (Satellite::S2A, Product::L2A, 240),
    (Satellite::S2B, Product::L1C, 230),
    (Satellite::S2B, Product::L2A, 190),
    (Satellite::S2C, Product::L1C, 40),
    (Satellite::S2C, Product::L2A, 20),
];
/// The largest of these shares.
const MAXIMUM_SHARE: usize = 280;

/// The size of the allocations into which datapoints are encoded, in bytes.
const ALLOCATION_BYTES: usize = 1 << 20;

/// A generated catalogue: the dataset `open_data.copernicus.sentinel2_msi` with six collections of different sizes that
/// cover the same time, from 2025 on. The largest collection has about 3000 granules a day.
///
/// ```
/// use tilebox_emulator::{Catalogue, Emulator};
///
/// let emulator = Emulator::builder().catalogue(Catalogue::new(1_000).seed(7)).start()?;
/// let counts: Vec<_> = emulator.datasets()[0].collections.iter().map(|collection| collection.count).collect();
/// assert_eq!(counts.iter().sum::<usize>(), 1_000);
/// # Ok::<(), tilebox_emulator::StartError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Catalogue {
    datapoints: usize,
    seed: u64,
    /// The number of equal collections that replace the default ones.
    parts: Option<usize>,
}

impl Catalogue {
    /// Creates a catalogue with this number of datapoints. Each takes about 900 bytes of memory.
    pub fn new(datapoints: usize) -> Self {
        Self { datapoints, seed: 0, parts: None }
    }

    /// Sets the seed (default 0). Each seed generates different datapoints.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Replaces the default collections by collections of equal size: `PART_1`, `PART_2`, and so on.
    pub fn parts(self, collections: usize) -> Self {
        Self { parts: Some(collections.max(1)), ..self }
    }

    /// Generates the dataset, each collection on its own thread.
    pub(crate) fn generate(&self) -> Dataset {
        let id = ids::from_name("dataset", SLUG);
        let mut dataset = empty_dataset(id);
        let collections: Vec<_> = thread::scope(|scope| {
            let plans = self.plans();
            let threads: Vec<_> = plans.into_iter().map(|plan| scope.spawn(move || plan.collection(id))).collect();
            // The threads do not panic.
            threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
        });
        for collection in collections {
            dataset.put_collection(collection);
        }
        dataset
    }

    fn plans(&self) -> Vec<CollectionPlan> {
        let Some(parts) = self.parts else { return self.default_plans() };
        let (satellite, product, share) = (Satellite::S2A, Product::L1C, MAXIMUM_SHARE);
        let plan = |part: usize| {
            let count = (part + 1) * self.datapoints / parts - part * self.datapoints / parts;
            let seed = splitmix64(self.seed ^ part as u64);
            CollectionPlan { name: format!("PART_{}", part + 1), satellite, product, share, count, seed }
        };
        (0..parts).map(plan).collect()
    }

    /// Returns the plans of the default collections. The first one gets the remainder of rounding.
    fn default_plans(&self) -> Vec<CollectionPlan> {
        let count = |share| self.datapoints / 1000 * share + self.datapoints % 1000 * share / 1000;
        let all: usize = COLLECTIONS.iter().map(|(_, _, share)| count(*share)).sum();
        let plan = |(index, (satellite, product, share)): (usize, &(Satellite, Product, usize))| CollectionPlan {
            name: format!("{}_{}", satellite.name(), product.name()),
            satellite: *satellite,
            product: *product,
            share: *share,
            count: count(*share) + if index == 0 { self.datapoints - all } else { 0 },
            seed: self.seed,
        };
        COLLECTIONS.iter().enumerate().map(plan).collect()
    }
}

/// The parameters of a collection.
struct CollectionPlan {
    name: String,
    satellite: Satellite,
    product: Product,
    share: usize,
    count: usize,
    seed: u64,
}

impl CollectionPlan {
    fn collection(self, dataset: Uuid) -> Collection {
        let Self { name, satellite, product, share, count, seed } = self;
        let id = ids::of_collection(dataset, &name);
        let selected_share = share as f64 / MAXIMUM_SHARE as f64;
        let mut datapoints = Vec::with_capacity(count);
        let mut buffer = BytesMut::new();
        let granules = Datatake::all(satellite, START, seed).flat_map(|datatake| Granule::all(datatake, seed));
        let mut rest = Vec::new();
        for granule in granules.filter(|granule| granule.is_selected(selected_share)).take(count) {
            rest.clear();
            let faces = granule.encode_rest(product, &mut rest);
            let point_id = DatapointId::compute(id, granule.time_in_milliseconds(), Some(faces), &rest);
            if buffer.capacity() < granule::MAXIMUM_HEAD_BYTES + rest.len() {
                buffer = BytesMut::with_capacity(ALLOCATION_BYTES);
            }
            let head = granule.encode_head(product, point_id, &mut buffer);
            buffer.extend_from_slice(&rest);
            datapoints.push((point_id, Datapoint::new(buffer.split().freeze(), head)));
        }
        Collection::new(id, name, datapoints)
    }
}

fn empty_dataset(id: Uuid) -> Dataset {
    let group_id = Group::id_of_path(GROUP_PATH);
    let info = WireDataset {
        id: Some(ids::to_wire(id)),
        group_id: Some(ids::to_wire(group_id)),
        code_name: CODE_NAME.to_owned(),
        name: "Sentinel-2 MSI Granules".to_owned(),
        summary: "A generated catalogue of granules on plausible orbits.".to_owned(),
        icon: "Satellite".to_owned(),
        description: "# Generated\n\nNone of these granules exists.\n".to_owned(),
        permissions: vec![DatasetPermission::AccessData.into()],
        visibility: Visibility::Public.into(),
        slug: SLUG.to_owned(),
        ..WireDataset::default()
    };
    let r#type = dataset_type(group_id, CODE_NAME, DatasetKind::Spatiotemporal, sentinel2_fields());
    Dataset::of_parts(id, group_id, info, r#type)
}

/// Hashes a number (the finalizer of SplitMix64).
fn splitmix64(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faces;
    use crate::store::IdRange;
    use crate::wkb;

    fn counts(catalogue: Catalogue) -> Vec<usize> {
        catalogue.plans().iter().map(|plan| plan.count).collect()
    }

    #[test]
    fn the_seed_determines_the_datapoints() {
        let ids = |seed| {
            let dataset = Catalogue::new(500).seed(seed).generate();
            let all = IdRange::between(DatapointId(0), false, DatapointId(u128::MAX), true);
            dataset.collections().flat_map(|c| c.range(all).map(|(id, _)| *id).collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        assert_eq!(ids(1).len(), 500);
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
    }

    #[test]
    fn counts_of_collections_add_up() {
        for datapoints in [0, 1, 7, 999, 1000, 1001, 123_457] {
            assert_eq!(counts(Catalogue::new(datapoints)).iter().sum::<usize>(), datapoints);
            assert_eq!(counts(Catalogue::new(datapoints).parts(7)).iter().sum::<usize>(), datapoints);
        }
        assert_eq!(counts(Catalogue::new(1000)), [280, 240, 230, 190, 40, 20]);
        assert_eq!(counts(Catalogue::new(10).parts(4)), [2, 3, 2, 3]);
    }

    #[test]
    fn generated_datapoints_have_valid_ids() {
        let dataset = Catalogue::new(4000).generate();
        let all = IdRange::between(DatapointId(0), false, DatapointId(u128::MAX), true);
        let mut bytes = 0;
        for collection in dataset.collections() {
            for (id, datapoint) in collection.range(all) {
                let (read, parsed) = Datapoint::parse(datapoint.message().clone()).expect("a datapoint");
                assert_eq!(read, *id);
                assert_eq!(parsed.rest(), datapoint.rest());
                let time = crate::store::milliseconds(&datapoint.time().expect("a time"));
                let lines = wkb::lines(datapoint.geometry().expect("a geometry")).expect("well-known binary");
                let expected =
                    DatapointId::compute(collection.id(), time, Some(faces::touched(&lines)), datapoint.rest());
                assert_eq!(*id, expected);
                bytes += datapoint.message().len();
            }
        }
        assert!((750..950).contains(&(bytes / 4000)), "expects the size of recorded datapoints, got {}", bytes / 4000);
    }
}
