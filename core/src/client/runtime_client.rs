//! The `Client` that a runtime crate exports.

/// Defines the `Client` of a runtime crate: the [`Client`](crate::Client) of core, or the
/// [blocking one](crate::client::blocking::Client), and how it is made there.
///
/// The blocking one is defined in a module of its own, with everything of core that it is used with, and
/// `Client::blocking` of the async one.
///
/// Takes an expression of type [`RuntimeParts`](crate::client::RuntimeParts), evaluated for each client.
#[macro_export]
macro_rules! runtime_client {
    ($(#[$documentation:meta])* Client = $parts:expr) => {
        $crate::runtime_client! { @over $crate::Client, $(#[$documentation])* Client = $parts }

        impl $crate::client::Awaited for Client {}

        impl From<Client> for $crate::Client {
            fn from(client: Client) -> Self {
                client.0
            }
        }
    };
    ($(#[$documentation:meta])* blocking Client of $awaited:path = $parts:expr) => {
        pub use $crate::client::blocking::{
            Collection, Dataset, Datasets, Find, Ingestion, PageStream, Query, load_all, load_each,
        };
        pub use $crate::*;

        $crate::runtime_client! { @over $crate::client::blocking::Client, $(#[$documentation])* Client = $parts }

        impl $awaited {
            /// A blocking client for the same server, with the same key, limits and progress, for synchronous code that
            /// holds an async client. It shares no connections and no executor with this one, so that it may be called
            /// under any: make it once and keep it.
            ///
            /// # Errors
            ///
            /// As [`blocking_on`]($crate::Client::blocking_on).
            pub fn blocking(&self) -> $crate::error::Result<Client> {
                self.blocking_on($parts).map(Client::from)
            }
        }

        impl From<$crate::client::blocking::Client> for Client {
            fn from(client: $crate::client::blocking::Client) -> Self {
                Self(client)
            }
        }
    };
    (@over $inner:path, $(#[$documentation:meta])* Client = $parts:expr) => {
        $(#[$documentation])*
        #[derive(Clone, Debug)]
        pub struct Client($inner);

        impl Client {
            /// Starts to make a client.
            pub fn builder() -> $crate::client::ClientBuilder<Self> {
                $crate::client::ClientBuilder::new($parts)
            }

            /// A client as the environment variables `TILEBOX_API_URL` and `TILEBOX_API_KEY` say, otherwise of
            /// Tilebox itself and anonymous.
            ///
            /// # Errors
            ///
            /// When the URL or the key cannot be used, or there is no HTTP client.
            pub fn from_env() -> $crate::error::Result<Self> {
                Self::builder().build()
            }
        }

        impl ::core::ops::Deref for Client {
            type Target = $inner;

            fn deref(&self) -> &$inner {
                &self.0
            }
        }

        impl From<$crate::Client> for Client {
            fn from(client: $crate::Client) -> Self {
                Self(client.into())
            }
        }
    };
}
