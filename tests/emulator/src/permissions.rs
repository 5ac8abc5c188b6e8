//! The permissions of tokens and callers.

use std::str::FromStr;

use tilebox_core::protocol::wire::datasets::v1::DatasetPermission;

/// The permissions of a token. A dataset may permit less.
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
    /// All permissions.
    pub const ALL: Self = Self { read: true, write: true, edit: true };
    /// Querying datapoints.
    pub const READ: Self = Self { read: true, write: false, edit: false };
    /// Querying, ingesting and deleting datapoints; creating and deleting collections.
    pub const READ_AND_WRITE: Self = Self { read: true, write: true, edit: false };
    /// No permission: the holder can only see the datasets.
    pub const NONE: Self = Self { read: false, write: false, edit: false };

    /// Returns whether the permission is granted.
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
                other => return Err(format!("expects read, write, edit or all; got {other:?}")),
            }
        }
        Ok(permissions)
    }
}

/// The sender of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    pub(crate) permissions: Permissions,
    /// Whether the request came on a public path, without a token. Such callers see public datasets only.
    pub(crate) is_public: bool,
}

impl Caller {
    /// A caller with every permission.
    pub(crate) const TRUSTED: Self = Self { permissions: Permissions::ALL, is_public: false };
    /// A caller on a public path.
    pub(crate) const PUBLIC: Self = Self { permissions: Permissions::READ, is_public: true };
}
