//! The canonical encoding, in which datapoints are stored and hashed.
//!
//! The id of a datapoint is a hash of its bytes, so equal values must have equal bytes (protobuf guide, "Proto
//! Serialization Is Not Canonical"). Which encoding the real server hashes is not known.

mod datapoint;
mod message;
mod values;

pub(crate) use datapoint::canonical;
