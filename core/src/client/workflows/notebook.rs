//! Output of values of workflows in a notebook. A [`Listing`](crate::workflows::Listing) is a table.

use crate::notebook;
use crate::workflows::{Automation, Cluster, Deployment, StorageLocation, Workflow, WorkflowRelease};

macro_rules! shown_as_text {
    ($($name:ty),*) => { $(
        impl $name {
            /// Shows it as text below a cell of a notebook. evcxr calls this method.
            pub fn evcxr_display(&self) {
                notebook::show_text(self);
            }
        }
    )* };
}

shown_as_text!(Automation, Cluster, Deployment, StorageLocation, Workflow, WorkflowRelease);
