//! Loads recorded responses of the real API into datasets.

mod response;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use prost::Message;
use prost_types::FileDescriptorSet;
use tilebox_core::protocol::wire::datasets::v1::{
    AnnotatedType, CollectionInfo, Dataset as WireDataset, DatasetGroup, DatasetKind,
};
use tilebox_core::protocol::wire::tilebox::v1::TimeInterval;
use uuid::Uuid;

use crate::error::StartError;
use crate::faces;
use crate::ids::{self, DatapointId};
use crate::protobuf::{self, Value};
use crate::store::{Collection, Datapoint, Dataset, DatasetType, Group, milliseconds};
use crate::wkb;
use response::RecordedResponse;

/// The collection of datapoints without naming fields.
const DEFAULT_COLLECTION: &str = "default";
/// The fields that name the collection of a datapoint, joined by `_`.
const NAMING_FIELDS: [&str; 2] = ["platform", "product_type"];

/// Known ids of collections that no recorded response with datapoints contains: slug of the dataset, name, id.
const KNOWN_COLLECTIONS: [(&str, &str, Uuid); 1] =
    [("open_data.copernicus.sentinel2_msi", "S2B_S2MSI1C", Uuid::from_u128(0x9b92_c84f_5e2f_4d4a_9278_1ce9_6ced_b970))];

/// Known slugs of datasets that were recorded before responses had slugs: code name and slug.
const KNOWN_SLUGS: [(&str, &str); 1] = [("ers_sar", "open_data.asf.ers_sar")];
/// The group of other datasets without a slug.
const DEFAULT_GROUP: &str = "open_data";

/// The contents of recorded responses.
pub(crate) struct Recordings {
    /// Parents before children.
    pub(crate) groups: Vec<Group>,
    pub(crate) datasets: Vec<Dataset>,
}

/// Loads the datasets of all files. Files about the same dataset add up.
pub(crate) fn load(files: &[PathBuf]) -> Result<Recordings, StartError> {
    let (mut groups, mut recorded) = (Vec::new(), BTreeMap::new());
    for path in files {
        let bytes = fs::read(path).map_err(|source| StartError::RecordingUnreadable { path: path.clone(), source })?;
        let responses = response::read(&bytes).map_err(|reason| malformed(path, reason))?;
        add(responses, &mut groups, &mut recorded).map_err(|reason| malformed(path, reason))?;
    }
    Ok(Recordings { groups, datasets: recorded.into_values().map(RecordedDataset::into_dataset).collect() })
}

fn malformed(path: &Path, reason: String) -> StartError {
    StartError::RecordingMalformed { path: path.to_owned(), reason }
}

/// A recorded dataset.
struct RecordedDataset {
    dataset: Dataset,
    /// Whether the dataset is known from a listing only.
    is_listed: bool,
    /// The numbers of the fields that name a collection.
    naming_fields: Option<[u32; 2]>,
    collections: BTreeMap<String, RecordedCollection>,
    /// The datapoints by the name of their collection.
    datapoints: BTreeMap<String, Vec<(DatapointId, Datapoint)>>,
}

/// A recorded collection without its datapoints.
struct RecordedCollection {
    id: Uuid,
    count: Option<u64>,
    availability: Option<TimeInterval>,
}

