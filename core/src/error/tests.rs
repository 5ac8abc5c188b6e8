//! Tests of the messages of errors, and of their advice.

mod advice;
mod messages;
