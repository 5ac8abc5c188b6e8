//! Tests of the decoder, with messages encoded by hand.

mod composites;
mod envelopes;
mod errors;
mod leaves;
mod merging;
mod nulled_values;
mod presence;
pub(super) mod support;
mod unusual_schemas;
