//! Which collections of a dataset a query asks, however they are named.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use super::CollectionInfo;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::closest;

/// The most collections that one query can ask (`datasets.v1.QueryRequest.collection_ids`).
const MAX_COLLECTIONS: usize = 100;

/// A collection, by its name, its id, or its handle.
///
/// ```
/// use tilebox_core::datasets::CollectionKey;
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
    /// Known to exist in a dataset.
    Handle {
        dataset_id: Uuid,
        id: Uuid,
        name: Arc<str>,
    },
}

impl CollectionKey {
    /// A collection that was found in a dataset before.
    #[must_use]
    pub fn of_dataset(dataset_id: Uuid, id: Uuid, name: Arc<str>) -> Self {
        Self(Key::Handle { dataset_id, id, name })
    }

    /// Its id.
    ///
    /// # Errors
    ///
    /// The name to look it up by, when only that is known.
    pub fn id(&self) -> Result<Uuid, &str> {
        match &self.0 {
            Key::Name(name) => Err(name),
            Key::Id(id) | Key::Handle { id, .. } => Ok(*id),
        }
    }

    /// Whether the collections of the dataset have to be listed to know what is meant.
    #[must_use]
    pub fn wants_listing(&self) -> bool {
        !matches!(self.0, Key::Handle { .. })
    }
}

/// The name where it is known, else the id.
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

/// A choice among the collections of a dataset: first [checked](Self::check), then [resolved](Self::resolve).
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    dataset_id: Uuid,
    slug: &'a str,
    keys: &'a [CollectionKey],
}

impl<'a> Selection<'a> {
    /// The choice of `keys` in a dataset.
    #[must_use]
    pub const fn new(dataset_id: Uuid, slug: &'a str, keys: &'a [CollectionKey]) -> Self {
        Self { dataset_id, slug, keys }
    }

    /// Checks what can be checked without knowing the collections.
    ///
    /// # Errors
    ///
    /// When the list is empty (which must not come to mean all of them) or has more than 100 collections, a name is
    /// empty, an id is nil, or a handle is of another dataset.
    pub fn check(&self) -> Result<()> {
        let count = self.keys.iter().enumerate().filter(|(index, key)| !self.keys[..*index].contains(key)).count();
        match count {
            0 => {
                let advice = "name at least one collection, or leave `collections` out to ask all of them";
                Err(self.error(ErrorKind::InvalidArgument, "the list is empty", advice))
            }
            _ if count > MAX_COLLECTIONS => {
                let reason = format!("{count} are more than one query can ask, which is {MAX_COLLECTIONS}");
                let advice = "leave `collections` out to ask all of them, or make several queries";
                Err(self.error(ErrorKind::InvalidArgument, reason, advice))
            }
            _ => self.keys.iter().try_for_each(|key| match &key.0 {
                Key::Handle { dataset_id, name, .. } if *dataset_id != self.dataset_id => {
                    let reason = format!("the collection `{name}` belongs to another dataset");
                    Err(self.error(ErrorKind::InvalidArgument, reason, "take it from this dataset"))
                }
                Key::Name(name) if name.trim().is_empty() => Err(self.error(
                    ErrorKind::InvalidArgument,
                    "the name of one is empty",
                    "write its name, such as S2A_S2MSI1C; `collections` lists those that there are",
                )),
                Key::Id(id) if id.is_nil() => Err(self.error(
                    ErrorKind::InvalidArgument,
                    "the id of one is nil",
                    "take it from `collections`, or write its name",
                )),
                _ => Ok(()),
            }),
        }
    }

    /// Id and name of each chosen collection, each once, given those that the dataset has.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when the dataset has no such collection; the error names the closest ones.
    pub fn resolve(&self, listed: &[(Uuid, Arc<str>)]) -> Result<Vec<(Uuid, Arc<str>)>> {
        let mut chosen: Vec<(Uuid, Arc<str>)> = Vec::with_capacity(self.keys.len());
        for key in self.keys {
            let found = match &key.0 {
                Key::Name(name) => listed.iter().find(|(_, listed)| **listed == **name).cloned(),
                Key::Id(id) => listed.iter().find(|(listed, _)| listed == id).cloned(),
                Key::Handle { id, name, .. } => Some((*id, Arc::clone(name))),
            };
            let Some(found) = found else { return Err(self.unknown(key, listed)) };
            if chosen.iter().all(|(id, _)| *id != found.0) {
                chosen.push(found);
            }
        }
        Ok(chosen)
    }

