//! The behaviour of tasks, without a server.

mod automations;
mod control;
mod execution;
mod panics;
mod recording;
mod registry;
mod span_fields;
mod storage;
mod support;
