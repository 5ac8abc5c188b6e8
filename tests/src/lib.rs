//! What the tests share.

pub mod examples;
pub mod loading;
pub mod recordings;
pub mod reflection;
pub mod simulation;
pub mod sources;

/// The examples of the README run and load something; see [`examples`].
#[cfg(doctest)]
#[doc = include_str!(concat!(env!("OUT_DIR"), "/README.md"))]
pub struct Readme;

/// Makes tests of the examples in the chapters of the guide.
#[cfg(doctest)]
macro_rules! chapters {
    ($($name:ident),*) => { $(
        #[doc = include_str!(concat!(env!("OUT_DIR"), "/", stringify!($name), ".md"))]
        pub mod $name {}
    )* };
}

/// The examples of the guide run and load something; see [`examples`].
#[cfg(doctest)]
pub mod guide {
    chapters!(
        start,
        query,
        results,
        concurrency,
        blocking,
        ingestion,
        observing,
        testing,
        notebook,
        runtimes,
        from_python,
        from_go
    );
}
