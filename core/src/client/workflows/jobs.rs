//! Submission, search and queries of jobs.

use std::sync::Arc;

use crate::client::Client;
use crate::client::driver::session::Session;

impl Client {
    /// Returns the jobs of your organisation, to submit and to find them.
    #[must_use]
    pub fn jobs(&self) -> Jobs {
        Jobs { session: Arc::clone(&self.session) }
    }
}

/// The jobs of your organisation. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Jobs {
    pub(super) session: Arc<Session>,
}
