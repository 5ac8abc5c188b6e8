//! A local Tilebox server.
mod faces;
mod ids;
mod protobuf;
mod store;
mod wkb;
