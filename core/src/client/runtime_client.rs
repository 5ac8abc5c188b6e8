//! The `Client` that a runtime crate exports.

/// Defines the `Client` of a runtime crate: the [`Client`](crate::Client) of core, and how it is made there.
///
/// Takes an expression of type [`RuntimeParts`](crate::client::RuntimeParts), evaluated for each client.
#[macro_export]
macro_rules! runtime_client {
    ($(#[$documentation:meta])* Client = $parts:expr) => {
        $(#[$documentation])*
        #[derive(Clone, Debug)]
        pub struct Client($crate::Client);

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
            type Target = $crate::Client;

            fn deref(&self) -> &$crate::Client {
                &self.0
            }
        }

        impl From<$crate::Client> for Client {
            fn from(client: $crate::Client) -> Self {
                Self(client)
            }
        }

        impl From<Client> for $crate::Client {
            fn from(client: Client) -> Self {
                client.0
            }
        }
    };
}
