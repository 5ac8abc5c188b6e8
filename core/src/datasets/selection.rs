//! The selection of collections of a dataset by name, id or handle.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use super::CollectionInfo;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::closest;

/// The name, the id or the handle of a collection.
///
/// The name or id is not validated before [`Selection::check`].
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::datasets::CollectionKey;
///
/// let by_name = CollectionKey::from("S2A_S2MSI1C");
/// let by_id = CollectionKey::from(uuid::Uuid::from_u128(1));
/// assert_ne!(by_name, by_id);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionKey(Key);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    Name(String),
    Id(Uuid),
    /// An existing collection.
    Handle {
        dataset_id: Uuid,
        id: Uuid,
        name: Arc<str>,
    },
}

impl CollectionKey {
    /// Returns the key of an existing collection.
    #[must_use]
    pub fn of_dataset(dataset_id: Uuid, id: Uuid, name: Arc<str>) -> Self {
        Self(Key::Handle { dataset_id, id, name })
    }

    /// Returns the id; `None` for a name.
    #[must_use]
    pub fn id(&self) -> Option<Uuid> {
        match &self.0 {
            Key::Name(_) => None,
            Key::Id(id) | Key::Handle { id, .. } => Some(*id),
        }
    }

    /// Returns whether [`Selection::resolve`] needs the list of collections for this key.
    #[must_use]
    pub fn needs_lookup(&self) -> bool {
        !matches!(self.0, Key::Handle { .. })
    }
}

/// The name if known, otherwise the id.
impl fmt::Display for CollectionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Key::Name(name) => f.write_str(name),
            Key::Id(id) => id.fmt(f),
            Key::Handle { name, .. } => f.write_str(name),
        }
    }
}

impl From<&str> for CollectionKey {
    fn from(name: &str) -> Self {
        Self(Key::Name(name.to_owned()))
    }
}

impl From<&&str> for CollectionKey {
    fn from(name: &&str) -> Self {
        (*name).into()
    }
}

impl From<String> for CollectionKey {
    fn from(name: String) -> Self {
        Self(Key::Name(name))
    }
}

impl From<&String> for CollectionKey {
    fn from(name: &String) -> Self {
        name.as_str().into()
    }
}

impl From<Uuid> for CollectionKey {
    fn from(id: Uuid) -> Self {
        Self(Key::Id(id))
    }
}

impl From<&Uuid> for CollectionKey {
    fn from(id: &Uuid) -> Self {
        (*id).into()
    }
}

impl From<&CollectionInfo> for CollectionKey {
    fn from(info: &CollectionInfo) -> Self {
        info.id.into()
    }
}

impl From<CollectionInfo> for CollectionKey {
    fn from(info: CollectionInfo) -> Self {
        info.id.into()
    }
}

/// Types that select collections: the name, id or handle of one, or a list of them.
///
/// Collect an iterator into a `Vec` first.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not select collections",
    label = "expects a name, an id or a `Collection`, or an array, a slice or a `Vec` of them",
    note = "collect an iterator into a `Vec` first"
)]
pub trait IntoCollectionKeys {
    /// Converts the value to keys.
    fn into_collection_keys(self) -> Vec<CollectionKey>;
}

/// Implements [`IntoCollectionKeys`] for types that are one key. An implementation for all `Into<CollectionKey>` would hide
/// the explanation of the compiler.
macro_rules! single_collection_keys {
    ($($type:ty),*) => { $(
        impl $crate::datasets::IntoCollectionKeys for $type {
            fn into_collection_keys(self) -> Vec<$crate::datasets::CollectionKey> {
                vec![self.into()]
            }
        }
    )* };
}

#[cfg(feature = "client")]
pub(crate) use single_collection_keys;

single_collection_keys! {
    CollectionKey, &str, &&str, String, &String, Uuid, &Uuid, CollectionInfo, &CollectionInfo
}

impl<Key: Into<CollectionKey>> IntoCollectionKeys for Vec<Key> {
    fn into_collection_keys(self) -> Vec<CollectionKey> {
        self.into_iter().map(Into::into).collect()
    }
}

impl<Key: Into<CollectionKey>, const N: usize> IntoCollectionKeys for [Key; N] {
    fn into_collection_keys(self) -> Vec<CollectionKey> {
        self.into_iter().map(Into::into).collect()
    }
}