    fn unknown(&self, key: &CollectionKey, listed: &[(Uuid, Arc<str>)]) -> Error {
        let names = || listed.iter().map(|(_, name)| &**name);
        let (name, reason) = match &key.0 {
            Key::Name(name) => (name.as_str(), format!("it has none named `{name}`")),
            Key::Id(id) | Key::Handle { id, .. } => ("", format!("it has none with the id {id}")),
        };
        let advice = if listed.is_empty() {
            "the dataset has no collections".to_owned()
        } else {
            closest::advice(name, names(), "there are")
        };
        self.error(ErrorKind::NotFound, reason, advice)
    }

    fn error(&self, kind: ErrorKind, reason: impl Into<String>, advice: impl Into<String>) -> Error {
        Error::new(kind, format!("choose collections of the dataset `{}`", self.slug), reason, advice.into())
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

    fn chosen(keys: impl IntoIterator<Item = impl Into<CollectionKey>>) -> Result<Vec<u128>> {
        let keys: Vec<_> = keys.into_iter().map(Into::into).collect();
        let selection = Selection::new(DATASET, "x.y", &keys);
        selection.check()?;
        Ok(selection.resolve(&listed())?.iter().map(|(id, _)| id.as_u128()).collect())
    }

    fn handle(dataset_id: Uuid) -> CollectionKey {
        CollectionKey::of_dataset(dataset_id, Uuid::from_u128(3), "ERS-1".into())
    }

    #[test]
    fn names_ids_and_handles_mean_collections_each_once() {
        assert_eq!(chosen(["ERS-1", "S2A_S2MSI1C", "ERS-1"]).expect("names"), [3, 1]);
        assert_eq!(chosen([Uuid::from_u128(2)]).expect("an id"), [2]);
        let mixed = [handle(DATASET), "ERS-1".into(), Uuid::from_u128(3).into(), "S2A_S2MSI2A".into()];
        assert_eq!(chosen(mixed).expect("all kinds"), [3, 2]);
    }

    #[test]
    fn an_empty_list_is_an_error_and_not_everything() {
        let error = chosen(Vec::<String>::new()).expect_err("an empty list");
        assert_eq!(
            error.to_string(),
            "cannot choose collections of the dataset `x.y`: the list is empty; name at least one collection, or leave \
             `collections` out to ask all of them"
        );
    }

    #[test]
    fn a_hundred_collections_are_taken_and_no_more() {
        let keys = |count: u128| (1..=count).map(|id| CollectionKey::from(Uuid::from_u128(id))).collect::<Vec<_>>();
        let check = |keys: &[CollectionKey]| Selection::new(DATASET, "x", keys).check();
        assert!(check(&keys(100)).is_ok());
        assert!(check(&[keys(100), keys(100)].concat()).is_ok());
        let error = check(&keys(101)).expect_err("too many");
        assert!(error.to_string().contains("101 are more than one query can ask"), "{error}");
    }

    #[test]
    fn a_name_that_is_not_there_is_told_with_those_that_are_close() {
        let error = chosen(["S2A_S2MSI1c"]).expect_err("no such name");
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(
            error.to_string(),
            "cannot choose collections of the dataset `x.y`: it has none named `S2A_S2MSI1c`; did you mean \
             `S2A_S2MSI1C` or `S2A_S2MSI2A`? there are S2A_S2MSI1C, S2A_S2MSI2A, ERS-1"
        );
    }

    #[test]
    fn collections_of_another_dataset_are_refused() {
        let error = chosen([handle(Uuid::from_u128(8))]).expect_err("a foreign handle");
        assert!(error.to_string().contains("the collection `ERS-1` belongs to another dataset"), "{error}");
        let error = chosen([Uuid::from_u128(9)]).expect_err("a foreign id");
        assert!(error.to_string().contains("it has none with the id 00000000"), "{error}");
    }
}
