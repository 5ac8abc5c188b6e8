//! What a caller may do.

use std::str::FromStr;

use tilebox_core::protocol::wire::datasets::v1::DatasetPermission;

/// What the holder of a token may do. A dataset may permit less.
///
/// As text: `read`, `write` and `edit` joined by commas, or `all`.
///
/// ```
/// use tilebox_emulator::Permissions;
///
/// assert_eq!("read,write,edit".parse(), Ok(Permissions::ALL));
/// assert_eq!("read".parse(), Ok(Permissions::READ));
/// assert!("fly".parse::<Permissions>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Permissions {
    read: bool,
    write: bool,
    edit: bool,
}

impl Permissions {
    /// Everything.
    pub const ALL: Self = Self { read: true, write: true, edit: true };
    /// Query datapoints.
    pub const READ: Self = Self { read: true, write: false, edit: false };
    /// Query, ingest and delete datapoints, create and delete collections.
    pub const READ_AND_WRITE: Self = Self { read: true, write: true, edit: false };
    /// Nothing but to see which datasets there are.
    pub const NONE: Self = Self { read: false, write: false, edit: false };

    /// Whether this is among them.
    pub(crate) fn contain(self, permission: DatasetPermission) -> bool {
        match permission {
            DatasetPermission::AccessData => self.read,
            DatasetPermission::WriteData => self.write,
            DatasetPermission::Edit => self.edit,
            DatasetPermission::Unspecified => false,
        }
    }
}

impl FromStr for Permissions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut permissions = Self::NONE;
        for word in text.split(',') {
            match word.trim() {
                "read" => permissions.read = true,
                "write" => permissions.write = true,
                "edit" => permissions.edit = true,
                "all" => permissions = Self::ALL,
                other => return Err(format!("{other:?} is none of read, write, edit and all")),
            }
        }
        Ok(permissions)
    }
}

/// Who sent a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    pub(crate) permissions: Permissions,
    /// Came without a token on a public path: public datasets are all there is.
    pub(crate) public: bool,
}

impl Caller {
    /// A caller with every permission.
    pub(crate) const TRUSTED: Self = Self { permissions: Permissions::ALL, public: false };
    /// A caller on a public path.
    pub(crate) const ANYBODY: Self = Self { permissions: Permissions::READ, public: true };
}
