//! The methods of the API, with their names and paths.

use std::str::FromStr;

use tilebox_core::protocol::wire::datasets::v1::DatasetPermission;

use crate::suggest;

/// The path prefix of read-only methods for callers without a token.
const PUBLIC_PREFIX: &str = "public/";

/// The rule that decides who may call a method.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Access {
    /// The permissions of the dataset decide. The method changes nothing, so it is served under `/public` as well.
    Public,
    /// The permissions of the dataset decide.
    Dataset,
    /// The token needs the permission to read.
    Read,
    /// The token needs the permission to write.
    Write,
    /// The token needs the permission to edit.
    Edit,
}

/// Defines [`Rpc`] from a table of services and their methods: the variant, the name in the path, who may call it.
macro_rules! rpcs {
    ($($service:literal { $($rpc:ident $method:literal $access:ident,)+ })+) => {
        /// A method of the API.
        ///
        /// As text it is the name in its path: `Query`, `QueryByID`.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        #[expect(missing_docs, reason = "each variant is named after its method")]
        pub enum Rpc {
            $($($rpc,)+)+
        }

        impl Rpc {
            /// All methods.
            pub const ALL: [Self; [$($($method,)+)+].len()] = [$($(Self::$rpc,)+)+];

            /// The path of each method, in the order of [`ALL`](Self::ALL).
            const PATHS: [&str; Self::ALL.len()] = [$($(concat!($service, "/", $method),)+)+];

            fn access(self) -> Access {
                match self {
                    $($(Self::$rpc => Access::$access,)+)+
                }
            }
        }
    };
}

rpcs! {
    "datasets.v1.DatasetService" {
        CreateDataset "CreateDataset" Dataset,
        GetDataset "GetDataset" Public,
        UpdateDataset "UpdateDataset" Dataset,
        DeleteDataset "DeleteDataset" Dataset,
        ListDatasets "ListDatasets" Public,
    }
    "datasets.v1.CollectionService" {
        CreateCollection "CreateCollection" Dataset,
        GetCollectionByName "GetCollectionByName" Public,
        DeleteCollection "DeleteCollection" Dataset,
        ListCollections "ListCollections" Public,
    }
    "datasets.v1.DataAccessService" {
        Query "Query" Public,
        QueryById "QueryByID" Public,
    }
    "datasets.v1.DataIngestionService" {
        Ingest "Ingest" Dataset,
        Delete "Delete" Dataset,
    }
    "workflows.v1.JobService" {
        SubmitJob "SubmitJob" Write,
        GetJob "GetJob" Read,
        ListJobTasks "ListJobTasks" Read,
        RetryJob "RetryJob" Write,
        CancelJob "CancelJob" Write,
        VisualizeJob "VisualizeJob" Read,
        QueryJobs "QueryJobs" Read,
        GetJobPrototype "GetJobPrototype" Read,
        CloneJob "CloneJob" Write,
        GetJobStateCounts "GetJobStateCounts" Read,
        GetTaskQueueStats "GetTaskQueueStats" Read,
    }
    "workflows.v1.TaskService" {
        NextTask "NextTask" Write,
        TaskFailed "TaskFailed" Write,
        ExtendTaskLease "ExtendTaskLease" Write,
    }
    "workflows.v1.WorkflowsService" {
        CreateCluster "CreateCluster" Edit,
        GetCluster "GetCluster" Read,
        UpdateCluster "UpdateCluster" Edit,
        DeleteCluster "DeleteCluster" Edit,
        ListClusters "ListClusters" Read,
        CreateWorkflow "CreateWorkflow" Edit,
        ListWorkflows "ListWorkflows" Read,
        GetWorkflow "GetWorkflow" Read,
        UpdateWorkflow "UpdateWorkflow" Edit,
        DeleteWorkflow "DeleteWorkflow" Edit,
        PublishWorkflowRelease "PublishWorkflowRelease" Edit,
        UnpublishWorkflowRelease "UnpublishWorkflowRelease" Edit,
        DeployWorkflowRelease "DeployWorkflowRelease" Edit,
        UndeployWorkflowRelease "UndeployWorkflowRelease" Edit,
    }
    "workflows.v1.AutomationService" {
        ListAutomations "ListAutomations" Read,
        GetAutomation "GetAutomation" Read,
        CreateAutomation "CreateAutomation" Edit,
        UpdateAutomation "UpdateAutomation" Edit,
        DeleteAutomation "DeleteAutomation" Edit,
    }
    "workflows.v1.StorageLocationService" {
        ListStorageLocations "ListStorageLocations" Read,
        GetStorageLocation "GetStorageLocation" Read,
        CreateStorageLocation "CreateStorageLocation" Edit,
        UpdateStorageLocation "UpdateStorageLocation" Edit,
        DeleteStorageLocation "DeleteStorageLocation" Edit,
    }
    "workflows.v1.TelemetryQueryService" {
        QueryJobLogs "QueryJobLogs" Read,
        QueryLogsInInterval "QueryLogsInInterval" Read,
        GetLogMessageCounts "GetLogMessageCounts" Read,
        QueryJobSpans "QueryJobSpans" Read,
    }
    "workflows.v1.DiagramService" {
        RenderDiagram "Render" Read,
    }
}

impl Rpc {
    /// Returns the path of a request without its leading slash: `service/Method`.
    pub(crate) fn path(self) -> &'static str {
        // Cannot be absent: the table has a path for each method.
        Self::PATHS.get(self.index()).copied().unwrap_or_default()
    }

    /// Returns the name of the method without its service.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.path().rsplit('/').next().unwrap_or_default()
    }

    /// Returns the position of the method in [`ALL`](Self::ALL).
    pub(crate) fn index(self) -> usize {
        self as usize
    }

    /// Returns the permission that a token needs for a method of workflows; `None` for methods of datasets, where the
    /// dataset decides as well.
    pub(crate) fn permission(self) -> Option<DatasetPermission> {
        match self.access() {
            Access::Public | Access::Dataset => None,
            Access::Read => Some(DatasetPermission::AccessData),
            Access::Write => Some(DatasetPermission::WriteData),
            Access::Edit => Some(DatasetPermission::Edit),
        }
    }

    /// Returns whether a call takes microseconds and its response is small and unlike all others, so that it runs on the
    /// server's threads and compression would only cost time.
    pub(crate) fn is_short(self) -> bool {
        matches!(self, Self::NextTask | Self::TaskFailed | Self::ExtendTaskLease | Self::GetCluster)
    }

    /// Returns the method of a path, with or without its leading slash, and whether the path is public.
    pub(crate) fn of_path(path: &str) -> Option<(Self, bool)> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let (path, public) = match path.strip_prefix(PUBLIC_PREFIX) {
            Some(path) => (path, true),
            None => (path, false),
        };
        let position = Self::PATHS.iter().position(|known| *known == path)?;
        let rpc = *Self::ALL.get(position)?;
        (!public || rpc.access() == Access::Public).then_some((rpc, public))
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
        assert_eq!(Rpc::of_path("/workflows.v1.JobService/GetJob"), Some((Rpc::GetJob, false)));
        assert_eq!(Rpc::of_path("/public/workflows.v1.JobService/GetJob"), None);
    }

    #[test]
    fn each_method_has_a_path_and_a_name_of_its_own() {
        for rpc in Rpc::ALL {
            assert_eq!(Rpc::of_path(rpc.path()), Some((rpc, false)));
            assert_eq!(rpc.name().parse(), Ok(rpc));
        }
        assert_eq!(Rpc::ALL.len(), 13 + 43);
    }
}
