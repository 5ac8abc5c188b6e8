//! Identifiers on the wire: 16 bytes in a message of their own.

use uuid::Uuid;

use crate::protocol::wire::tilebox::v1::Id;

/// The message that carries an id.
pub(crate) fn to_wire(id: Uuid) -> Id {
    Id { uuid: id.as_bytes().to_vec().into() }
}

/// `None` when it is not 16 bytes, or all of them are zero: no Tilebox id is nil.
pub(crate) fn from_wire(id: &Id) -> Option<Uuid> {
    Uuid::from_slice(&id.uuid).ok().filter(|id| !id.is_nil())
}
