//! What the tests share.

pub mod loading;
pub mod recordings;
pub mod reflection;
pub mod simulation;
pub mod sources;

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// Makes tests of the examples in the chapters of the guide.
#[cfg(doctest)]
macro_rules! chapters {
    ($($name:ident),*) => { $(
        #[doc = include_str!(concat!("../../core/guide/", stringify!($name), ".md"))]
        pub mod $name {}
    )* };
}

/// The examples of the guide compile, and run where they need no server.
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
