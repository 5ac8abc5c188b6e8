//! A dataset: its info, its type and its collections.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use bytes::Bytes;
use prost::Message;
use prost_types::FileDescriptorSet;
use tilebox_core::protocol::wire::datasets::v1::{
    AnnotatedType, Dataset as WireDataset, DatasetGroup, DatasetKind, DatasetPermission, Field, Visibility,
};
use uuid::Uuid;

use super::Collection;
use crate::ids;
use crate::permissions::Caller;
use crate::protobuf::{self, Value};
use crate::schema::Schema;

/// The number of `Dataset.type`.
const TYPE_FIELD: u32 = 3;

/// All permissions, in the order of responses.
pub(crate) const ALL_PERMISSIONS: [DatasetPermission; 3] =
    [DatasetPermission::AccessData, DatasetPermission::WriteData, DatasetPermission::Edit];

/// The type of a dataset's datapoints.
#[derive(Clone)]
pub(crate) struct DatasetType {
    /// The encoded `AnnotatedType`, which responses contain unchanged.
    pub(crate) encoded: Bytes,
    /// The name of the message.
    pub(crate) type_url: String,
    /// Whether datapoints have a geometry.
    pub(crate) kind: DatasetKind,
    /// The fields.
    pub(crate) schema: Schema,
}

impl DatasetType {
    /// Reads an encoded `AnnotatedType`. Returns `None` if it is malformed.
    pub(crate) fn decode(encoded: Bytes) -> Option<Self> {
        let decoded = AnnotatedType::decode(encoded.clone()).ok()?;
        let kind = DatasetKind::try_from(decoded.kind).unwrap_or(DatasetKind::Unspecified);
        let schema = Schema::of(&decoded);
        (!decoded.type_url.is_empty()).then_some(Self { encoded, type_url: decoded.type_url, kind, schema })
    }

    /// Returns the fields in the form in which a client requests a type.
    pub(crate) fn requested_fields(&self) -> Vec<Field> {
        let decoded = AnnotatedType::decode(self.encoded.clone()).unwrap_or_default();
        let files = FileDescriptorSet::decode(decoded.descriptor_set).unwrap_or_default().file;
        let descriptors =
            files.into_iter().flat_map(|file| file.message_type).take(1).flat_map(|message| message.field);
        let annotations = decoded.field_annotations.into_iter().map(Some).chain(std::iter::repeat(None));
        descriptors.zip(annotations).map(|(field, annotation)| Field { descriptor: Some(field), annotation }).collect()
    }
}

/// A dataset and its collections.
pub(crate) struct Dataset {
    id: Uuid,
    group_id: Uuid,
    /// All fields but the type and the collections.
    info: WireDataset,
    r#type: DatasetType,
    /// Whether callers have all permissions. Not stored on disk.
    permits_all: bool,
    /// The collections by name, the order in which they are listed.
    collections: BTreeMap<String, Collection>,
}

