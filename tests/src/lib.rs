//! Code that the tests share.

pub mod examples;
pub mod go_client;
pub mod loading;
pub mod recordings;
pub mod reflection;
pub mod simulation;
pub mod sources;
pub mod workflows;

/// Runs the examples of the README and checks that they load something; see [`examples`].
#[cfg(doctest)]
#[doc = include_str!(concat!(env!("OUT_DIR"), "/README.md"))]
pub struct Readme;

/// Declares tests of the examples in the guide's chapters.
#[cfg(doctest)]
macro_rules! chapters {
    ($($name:ident),*) => { $(
        #[doc = include_str!(concat!(env!("OUT_DIR"), "/", stringify!($name), ".md"))]
        pub mod $name {}
    )* };
}

/// Runs the examples of the guide and checks that they load something; see [`examples`].
#[cfg(doctest)]
pub mod guide {
    chapters!(
        first_steps,
        start,
        query,
        results,
        concurrency,
        blocking,
        ingestion,
        jobs,
        tasks,
        observing,
        testing,
        notebook,
        runtimes,
        compiler_errors,
        from_python,
        from_go
    );
}
