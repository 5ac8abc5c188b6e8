//! The same API for code that waits: each call blocks its thread until the answer is there.
//!
//! A person starts at `blocking::Client` of a runtime crate, which is this [`Client`] with a thread and an HTTP client.
//! Names, builders and results are those of the async API. What is awaited there is called here, and a builder ends in a
//! verb that both have: [`Query::load`], [`Find::load`], [`Ingestion::store`].
//!
//! | async | blocking |
//! |---|---|
//! | `use tilebox_tokio::Client;` | `use tilebox_tokio::blocking::Client;` |
//! | `client.dataset(slug).await?` | `client.dataset(slug)?` |
//! | `collection.query(extent).load().await?`, or without `.load()` | `collection.query(extent).load()?` |
//! | `query.pages()` is a stream | `query.pages()` is an iterator |
//! | `ingest_stream(stream).store().await?` | `ingest_stream(iterator).store()?` |
//! | `load_all(queries).await?` | `load_all(queries)?` |
//!
//! # What it promises
//!
//! A call may be made from any thread: inside of any executor (a worker of tokio with one thread or many, a task of
//! smol or async-std, `spawn_blocking`), in a cell of a notebook, in a destructor, also of a thread-local or while an
//! executor shuts down, in the callback of another call. It blocks that thread, and with it whatever else the thread
//! would do. It does not panic and does not wait for ever: it touches no executor but its own, and every attempt has a
//! timeout.
//!
//! - Requests are sent, answered and decoded on **one thread of the client**, started by its first call and ended when the
//!   last of its clones and handles is dropped. What a person brings (iterators, progress observers) runs on the thread
//!   of the caller.
//! - An HTTP client may bring a thread of its own, as it does for the async client: isahc one for its transfers, tokio's
//!   one to look up names.
//! - A client is cheap to clone and can be shared between threads, so loads at once are
//!   [`Query::load_by_collection`], [`load_all`] and [`load_each`], or a thread each:
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
//! Blocking a thread of an executor is no harm for a moment, in a test or a notebook. A service should await instead, or
//! call from `spawn_blocking`. Two things cannot work: asking a server that runs on the very thread that is blocked, and a
//! transport or a subscriber of `tracing` that calls the client on whose thread it is.
//!
//! # From synchronous code that runs under an executor
//!
//! A callback (a step of a workflow, a visitor, a comparison, `Drop`) is synchronous although an executor runs below it,
//! and what is at hand is an async client. `Client::blocking` of the runtime crate makes a blocking one for the same
//! server, key, limits and progress; there is an example in its module `blocking`.
//!
//! Make it once where steps are many: it has connections of its own. The ways that look shorter are traps:
//!
//! | what one would write | what happens |
//! |---|---|
//! | `Handle::block_on`, `Runtime::block_on` or `#[tokio::main]` inside of tokio | panics: a runtime within a runtime |
//! | `tokio::task::block_in_place` around it | panics on a runtime of one thread, and in a `LocalSet` |
//! | `futures::executor::block_on` or `pollster` inside of tokio | hangs on one thread; on several it may: the task that carries the request can stand in line behind the blocked one, and a task that never yields runs out of its share of polls |
//! | `futures::executor::block_on` inside of another one | panics |
//! | `smol::block_on` in a task of smol's global executor | hangs when `SMOL_THREADS` is 1, its default: the requests are tasks of the thread that waits |
//! | `async_std::task::block_on` in a task of async-std | hangs once all its threads do so |
//! | spawning the future and receiving from a channel | hangs wherever the above does |
//!
//! | file | holds |
//! |---|---|
//! | `wait` | a thread waits for a future |
//! | `client`, `dataset`, `collection` | the handles |
//! | `query`, `find`, `ingest` | what is built up and then loaded or stored |

mod client;
mod collection;
mod dataset;
mod find;
mod ingest;
mod query;
mod wait;

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
