//! The syntax of a file of descriptors, and what its fields mean by default.

use prost_types::FileDescriptorProto;

use super::MessageEncoding;

/// The syntax that a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    Proto2,
    Proto3,
    /// An edition: features may change what fields mean, and `prost-types` does not keep features.
    Editions,
}

impl Syntax {
    pub(super) fn of(file: &FileDescriptorProto) -> Self {
        match file.syntax() {
            "proto3" => Self::Proto3,
            "editions" => Self::Editions,
            // Compilers leave `syntax` out for proto2.
            _ => Self::Proto2,
        }
    }

    /// How fields delimit messages. Editions may turn any of them into a group.
    pub(super) fn encoding(self) -> MessageEncoding {
        match self {
            Self::Editions => MessageEncoding::Either,
            Self::Proto2 | Self::Proto3 => MessageEncoding::LengthPrefixed,
        }
    }

    /// Whether a sender leaves zeros out. Editions have explicit presence by default.
    pub(super) fn is_presence_implicit(self) -> bool {
        self == Self::Proto3
    }
}
