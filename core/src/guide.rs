//! The guide: what a person does with this SDK, chapter by chapter.
//!
//! 1. [Start](start): the first query, keys, what there is to load, errors
//! 2. [Query](query): time, place, filters, limits
//! 3. [Results](results): columns, and results page by page
//! 4. [Concurrency](concurrency): several loads at once, and how much time that saves
//! 5. [Blocking](blocking): without an executor, or under one
//! 6. [Ingestion](ingestion): datasets of your own
//! 7. [Observing](observing): what a load cost, how far it is, what `tracing` hears, errors
//! 8. [Testing](testing): your own code without a network
//! 9. [Notebook](notebook): tables, maps and bars in Jupyter
//! 10. [Runtimes](runtimes): which crate to take
//! 11. [From Python](from_python): what is called how, and what differs
//! 12. [From Go](from_go): the same for the Go client
//!
//! The chapters import from `tilebox_tokio`; it is the same with `tilebox_smol` and `tilebox_async_std`. Every example
//! runs in the tests, against the local server, and has to load something (`tests/src/examples.rs`).

/// Declares a chapter whose text is a file in `core/guide`.
macro_rules! chapters {
    ($($(#[$title:meta])* $name:ident;)*) => { $(
        $(#[$title])*
        #[cfg_attr(not(doctest), doc = include_str!(concat!("../guide/", stringify!($name), ".md")))]
        pub mod $name {}
    )* };
}

chapters! {
    /// 1. The first query, keys, what there is to load, errors.
    ///
    start;
    /// 2. What a query can ask for.
    ///
    query;
    /// 3. What comes back.
    ///
    results;
    /// 4. Several loads at once.
    ///
    concurrency;
    /// 5. The same API for code that waits.
    ///
    blocking;
    /// 6. Datasets of your own.
    ///
    ingestion;
    /// 7. What a load cost, how far it is, what `tracing` hears, errors.
    ///
    observing;
    /// 8. Your own code without a network.
    ///
    testing;
    /// 9. Tables, maps and bars in Jupyter.
    ///
    notebook;
    /// 10. Which crate to take.
    ///
    runtimes;
    /// 11. What is called how, for who knows the Python client.
    ///
    from_python;
    /// 12. What is called how, for who knows the Go client.
    ///
    from_go;
}
