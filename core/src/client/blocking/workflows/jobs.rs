//! Submission, search and queries of jobs.

use crate::client::blocking::Client;
use crate::client::workflows;

impl Client {
    /// Returns the jobs of your organisation, to submit and to find them.
    #[must_use]
    pub fn jobs(&self) -> Jobs {
        Jobs { inner: self.inner().jobs() }
    }
}

/// The jobs of your organisation. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Jobs {
    pub(super) inner: workflows::Jobs,
}