impl Dataset {
    /// Creates a dataset without collections. Returns `None` if `info` has no valid id or no slug.
    pub(crate) fn new(info: WireDataset, r#type: DatasetType) -> Option<Self> {
        let id = info.id.as_ref().and_then(ids::from_wire)?;
        let group_path = info.slug.rsplit_once('.').map_or("", |(path, _)| path);
        let group_id = info.group_id.as_ref().and_then(ids::from_wire).unwrap_or_else(|| Group::id_of_path(group_path));
        if info.slug.is_empty() {
            return None;
        }
        Some(Self::of_parts(id, group_id, info, r#type))
    }

    /// Creates a dataset without collections from valid ids and a valid slug.
    pub(crate) fn of_parts(id: Uuid, group_id: Uuid, info: WireDataset, r#type: DatasetType) -> Self {
        let info = WireDataset { r#type: None, collections: Vec::new(), ..info };
        Self { id, group_id, info, r#type, permits_all: false, collections: BTreeMap::new() }
    }

    pub(crate) fn id(&self) -> Uuid {
        self.id
    }

    pub(crate) fn group_id(&self) -> Uuid {
        self.group_id
    }

    pub(crate) fn slug(&self) -> &str {
        &self.info.slug
    }

    pub(crate) fn name(&self) -> &str {
        &self.info.name
    }

    /// Returns the type of the datapoints.
    pub(crate) fn r#type(&self) -> &DatasetType {
        &self.r#type
    }

    /// Returns the info of the dataset without type and collections.
    pub(crate) fn info(&self) -> &WireDataset {
        &self.info
    }

    /// Returns whether the dataset and the caller's token grant a permission.
    pub(crate) fn permits(&self, permission: DatasetPermission, caller: Caller) -> bool {
        let permitted = self.permits_all || self.info.permissions().any(|given| given == permission);
        permitted && caller.permissions.contain(permission)
    }

    /// Returns whether a caller can see the dataset.
    pub(crate) fn is_visible(&self, caller: Caller) -> bool {
        !caller.is_public || self.info.visibility() == Visibility::Public
    }

    /// Returns whether the dataset has no datapoints.
    pub(crate) fn is_empty(&self) -> bool {
        self.collections().all(|collection| collection.count() == 0)
    }

    /// Grants all permissions to callers.
    pub(crate) fn permit_all(&mut self) {
        self.permits_all = true;
    }

    /// Returns the collections, ordered by name.
    pub(crate) fn collections(&self) -> impl Iterator<Item = &Collection> {
        self.collections.values()
    }

    pub(crate) fn collection(&self, id: Uuid) -> Option<&Collection> {
        self.collections.values().find(|collection| collection.id() == id)
    }

    pub(crate) fn collection_mut(&mut self, id: Uuid) -> Option<&mut Collection> {
        self.collections.values_mut().find(|collection| collection.id() == id)
    }

    pub(crate) fn collection_by_name(&self, name: &str) -> Option<&Collection> {
        self.collections.get(name)
    }

    /// Adds a collection, or replaces the one with this name.
    pub(crate) fn put_collection(&mut self, collection: Collection) -> &Collection {
        let name = collection.name().to_owned();
        match self.collections.entry(name) {
            Entry::Vacant(vacant) => vacant.insert(collection),
            Entry::Occupied(mut occupied) => {
                occupied.insert(collection);
                occupied.into_mut()
            }
        }
    }

    /// Removes a collection with its datapoints.
    pub(crate) fn remove_collection(&mut self, id: Uuid) -> Option<Collection> {
        let name = self.collection(id)?.name().to_owned();
        self.collections.remove(&name)
    }

    /// Takes the collections and the granted permissions of the previous version.
    pub(super) fn inherit(&mut self, previous: Self) {
        self.collections = previous.collections;
        self.permits_all = previous.permits_all;
    }

    /// Encodes the `Dataset` message for a caller, with its collections on request.
    pub(crate) fn encode(&self, caller: Caller, with_collections: bool) -> Vec<u8> {
        let permissions = ALL_PERMISSIONS.into_iter().filter(|permission| self.permits(*permission, caller));
        let collections =
            if with_collections { self.collections().map(|c| c.info(true, true)).collect() } else { Vec::new() };
        self.encode_with_type(WireDataset {
            permissions: permissions.map(i32::from).collect(),
            type_editable: self.is_empty() && self.permits(DatasetPermission::Edit, caller),
            collections,
            ..self.info.clone()
        })
    }

    /// Encodes the message that [`decode`](Self::decode) reads.
    pub(super) fn encode_stored(&self) -> Vec<u8> {
        self.encode_with_type(self.info.clone())
    }

    /// Reads a stored dataset, without its collections.
    pub(super) fn decode(encoded: &Bytes) -> Option<Self> {
        let info = WireDataset::decode(encoded.clone()).ok()?;
        let mut fields = protobuf::fields(encoded).map_while(|field| field);
        let Value::Bytes(r#type) = fields.find(|field| field.number == TYPE_FIELD)?.value else { return None };
        Self::new(info, DatasetType::decode(encoded.slice_ref(r#type))?)
    }

    fn encode_with_type(&self, info: WireDataset) -> Vec<u8> {
        let mut message = WireDataset { group_id: Some(ids::to_wire(self.group_id)), ..info }.encode_to_vec();
        // The order of fields in a message does not matter.
        protobuf::write_bytes(TYPE_FIELD, &self.r#type.encoded, &mut message);
        message
    }
}

/// A group of datasets or of other groups.
pub(crate) struct Group {
    pub(crate) id: Uuid,
    /// The parent group, `None` at the root.
    pub(crate) parent: Option<Uuid>,
    /// The code names from the root, joined by dots.
    pub(crate) path: String,
}

impl Group {
    /// Returns the id of a group whose real id is unknown.
    pub(crate) fn id_of_path(path: &str) -> Uuid {
        ids::from_name("group", path)
    }

    /// Converts the group to a message. Its name is the code name in title case, as in recorded groups.
    pub(crate) fn to_wire(&self) -> DatasetGroup {
        let code_name = self.path.rsplit('.').next().unwrap_or(&self.path);
        let icon = if self.parent.is_none() { "Globe" } else { "" };
        DatasetGroup {
            id: Some(ids::to_wire(self.id)),
            parent_id: self.parent.map(ids::to_wire),
            code_name: code_name.to_owned(),
            name: title_case(code_name),
            icon: icon.to_owned(),
        }
    }
}

fn title_case(code_name: &str) -> String {
    let words = code_name.split('_').map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group_names_are_code_names_in_title_case() {
        assert_eq!(title_case("open_data"), "Open Data");
        assert_eq!(title_case("asf"), "Asf");
    }
}
