//! Output of values of workflows in a notebook. A [`Listing`](crate::workflows::Listing) is a table.

use crate::client::blocking;
use crate::client::notebook::shown_as_text;
use crate::workflows::{
    Automation, Cluster, Deployment, Job, JobPrototype, JobStateCounts, QueueStats, StorageLocation, TaskSummary,
    Workflow, WorkflowRelease,
};

macro_rules! shown_as_jobs {
    ($($name:ty),*) => { $(
        impl $name {
            /// Shows it as a table below a cell of a notebook. evcxr calls this method.
            #[doc(hidden)]
            pub fn evcxr_display(&self) {
                self.info().evcxr_display();
            }
        }
    )* };
}

shown_as_text!(Automation, Cluster, Deployment, StorageLocation, Workflow, WorkflowRelease);
shown_as_text!(JobPrototype, JobStateCounts, QueueStats, TaskSummary);
shown_as_jobs!(Job, blocking::workflows::Job);