impl<'a, Key> IntoCollectionKeys for &'a [Key]
where
    &'a Key: Into<CollectionKey>,
{
    fn into_collection_keys(self) -> Vec<CollectionKey> {
        self.iter().map(Into::into).collect()
    }
}

impl<'a, Key> IntoCollectionKeys for &'a Vec<Key>
where
    &'a Key: Into<CollectionKey>,
{
    fn into_collection_keys(self) -> Vec<CollectionKey> {
        self.as_slice().into_collection_keys()
    }
}

impl<'a, Key, const N: usize> IntoCollectionKeys for &'a [Key; N]
where
    &'a Key: Into<CollectionKey>,
{
    fn into_collection_keys(self) -> Vec<CollectionKey> {
        self.as_slice().into_collection_keys()
    }
}

/// A selection of collections of a dataset: first [`check`](Self::check), then [`resolve`](Self::resolve).
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    dataset_id: Uuid,
    slug: &'a str,
    keys: &'a [CollectionKey],
}

impl<'a> Selection<'a> {
    /// The most collections of a query (`datasets.v1.QueryRequest.collection_ids`).
    pub(crate) const MAX_COLLECTIONS: usize = 100;

    /// Selects the collections with these keys.
    #[must_use]
    pub const fn new(dataset_id: Uuid, slug: &'a str, keys: &'a [CollectionKey]) -> Self {
        Self { dataset_id, slug, keys }
    }

    /// Validates the selection as far as possible without the list of collections.
    ///
    /// # Errors
    ///
    /// If the list is empty (it must not select all collections by accident) or has more than 100 collections, a name is
    /// empty, an id is nil, or a handle belongs to another dataset.
    pub fn check(&self) -> Result<()> {
        let count = self.keys.iter().enumerate().filter(|(index, key)| !self.keys[..*index].contains(key)).count();
        match count {
            0 => {
                let advice = "name at least one collection, or leave `collections` out to select all";
                Err(self.invalid("the list is empty", advice))
            }
            _ if count > Self::MAX_COLLECTIONS => {
                let reason = format!("expects at most {} collections, got {count}", Self::MAX_COLLECTIONS);
                Err(self.invalid(reason, "leave `collections` out to select all, or make several queries"))
            }
            _ => self.keys.iter().try_for_each(|key| self.check_key(key)),
        }
    }

    fn check_key(&self, key: &CollectionKey) -> Result<()> {
        match &key.0 {
            Key::Handle { dataset_id, name, .. } if *dataset_id != self.dataset_id => {
                let reason = format!("the collection `{name}` belongs to another dataset");
                Err(self.invalid(reason, "use a collection of this dataset"))
            }
            Key::Name(name) if name.trim().is_empty() => {
                let advice = "write a name, such as S2A_S2MSI1C; `collections` lists all collections";
                Err(self.invalid("a collection name is empty", advice))
            }
            Key::Id(id) if id.is_nil() => {
                Err(self.invalid("a collection id is nil", "use an id from `collections`, or a name"))
            }
            _ => Ok(()),
        }
    }

    /// Returns the id and name of each selected collection without duplicates, given the collections of the dataset.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] if the dataset has no such collection; the error suggests similar names.
    pub fn resolve(&self, listed: &[(Uuid, Arc<str>)]) -> Result<Vec<(Uuid, Arc<str>)>> {
        let mut selected: Vec<(Uuid, Arc<str>)> = Vec::with_capacity(self.keys.len());
        for key in self.keys {
            let found = match &key.0 {
                Key::Name(name) => listed.iter().find(|(_, listed)| **listed == **name).cloned(),
                Key::Id(id) => listed.iter().find(|(listed, _)| listed == id).cloned(),
                Key::Handle { id, name, .. } => Some((*id, Arc::clone(name))),
            };
            let Some(found) = found else { return Err(self.unknown(key, listed)) };
            if selected.iter().all(|(id, _)| *id != found.0) {
                selected.push(found);
            }
        }
        Ok(selected)
    }

