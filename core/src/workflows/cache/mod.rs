//! The caches through which the tasks of a job share values.
//!
//! | file | contents |
//! |---|---|
//! | `cache` | [`Cache`], the trait of storage for all jobs |
//! | `folder` | [`FolderCache`], files in a folder, shared with runners in Python |
//! | `job_cache` | [`JobCache`], the part of a cache that belongs to one job |
//! | `key` | [`CacheKey`], the checked name of a value |
//! | `memory` | [`MemoryCache`], values of one process |
//! | `no_cache` | [`NoCache`], the default of a runner |
//! | `unblock` | [`Unblock`], file access away from the executor |

#[expect(clippy::module_inception, reason = "each type has a file with its name")]
mod cache;
mod folder;
mod job_cache;
mod key;
mod memory;
mod no_cache;
#[cfg(test)]
mod tests;
mod unblock;

pub use cache::{Cache, CacheError};
pub use folder::FolderCache;
pub use job_cache::JobCache;
pub use key::CacheKey;
pub use memory::MemoryCache;
pub use no_cache::NoCache;
pub use unblock::Unblock;