/// Adds the responses of one file. Those about a dataset follow its own, or a listing with it.
fn add(
    responses: Vec<RecordedResponse>,
    groups: &mut Vec<Group>,
    recorded: &mut BTreeMap<String, RecordedDataset>,
) -> Result<(), String> {
    // The slug of the dataset to which the next responses belong.
    let mut current: Option<String> = None;
    for (response, number) in responses.into_iter().zip(1..) {
        let unknown = || format!("record {number} precedes the GetDataset response of its dataset");
        match response {
            RecordedResponse::Dataset(message) => {
                current = Some(add_dataset(RecordedDataset::of(&message, groups)?, recorded));
            }
            RecordedResponse::Datasets(listed_groups, datasets) => {
                add_groups(&listed_groups, groups);
                let mut slugs = Vec::new();
                for message in datasets {
                    let listed = RecordedDataset { is_listed: true, ..RecordedDataset::of(&message, groups)? };
                    let slug = listed.dataset.slug().to_owned();
                    recorded.entry(slug.clone()).or_insert(listed);
                    slugs.push(slug);
                }
                current = slugs.pop().filter(|_| slugs.is_empty());
            }
            RecordedResponse::Collections(infos) => {
                let dataset = current.as_ref().and_then(|slug| recorded.get_mut(slug)).ok_or_else(unknown)?;
                for info in infos {
                    dataset.add_collection(info);
                }
            }
            RecordedResponse::Datapoints { type_url, values } => {
                let is_of_type = |slug: &&String| {
                    recorded.get(*slug).is_some_and(|recorded| recorded.dataset.r#type().type_url == type_url)
                };
                // After a listing of several datasets, the type identifies the dataset.
                let slug = current.as_ref().or_else(|| recorded.keys().find(is_of_type)).cloned();
                let dataset = slug.and_then(|slug| recorded.get_mut(&slug)).ok_or_else(unknown)?;
                dataset.add_datapoints(values)?;
            }
        }
    }
    Ok(())
}

/// Adds a dataset from its own response, in place of one from a listing. Returns its slug.
fn add_dataset(dataset: RecordedDataset, recorded: &mut BTreeMap<String, RecordedDataset>) -> String {
    let slug = dataset.dataset.slug().to_owned();
    match recorded.entry(slug.clone()) {
        Entry::Vacant(vacant) => drop(vacant.insert(dataset)),
        Entry::Occupied(mut occupied) if occupied.get().is_listed => {
            let listed = occupied.insert(dataset);
            let dataset = occupied.into_mut();
            (dataset.collections, dataset.datapoints) = (listed.collections, listed.datapoints);
        }
        Entry::Occupied(_) => {}
    }
    slug
}

/// Adds the groups of a listing, parents before children.
fn add_groups(listed: &[DatasetGroup], groups: &mut Vec<Group>) {
    // Each round adds the groups with a known parent, until a round adds none.
    loop {
        let before = groups.len();
        for group in listed {
            let Some(id) = group.id.as_ref().and_then(ids::from_wire) else { continue };
            let parent = group.parent_id.as_ref().and_then(ids::from_wire);
            let path = match parent {
                None => Some(group.code_name.clone()),
                Some(parent) => {
                    let parent = groups.iter().find(|group| group.id == parent);
                    parent.map(|parent| format!("{}.{}", parent.path, group.code_name))
                }
            };
            if let Some(path) = path.filter(|path| groups.iter().all(|known| known.id != id && known.path != *path)) {
                groups.push(Group { id, parent, path });
            }
        }
        if groups.len() == before {
            return;
        }
    }
}

impl RecordedDataset {
    fn of(message: &response::EncodedDataset, groups: &[Group]) -> Result<Self, String> {
        let r#type = DatasetType::decode(message.r#type.clone()).ok_or("the type of the dataset is malformed")?;
        let naming_fields = naming_fields(&message.info);
        let mut info = message.info.clone();
        if info.slug.is_empty() {
            let group = info.group_id.as_ref().and_then(ids::from_wire);
            let group = group.and_then(|id| groups.iter().find(|group| group.id == id));
            let known = KNOWN_SLUGS.iter().find(|(code_name, _)| *code_name == info.code_name);
            info.slug = match (known, group) {
                (Some((_, slug)), _) => (*slug).to_owned(),
                (None, Some(group)) => format!("{}.{}", group.path, info.code_name),
                (None, None) => format!("{DEFAULT_GROUP}.{}", info.code_name),
            };
        }
        let dataset = Dataset::new(info, r#type).ok_or("the dataset has no valid id or no slug")?;
        let (collections, datapoints) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { dataset, is_listed: false, naming_fields, collections, datapoints })
    }

    /// Adds a collection, or the fields of a later response to it.
    fn add_collection(&mut self, info: CollectionInfo) {
        let Some(collection) = info.collection else { return };
        let Some(id) = collection.id.as_ref().and_then(ids::from_wire) else { return };
        let new = RecordedCollection { id, count: None, availability: None };
        let known = self.collections.entry(collection.name).or_insert(new);
        known.id = id;
        known.count = info.count.or(known.count);
        known.availability = info.availability.or(known.availability);
    }

    fn add_datapoints(&mut self, messages: Vec<Bytes>) -> Result<(), String> {
        for message in messages {
            let (id, datapoint) =
                Datapoint::parse(message).map_err(|reason| format!("malformed datapoint: {reason}"))?;
            // The response of a query without data repeats datapoints of another response.
            if !datapoint.rest().is_empty() {
                let name = self.collection_name(&datapoint);
                self.datapoints.entry(name).or_default().push((id, datapoint));
            }
        }
        Ok(())
    }

    fn collection_name(&self, datapoint: &Datapoint) -> String {
        let text = |number| {
            let mut fields = protobuf::fields(datapoint.rest()).map_while(|field| field);
            match fields.find(|field| field.number == number)?.value {
                Value::Bytes(text) => std::str::from_utf8(text).ok(),
                _ => None,
            }
        };
        match self.naming_fields.map(|fields| fields.map(text)) {
            Some([Some(platform), Some(product_type)]) => format!("{platform}_{product_type}"),
            _ => DEFAULT_COLLECTION.to_owned(),
        }
    }

    fn into_dataset(mut self) -> Dataset {
        let slug = self.dataset.slug().to_owned();
        let kind = self.dataset.r#type().kind;
        for name in self.collections.keys() {
            self.datapoints.entry(name.clone()).or_default();
        }
        for (name, datapoints) in self.datapoints {
            let recorded = self.collections.get(&name);
            let known = KNOWN_COLLECTIONS.iter().find(|(of, known, _)| *of == slug && *known == name);
            // A known id counts only if the ids of all datapoints follow from it.
            let known = known.map(|(_, _, id)| *id).filter(|id| gives_ids(*id, kind, &datapoints));
            let id = recorded.map(|recorded| recorded.id).or(known);
            let id = id.unwrap_or_else(|| ids::of_collection(self.dataset.id(), &name));
            let mut collection = Collection::new(id, name, datapoints);
            if let Some(recorded) = recorded {
                collection = collection.with_recorded_info(recorded.count, recorded.availability);
            }
            self.dataset.put_collection(collection);
        }
        self.dataset
    }
}

/// Returns the numbers of the fields that name a collection, if the type has all of them.
fn naming_fields(dataset: &WireDataset) -> Option<[u32; 2]> {
    let AnnotatedType { descriptor_set, .. } = dataset.r#type.as_ref()?;
    let set = FileDescriptorSet::decode(descriptor_set.clone()).ok()?;
    let message = set.file.first()?.message_type.first()?;
    let number = |name| {
        let field = message.field.iter().find(|field| field.name() == name)?;
        u32::try_from(field.number()).ok()
    };
    let [platform, product_type] = NAMING_FIELDS.map(number);
    Some([platform?, product_type?])
}

/// Returns whether the ids of all datapoints follow from this id of their collection.
fn gives_ids(collection: Uuid, kind: DatasetKind, datapoints: &[(DatapointId, Datapoint)]) -> bool {
    datapoints.iter().all(|(id, datapoint)| {
        let Some(time) = datapoint.time() else { return false };
        let faces = (kind == DatasetKind::Spatiotemporal)
            .then(|| datapoint.geometry().and_then(wkb::lines).map_or(0, |lines| faces::touched(&lines)));
        *id == DatapointId::compute(collection, milliseconds(&time), faces, datapoint.rest())
    })
}

/// Decodes a message; returns `None` if it is malformed.
fn decode<M: Message + Default>(body: &[u8]) -> Option<M> {
    M::decode(body).ok()
}
