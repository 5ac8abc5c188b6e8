//! Identifiers on the wire: a message of 16 bytes.

use uuid::Uuid;

use crate::protocol::wire::tilebox::v1::Id;

/// Returns the message of an id.
pub(crate) fn to_wire(id: Uuid) -> Id {
    Id { uuid: id.as_bytes().to_vec().into() }
}

/// Returns the id of a message; `None` unless it has 16 bytes that are not all zero: no Tilebox id is nil.
pub(crate) fn from_wire(id: &Id) -> Option<Uuid> {
    Uuid::from_slice(&id.uuid).ok().filter(|id| !id.is_nil())
}
