//! The methods of the API, with their names and paths.

use std::str::FromStr;

use crate::suggest;

/// A method of the API.
///
/// As text it is the name in its path: `Query`, `QueryByID`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant is named after its method")]
pub enum Rpc {
    CreateDataset,
    GetDataset,
    UpdateDataset,
    DeleteDataset,
    ListDatasets,
    CreateCollection,
    GetCollectionByName,
    DeleteCollection,
    ListCollections,
    Query,
    QueryById,
    Ingest,
    Delete,
}

/// The path prefix of read-only methods for callers without a token.
const PUBLIC_PREFIX: &str = "public/";

impl Rpc {
    /// All methods.
    pub const ALL: [Self; 13] = [
        Self::CreateDataset,
        Self::GetDataset,
        Self::UpdateDataset,
        Self::DeleteDataset,
        Self::ListDatasets,
        Self::CreateCollection,
        Self::GetCollectionByName,
        Self::DeleteCollection,
        Self::ListCollections,
        Self::Query,
        Self::QueryById,
        Self::Ingest,
        Self::Delete,
    ];

    /// Returns the path of a request without its leading slash: `service/Method`.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::CreateDataset => "datasets.v1.DatasetService/CreateDataset",
            Self::UpdateDataset => "datasets.v1.DatasetService/UpdateDataset",
            Self::DeleteDataset => "datasets.v1.DatasetService/DeleteDataset",
            Self::GetDataset => "datasets.v1.DatasetService/GetDataset",
            Self::ListDatasets => "datasets.v1.DatasetService/ListDatasets",
            Self::CreateCollection => "datasets.v1.CollectionService/CreateCollection",
            Self::GetCollectionByName => "datasets.v1.CollectionService/GetCollectionByName",
            Self::DeleteCollection => "datasets.v1.CollectionService/DeleteCollection",
            Self::ListCollections => "datasets.v1.CollectionService/ListCollections",
            Self::Query => "datasets.v1.DataAccessService/Query",
            Self::QueryById => "datasets.v1.DataAccessService/QueryByID",
            Self::Ingest => "datasets.v1.DataIngestionService/Ingest",
            Self::Delete => "datasets.v1.DataIngestionService/Delete",
        }
    }

    /// Returns the name of the method without its service.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.path().rsplit('/').next().unwrap_or_default()
    }

    /// Returns whether the method changes no data.
    fn is_read_only(self) -> bool {
        match self {
            Self::GetDataset
            | Self::ListDatasets
            | Self::GetCollectionByName
            | Self::ListCollections
            | Self::Query
            | Self::QueryById => true,
            Self::CreateDataset
            | Self::UpdateDataset
            | Self::DeleteDataset
            | Self::CreateCollection
            | Self::DeleteCollection
            | Self::Ingest
            | Self::Delete => false,
        }
    }

    /// Returns the method of a path, with or without its leading slash, and whether the path is public.
    pub(crate) fn of_path(path: &str) -> Option<(Self, bool)> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let (path, public) = match path.strip_prefix(PUBLIC_PREFIX) {
            Some(path) => (path, true),
            None => (path, false),
        };
        let rpc = Self::ALL.into_iter().find(|rpc| rpc.path() == path)?;
        (!public || rpc.is_read_only()).then_some((rpc, public))
    }
}

impl FromStr for Rpc {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|rpc| rpc.name() == name).ok_or_else(|| {
            let advice = suggest::advice(name, "the methods are", &Self::ALL.map(Self::name));
            format!("unknown method {name:?}; {advice}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_paths_serve_read_only_methods() {
        assert_eq!(Rpc::of_path("/datasets.v1.DataAccessService/QueryByID"), Some((Rpc::QueryById, false)));
        assert_eq!(Rpc::of_path("/public/datasets.v1.DataAccessService/Query"), Some((Rpc::Query, true)));
        assert_eq!(Rpc::of_path("/public/datasets.v1.CollectionService/CreateCollection"), None);
        assert_eq!(Rpc::of_path("/datasets.v1.DataAccessService/QueryById"), None);
    }
}
