//! The methods the emulator knows, by their path.

/// One method of the API.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rpc {
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

/// The prefix under which methods that only read are there for callers without a token.
const PUBLIC_PREFIX: &str = "public/";

impl Rpc {
    /// All methods.
    pub(crate) const ALL: [Self; 13] = [
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

    /// `service/Method`, as in the path of a request.
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

    /// The method without its service.
    pub(crate) fn name(self) -> &'static str {
        self.path().rsplit('/').next().unwrap_or_default()
    }

    /// The method of a name without its service.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rpc| rpc.name() == name)
    }

    /// Whether it changes nothing.
    pub(crate) fn only_reads(self) -> bool {
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

    /// The method of a path, with or without its leading slash, and whether the path is a public one.
    pub(crate) fn of_path(path: &str) -> Option<(Self, bool)> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let (path, public) = match path.strip_prefix(PUBLIC_PREFIX) {
            Some(path) => (path, true),
            None => (path, false),
        };
        let rpc = Self::ALL.into_iter().find(|rpc| rpc.path() == path)?;
        (!public || rpc.only_reads()).then_some((rpc, public))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_paths_are_those_that_only_read() {
        assert_eq!(Rpc::of_path("/datasets.v1.DataAccessService/QueryByID"), Some((Rpc::QueryById, false)));
        assert_eq!(Rpc::of_path("/public/datasets.v1.DataAccessService/Query"), Some((Rpc::Query, true)));
        assert_eq!(Rpc::of_path("/public/datasets.v1.CollectionService/CreateCollection"), None);
        assert_eq!(Rpc::of_path("/datasets.v1.DataAccessService/QueryById"), None);
    }
}
