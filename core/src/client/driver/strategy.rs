//! The place where the exchanges of a machine run.

/// The place where the exchanges of a query run. The exchanges and their order are the same for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Strategy {
    /// Inside the caller's future: nothing is spawned, and any executor works. A consumer that is slow to poll the next
    /// page stalls the sockets, which does not count towards timeouts, and one page is decoded at a time.
    Joined,
    /// Each as a task of the executor, so loading continues while the consumer is busy, and so do decompression and
    /// decoding of the next pages, on all cores of the executor.
    Spawned,
}
