//! Fills the store from answers that the real API once gave.

mod answer;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use prost::Message;
use tilebox_core::wire::datasets::v1::{AnnotatedType, Dataset as WireDataset, DatasetKind};
use uuid::Uuid;

use crate::error::StartError;
use crate::faces;
use crate::ids::{self, DatapointId};
use crate::protobuf::{self, Value};
use crate::store::{Collection, Datapoint, Dataset, DatasetType, milliseconds};
use crate::wkb;
use answer::Answer;

/// Where datapoints go that do not tell their collection.
const DEFAULT_COLLECTION: &str = "default";
/// The fields that name a collection, joined by `_`.
const NAMING_FIELDS: [&str; 2] = ["platform", "product_type"];

/// Collections whose id is known although no recorded answer with datapoints holds it: slug of the dataset, name, id.
const KNOWN_COLLECTIONS: [(&str, &str, Uuid); 1] =
    [("open_data.copernicus.sentinel2_msi", "S2B_S2MSI1C", Uuid::from_u128(0x9b92_c84f_5e2f_4d4a_9278_1ce9_6ced_b970))];

/// Datasets whose recorded answer is from before answers had a slug: code name and slug.
const KNOWN_SLUGS: [(&str, &str); 1] = [("ers_sar", "open_data.asf.ers_sar")];
/// Where other such datasets are put.
const DEFAULT_GROUP: &str = "open_data";

/// The datasets in all files. What several files tell about one dataset adds up.
pub(crate) fn load(files: &[PathBuf]) -> Result<Vec<Dataset>, StartError> {
    let mut recorded: BTreeMap<String, Recorded> = BTreeMap::new();
    for path in files {
        let bytes = fs::read(path).map_err(|source| StartError::RecordingUnreadable { path: path.clone(), source })?;
        let answers = answer::read(&bytes).map_err(|reason| malformed(path, reason))?;
        add(answers, &mut recorded).map_err(|reason| malformed(path, reason))?;
    }
    Ok(recorded.into_values().map(Recorded::into_dataset).collect())
}

fn malformed(path: &Path, reason: String) -> StartError {
    StartError::RecordingMalformed { path: path.to_owned(), reason }
}

/// What was recorded of one dataset.
struct Recorded {
    dataset: Dataset,
    /// Numbers of the fields that name a collection.
    naming_fields: Option<[u32; 2]>,
    collections: BTreeMap<String, Uuid>,
    datapoints: BTreeMap<String, Vec<(DatapointId, Datapoint)>>,
}

/// Adds the answers of one file. Answers about a dataset come after its own.
fn add(answers: Vec<Answer>, recorded: &mut BTreeMap<String, Recorded>) -> Result<(), String> {
    let mut current: Option<&mut Recorded> = None;
    let no_dataset = || "its first answer is not that of GetDataset".to_owned();
    for answer in answers {
        match answer {
            Answer::Dataset(message) => {
                let found = Recorded::of(&message)?;
                current = Some(recorded.entry(found.dataset.slug().to_owned()).or_insert(found));
            }
            Answer::Collections(infos) => {
                let dataset = current.as_mut().ok_or_else(no_dataset)?;
                for collection in infos.into_iter().filter_map(|info| info.collection) {
                    if let Some(id) = collection.id.as_ref().and_then(ids::from_wire) {
                        dataset.collections.insert(collection.name, id);
                    }
                }
            }
            Answer::Datapoints(messages) => {
                let dataset = current.as_mut().ok_or_else(no_dataset)?;
                for message in messages {
                    let (id, datapoint) =
                        Datapoint::parse(message).map_err(|reason| format!("a datapoint cannot be read: {reason}"))?;
                    // The answer to a query without data repeats what another answer has in full.
                    if !datapoint.rest().is_empty() {
                        let name = dataset.collection_name(&datapoint);
                        dataset.datapoints.entry(name).or_default().push((id, datapoint));
                    }
                }
            }
        }
    }
    Ok(())
}

impl Recorded {
    fn of(message: &answer::EncodedDataset) -> Result<Self, String> {
        let r#type = DatasetType::decode(message.r#type.clone()).ok_or("the type of the dataset cannot be read")?;
        let naming_fields = naming_fields(&message.info);
        let mut info = message.info.clone();
        if info.slug.is_empty() {
            let known = KNOWN_SLUGS.iter().find(|(code_name, _)| *code_name == info.code_name);
            info.slug =
                known.map_or_else(|| format!("{DEFAULT_GROUP}.{}", info.code_name), |(_, slug)| (*slug).to_owned());
        }
        let dataset = Dataset::new(info, r#type).ok_or("the dataset has no valid id or no slug")?;
        Ok(Self { dataset, naming_fields, collections: BTreeMap::new(), datapoints: BTreeMap::new() })
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
            let recorded = self.collections.get(&name).copied();
            let known = KNOWN_COLLECTIONS.iter().find(|(of, known, _)| *of == slug && *known == name);
            // An identity that no answer tells is believed only when the ids of the datapoints confirm it.
            let known = known.map(|(_, _, id)| *id).filter(|id| confirms(*id, kind, &datapoints));
            let id = recorded.or(known).unwrap_or_else(|| ids::of_collection(self.dataset.id(), &name));
            self.dataset.put_collection(Collection::new(id, name, datapoints));
        }
        self.dataset
    }
}

/// The numbers of the fields that name a collection, if the type has them all.
fn naming_fields(dataset: &WireDataset) -> Option<[u32; 2]> {
    let AnnotatedType { descriptor_set, .. } = dataset.r#type.as_ref()?;
    let message = descriptor_set.as_ref()?.file.first()?.message_type.first()?;
    let number = |name| {
        let field = message.field.iter().find(|field| field.name() == name)?;
        u32::try_from(field.number()).ok()
    };
    let [platform, product_type] = NAMING_FIELDS.map(number);
    Some([platform?, product_type?])
}

/// Whether a collection of this id gives the datapoints the ids they have.
fn confirms(collection: Uuid, kind: DatasetKind, datapoints: &[(DatapointId, Datapoint)]) -> bool {
    datapoints.iter().all(|(id, datapoint)| {
        let Some(time) = datapoint.time() else { return false };
        let faces = (kind == DatasetKind::Spatiotemporal)
            .then(|| datapoint.geometry().and_then(wkb::lines).map_or(0, |lines| faces::touched(&lines)));
        *id == DatapointId::compute(collection, milliseconds(&time), faces, datapoint.rest())
    })
}

/// Decodes a message if it is one.
fn decode<M: Message + Default>(body: &[u8]) -> Option<M> {
    M::decode(body).ok()
}