    fn unknown(&self, key: &CollectionKey, listed: &[(Uuid, Arc<str>)]) -> Error {
        let names = || listed.iter().map(|(_, name)| &**name);
        let (name, reason) = match &key.0 {
            Key::Name(name) => (name.as_str(), format!("no collection is named `{name}`")),
            Key::Id(id) | Key::Handle { id, .. } => ("", format!("no collection has the id {id}")),
        };
        let advice = if listed.is_empty() {
            "the dataset has no collections".to_owned()
        } else {
            closest::advice(name, names(), "the collections are")
        };
        self.error(ErrorKind::NotFound, reason, advice)
    }

    fn invalid(&self, reason: impl Into<String>, advice: &str) -> Error {
        self.error(ErrorKind::InvalidArgument, reason, advice)
    }

    fn error(&self, kind: ErrorKind, reason: impl Into<String>, advice: impl Into<String>) -> Error {
        Error::new(kind, format!("select collections of the dataset `{}`", self.slug), reason, advice.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATASET: Uuid = Uuid::from_u128(7);

    fn listed() -> Vec<(Uuid, Arc<str>)> {
        let names = ["S2A_S2MSI1C", "S2A_S2MSI2A", "ERS-1"].into_iter();
        (1..).map(Uuid::from_u128).zip(names.map(Arc::from)).collect()
    }

    fn selected(keys: impl IntoCollectionKeys) -> Result<Vec<u128>> {
        let keys = keys.into_collection_keys();
        let selection = Selection::new(DATASET, "x.y", &keys);
        selection.check()?;
        Ok(selection.resolve(&listed())?.iter().map(|(id, _)| id.as_u128()).collect())
    }

    fn handle(dataset_id: Uuid) -> CollectionKey {
        CollectionKey::of_dataset(dataset_id, Uuid::from_u128(3), "ERS-1".into())
    }

    #[test]
    fn names_ids_and_handles_select_each_collection_once() {
        assert_eq!(selected(["ERS-1", "S2A_S2MSI1C", "ERS-1"]).expect("names"), [3, 1]);
        assert_eq!(selected("ERS-1").expect("a name"), [3]);
        assert_eq!(selected(["ERS-1".to_owned()].as_slice()).expect("a list of names"), [3]);
        assert_eq!(selected([Uuid::from_u128(2)]).expect("an id"), [2]);
        let mixed = [handle(DATASET), "ERS-1".into(), Uuid::from_u128(3).into(), "S2A_S2MSI2A".into()];
        assert_eq!(selected(mixed).expect("all kinds"), [3, 2]);
    }

    #[test]
    fn an_empty_list_is_an_error() {
        let error = selected(Vec::<String>::new()).expect_err("an empty list");
        assert_eq!(
            error.to_string(),
            "cannot select collections of the dataset `x.y`: the list is empty; name at least one collection, or leave \
             `collections` out to select all"
        );
    }

    #[test]
    fn a_selection_has_at_most_100_collections() {
        let keys = |count: u128| (1..=count).map(|id| CollectionKey::from(Uuid::from_u128(id))).collect::<Vec<_>>();
        let check = |keys: &[CollectionKey]| Selection::new(DATASET, "x", keys).check();
        assert!(check(&keys(100)).is_ok());
        assert!(check(&[keys(100), keys(100)].concat()).is_ok());
        let error = check(&keys(101)).expect_err("too many");
        assert!(error.to_string().contains("expects at most 100 collections, got 101"), "{error}");
    }

    #[test]
    fn an_unknown_name_is_reported_with_similar_names() {
        let error = selected(["S2A_S2MSI1c"]).expect_err("no such name");
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(
            error.to_string(),
            "cannot select collections of the dataset `x.y`: no collection is named `S2A_S2MSI1c`; did you mean \
             `S2A_S2MSI1C` or `S2A_S2MSI2A`? the collections are S2A_S2MSI1C, S2A_S2MSI2A, ERS-1"
        );
    }

    #[test]
    fn collections_of_another_dataset_are_refused() {
        let error = selected([handle(Uuid::from_u128(8))]).expect_err("a foreign handle");
        assert!(error.to_string().contains("the collection `ERS-1` belongs to another dataset"), "{error}");
        let error = selected([Uuid::from_u128(9)]).expect_err("a foreign id");
        assert!(error.to_string().contains("no collection has the id 00000000"), "{error}");
    }
}
