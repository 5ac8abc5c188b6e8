//! The handles of workflows: jobs, clusters, workflows, automations, storage locations.
//!
//! | file | contents |
//! |---|---|
//! | `automations`, `clusters`, `storage_locations`, `workflows` | the handle of each, and its requests |
//! | `logs`, `spans`, `telemetry_pages` | queries of logs and spans, and their pages |
//! | `jobs` | submission, search and queries of jobs |

mod automations;
mod clusters;
mod jobs;
mod logs;
mod spans;
mod storage_locations;
mod telemetry_pages;
#[expect(clippy::module_inception, reason = "each handle has a file with its name")]
mod workflows;

#[doc(no_inline)]
pub use crate::workflows::*;
pub use automations::{AutomationUpdate, Automations, CronAutomationCreation, StorageEventAutomationCreation};
pub use clusters::{ClusterCreation, ClusterUpdate, Clusters};
pub use jobs::Jobs;
pub use logs::LogQuery;
pub use spans::SpanQuery;
pub use storage_locations::StorageLocations;
pub use telemetry_pages::{LogPages, SpanPages, TelemetryPages};
pub use workflows::{ReleaseDeployment, WorkflowCreation, WorkflowList, WorkflowStream, WorkflowUpdate, Workflows};
