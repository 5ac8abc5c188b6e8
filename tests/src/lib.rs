//! What the tests share.

#[expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a behaviour that is not held panics"
)]
pub mod suite;
