//! The API without async: each call blocks its thread until the response arrives.
//!
//! It has the names, builders and results of the async API. Where async code awaits, blocking code calls. Builders end in the
//! same verbs in both: [`Query::load`], [`Find::load`], [`Ingestion::store`].
//!
//! | async | blocking |
//! |---|---|
//! | `tilebox_tokio::client()?` | `tilebox_tokio::blocking::client()?` |
//! | `client.dataset(slug).await?` | `client.dataset(slug)?` |
//! | `collection.query(extent).load().await?`, or without `.load()` | `collection.query(extent).load()?` |
//! | `query.pages()` is a stream | `query.pages()` is an iterator |
//! | `ingest_stream(stream).store().await?` | `ingest_stream(iterator).store()?` |
//! | `load_all(queries).await?` | `load_all(queries)?` |
//!
//! # Guarantees
//!
//! Any thread can call: inside any executor (a worker of tokio with one thread or many, a task of smol or async-std,
//! `spawn_blocking`), in a cell of a notebook, in a destructor, also of a thread-local or while an executor shuts down, or in
//! the callback of another call. A call blocks that thread and everything else that the thread does. It does not panic and does
//! not wait for ever: it uses no executor but its own, and every attempt has a timeout.
//!
//! - **One thread of the client** sends requests and decodes responses. The first call starts it, and it ends when the last
//!   clone and handle is dropped. The calling thread runs the user's iterators and progress observers.
//! - An HTTP client may start its own thread, as in the async API: isahc has one for its transfers, tokio one for name lookups.
//! - A client is cheap to clone and can be shared between threads. Concurrent loads are [`Query::load_by_collection`],
//!   [`load_all`] and [`load_each`], or one thread each:
//!
//! ```no_run
//! # use tilebox_core::blocking::Collection;
//! # fn example(first: Collection, second: Collection) -> tilebox_core::Result<()> {
//! let day = ("2025-03-01", "2025-03-02");
//! std::thread::scope(|scope| {
//!     let first = scope.spawn(|| first.query(day).load());
//!     let second = second.query(day).load()?;
//!     println!("{}\n{second}", first.join().expect("a load does not panic")?);
//!     Ok(())
//! })
//! # }
//! ```
//!
//! Blocking a thread of an executor is harmless for a moment, in a test or a notebook. A service should await instead, or
//! call from `spawn_blocking`. Two things cannot work: a request to a server that runs on the blocked thread, and a transport or
//! a subscriber of `tracing` that calls the client whose thread it runs on.
//!
//! # Synchronous code under an executor
//!
//! A callback (a step of a workflow, a visitor, a comparison, `Drop`) is synchronous although an executor runs below it and the
//! program holds an async client. [`Client::blocking`](crate::Client::blocking) returns a blocking client for the same server,
//! with the same key, limits and progress observer. The module `blocking` of each runtime crate has an example.
//!
//! Create it once and keep it: it has its own connections. Shorter ways panic or hang:
//!
//! | code | what happens |
//! |---|---|
//! | `Handle::block_on`, `Runtime::block_on` or `#[tokio::main]` inside of tokio | panics: a runtime within a runtime |
//! | `tokio::task::block_in_place` around it | panics on a runtime of one thread, and in a `LocalSet` |
//! | `futures::executor::block_on` or `pollster` inside of tokio | hangs on one thread, and may hang on several: the task with the request can be queued behind the blocked task, and a task that never yields uses up its budget of polls |
//! | `futures::executor::block_on` inside of another one | panics |
//! | `smol::block_on` in a task of smol's global executor | hangs when `SMOL_THREADS` is 1, its default: the waiting thread would run the requests |
//! | `async_std::task::block_on` in a task of async-std | hangs once all its threads wait |
//! | spawning the future and receiving from a channel | hangs in the same cases |
//!
//! | file | contents |
//! |---|---|
//! | `wait` | a thread that waits for a future |
//! | `client`, `dataset`, `collection` | the handles |
//! | `query`, `find`, `ingest` | request builders |
//! | `c_stream` | pages as a stream of the Arrow C interface |
//! | `workflows` | jobs, clusters and the other handles of workflows |

#[cfg(feature = "arrow-c")]
mod c_stream;
mod client;
mod collection;
mod dataset;
mod find;
mod ingest;
mod query;
mod wait;
pub mod workflows;

pub use client::Client;
pub use collection::Collection;
pub use dataset::{Dataset, Datasets};
pub use find::Find;
pub use ingest::Ingestion;
pub use query::{PageStream, Query, load_all, load_each};
pub use wait::block_on;

const _: () = {
    const fn is_shared<T: Send + Sync>() {}
    is_shared::<Client>();
    is_shared::<Dataset>();
    is_shared::<Collection>();
    const fn is_send<T: Send>() {}
    is_send::<Query>();
    is_send::<PageStream>();
    is_send::<Ingestion<'static>>();
};
