//! Behaviour of the decoder, on messages put together by hand.

mod composites;
mod envelopes;
mod errors;
mod leaves;
mod merging;
mod nulled;
mod odd;
mod presence;
pub(super) mod support;
