//! The guide: how to use this SDK, chapter by chapter.
//!
//! 1. [First steps](first_steps): from an empty folder to a file, with a local server
//! 2. [Start](start): the first query, keys, datasets, errors
//! 3. [Queries](query): time, area, filters, limits
//! 4. [Results](results): columns, structs, files, page by page
//! 5. [Concurrency](concurrency): several loads at once, and the time that saves
//! 6. [Blocking](blocking): the same API without an executor, or under one
//! 7. [Ingestion](ingestion): your own datasets
//! 8. [Jobs](jobs): work for runners on any number of machines
//! 9. [Tasks](tasks): the work itself, and the runners that execute it
//! 10. [Observing](observing): metrics, progress, `tracing`, errors
//! 11. [Testing](testing): tests of your code without a network
//! 12. [Notebooks](notebook): tables, maps and bars in Jupyter
//! 13. [Runtimes](runtimes): the choice of a crate and an HTTP client
//! 14. [Compiler errors](compiler_errors): what to write instead
//! 15. [From Python](from_python): equivalent calls and differences
//! 16. [From Go](from_go): equivalent calls and differences
//!
//! The chapters import from `tilebox_tokio`; `tilebox_smol` and `tilebox_async_std` have the same names. The tests run
//! every example against the local server and check that it loads something (`tests/src/examples.rs`).

/// Declares a chapter whose text is a file in `core/guide`.
macro_rules! chapters {
    ($($(#[$summary:meta])* $name:ident;)*) => { $(
        $(#[$summary])*
        #[cfg_attr(not(doctest), doc = include_str!(concat!("../guide/", stringify!($name), ".md")))]
        pub mod $name {}
    )* };
}

chapters! {
    /// From an empty folder to a file, with a local server.
    ///
    first_steps;
    /// The first query, keys, datasets, errors.
    ///
    start;
    /// Time, area, filters, limits.
    ///
    query;
    /// Columns, structs, files, page by page.
    ///
    results;
    /// Several loads at once.
    ///
    concurrency;
    /// The same API without an executor, or under one.
    ///
    blocking;
    /// Your own datasets.
    ///
    ingestion;
    /// Work for runners on any number of machines: submit, wait, query, logs, automations.
    ///
    jobs;
    /// The work itself, and the runners that execute it: tasks, context, leases, stopping, tests.
    ///
    tasks;
    /// Metrics, progress, `tracing`, errors.
    ///
    observing;
    /// Tests of your code without a network.
    ///
    testing;
    /// Tables, maps and bars in Jupyter.
    ///
    notebook;
    /// The choice of a crate and an HTTP client.
    ///
    runtimes;
    /// Messages of the compiler for `&&`, `<` and `tokio::spawn(query)`, and the right code.
    ///
    compiler_errors;
    /// Equivalent calls and differences for users of the Python client.
    ///
    from_python;
    /// Equivalent calls and differences for users of the Go client.
    ///
    from_go;
}
