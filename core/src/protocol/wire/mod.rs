//! Protobuf messages of the Tilebox API.
//!
//! Generated from `core/proto` and checked in, so that users need no build script; a test in the `tests` package
//! generates them again and compares. The modules follow the protobuf packages.

#![allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic, reason = "generated code")]

pub mod tilebox {
    pub mod v1 {
        include!("tilebox.v1.rs");
    }
}

pub mod datasets {
    pub mod v1 {
        include!("datasets.v1.rs");
    }

    pub mod stac {
        pub mod v1 {
            include!("datasets.stac.v1.rs");
        }
    }
}

pub mod workflows {
    pub mod v1 {
        include!("workflows.v1.rs");
    }
}

pub mod opentelemetry {
    pub mod proto {
        pub mod common {
            pub mod v1 {
                include!("opentelemetry.proto.common.v1.rs");
            }
        }

        pub mod logs {
            pub mod v1 {
                include!("opentelemetry.proto.logs.v1.rs");
            }
        }

        pub mod resource {
            pub mod v1 {
                include!("opentelemetry.proto.resource.v1.rs");
            }
        }

        pub mod trace {
            pub mod v1 {
                include!("opentelemetry.proto.trace.v1.rs");
            }
        }
    }
}

/// The files that the type of a dataset may import: an encoded `google.protobuf.FileDescriptorSet`.
///
/// The server sends only the file that holds the type itself.
pub const WELL_KNOWN_TYPES: &[u8] = include_bytes!("well_known.binpb");
