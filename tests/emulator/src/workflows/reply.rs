//! The response of a call, which may have to wait for the disk.

use bytes::Bytes;

use crate::services::Refusal;

/// An encoded response. It must not be sent before [`wait`](Self::wait) ends.
#[must_use]
pub(crate) struct Reply {
    message: Bytes,
}

impl Reply {
    /// Creates a response that waits for nothing.
    pub(crate) fn ready(message: Bytes) -> Self {
        Self { message }
    }

    /// Waits until everything that the response tells of is on disk, and returns the response.
    pub(crate) async fn wait(self) -> Result<Bytes, Refusal> {
        Ok(self.message)
    }

    /// Waits like [`wait`](Self::wait), blocking the thread.
    pub(crate) fn block(self) -> Result<Bytes, Refusal> {
        Ok(self.message)
    }
}
