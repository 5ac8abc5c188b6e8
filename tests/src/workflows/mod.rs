//! Jobs of random shape in a simulated world, and what must hold in every run.
//!
//! | file | contents |
//! |---|---|
//! | [`graph`] | random jobs: tasks, subtasks, dependencies, failures |
//! | [`code`] | the code of their tasks, which notes each execution |
//! | [`run`] | one run of some jobs |
//! | [`invariants`] | what must hold after a run |

#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a simulation that cannot continue fails its test")]

pub mod code;
pub mod graph;
pub mod invariants;
pub mod run;
