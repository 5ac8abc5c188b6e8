//! The builder of a client.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use async_lock::Semaphore;

use self::from_client::FromClient;
use super::driver::session::CurrentTrace;
use super::run_end::RunEnds;
use super::{Client, RuntimeParts, Session, Strategy, blocking};
use crate::environment;
use crate::error::{Error, ErrorKind, Result};
use crate::progress::ProgressObserver;
use crate::protocol::budget::Budget;
use crate::protocol::call::CallPolicy;
use crate::protocol::endpoint::url::without_secrets;
use crate::protocol::endpoint::{ClientMetadata, Endpoint, ServerUrl, Token};
use crate::protocol::retry::RetryPolicy;
use crate::runtime::{Runtime, Transport};
use crate::workflows::TraceParent;

/// The default maximum number of exchanges in flight.
const DEFAULT_CONCURRENCY: usize = 64;

/// Builds a [`Client`] or a [`blocking::Client`].
///
/// The `client_builder` function of a runtime crate returns one. An option that is not set has the value of its
/// environment variable, or else its default.
///
/// | option | environment variable | default |
/// |---|---|---|
/// | [`url`](Self::url) | `TILEBOX_API_URL` | `https://api.tilebox.com` |
/// | [`token`](Self::token) | `TILEBOX_API_KEY` | none: anonymous access to open data |
/// | [`timeout`](Self::timeout) | | 5 minutes for a call with all its attempts |
/// | [`attempt_timeout`](Self::attempt_timeout) | | 1 minute |
/// | [`retry`](Self::retry) | | attempts for a minute, at least 5 |
/// | [`concurrency`](Self::concurrency) | | 64 |
/// | [`message_limit`](Self::message_limit) | | 512 MiB |
///
/// An empty variable counts as not set.
#[must_use = "a builder does nothing until `build`"]
pub struct ClientBuilder<C = Client> {
    parts: RuntimeParts,
    url: Option<String>,
    token: Option<String>,
    anonymous: bool,
    allow_key_over_cleartext: bool,
    policy: CallPolicy,
    concurrency: usize,
    strategy: Strategy,
    transport: Option<Arc<dyn Transport>>,
    metadata: Option<ClientMetadata>,
    progress: Option<Arc<dyn ProgressObserver>>,
    current_trace: Option<CurrentTrace>,
    client: PhantomData<fn() -> C>,
}

impl ClientBuilder {
    /// Sets how the client holds its exchanges, replacing the default of the runtime crate.
    ///
    /// A [`blocking::Client`] has no such choice: the calling thread polls its exchanges only during a call.
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }
}

impl<C: BuiltClient> ClientBuilder<C> {
    /// Returns a builder over any runtime. The `client_builder` function of a runtime crate calls it with its own parts.
    pub fn new(parts: RuntimeParts) -> Self {
        Self {
            strategy: parts.strategy,
            parts,
            url: None,
            token: None,
            anonymous: false,
            allow_key_over_cleartext: false,
            policy: CallPolicy::default(),
            concurrency: DEFAULT_CONCURRENCY,
            transport: None,
            metadata: None,
            progress: None,
            current_trace: None,
            client: PhantomData,
        }
    }

    /// Sets the address of the server. [`ServerUrl`] describes the accepted forms.
    #[doc(alias("endpoint", "base_url", "host"))]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Sets the API key.
    #[doc(alias("api_key", "key"))]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self.anonymous = false;
        self
    }

    /// Sends no API key, even if the environment variable contains one.
    pub fn anonymous(mut self) -> Self {
        self.token = None;
        self.anonymous = true;
        self
    }

    /// Allows the client to send the API key unencrypted to another host.
    ///
    /// By default [`build`](Self::build) fails for such a client, because the network could read the key. Set this where
    /// something else protects the connection, such as a service mesh, a VPN or an SSH tunnel to another host.
    ///
    /// ```
    /// # use tilebox_core as tilebox_tokio;
    /// use tilebox_tokio::protocol::endpoint::ServerUrl;
    ///
    /// let is_confidential = |url| ServerUrl::parse(url).map(|url| url.is_confidential());
    /// assert!(is_confidential("https://gateway:8080")? && is_confidential("http://localhost:8080")?);
    /// assert!(!is_confidential("http://gateway:8080")?);
    /// # Ok::<(), tilebox_core::Error>(())
    /// ```
    #[doc(alias = "insecure")]
    pub fn allow_key_over_cleartext(mut self) -> Self {
        self.allow_key_over_cleartext = true;
        self
    }

    /// Sets the deadline of a call, with all its attempts and the waits between them. Each page of a query is a call.
    ///
    /// [`CallPolicy`] describes which time counts.
    #[doc(alias = "deadline")]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.policy.timeout = timeout;
        self
    }

    /// Sets the timeout of one attempt.
    #[doc(alias = "request_timeout")]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.policy.attempt_timeout = timeout;
        self
    }

    /// Sets when and how often a call repeats a failed attempt.
    #[doc(alias("max_retries", "backoff"))]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.policy.retry = policy;
        self
    }

    /// Sets the maximum size of a response in bytes, both as transferred and decompressed.
    #[doc(alias = "max_message_size")]
    pub fn message_limit(mut self, bytes: usize) -> Self {
        self.policy.message_limit = bytes;
        self
    }

    /// Sets the maximum number of exchanges in flight, over all queries and ingestions of the client (minimum 1).
    ///
    /// Loads share it equally, and use less of it where more would not help: see [`Budget`]. With 1, a query requests one
    /// page after the other. With [`Strategy::Joined`] each query and call has one exchange, even above this maximum.
    #[doc(alias("max_concurrency", "max_connections", "parallelism"))]
    pub fn concurrency(mut self, exchanges: usize) -> Self {
        self.concurrency = exchanges.max(1);
        self
    }

    /// Sets the HTTP client: a backend of the runtime crate with your own proxy, roots or pool, or your own
    /// [`Transport`].
    #[doc(alias = "http_client")]
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Sets the contents of the `Tilebox-Client` header; [`ClientMetadata::none`] omits the header.
    #[doc(alias = "user_agent")]
    pub fn client_metadata(mut self, metadata: ClientMetadata) -> Self {
        self.metadata = Some(metadata);
        self
    }

    /// Sets a function that returns the current trace of the application, which submitted jobs then continue.
    ///
    /// It is called within the span `workflows/jobs/submit`, so that each job gets a span of its own. With
    /// `tracing-opentelemetry`:
    ///
    /// ```ignore
    /// use opentelemetry::trace::TraceContextExt as _;
    /// use tracing_opentelemetry::OpenTelemetrySpanExt as _;
    ///
    /// let client = tilebox_tokio::client_builder().current_trace(|| {
    ///     let context = tracing::Span::current().context();
    ///     let span = context.span().span_context().clone();
    ///     let flags = span.trace_flags().to_u8();
    ///     format!("00-{}-{}-{flags:02x}", span.trace_id(), span.span_id()).parse().ok()
    /// });
    /// ```
    ///
    /// Without it, or when it returns `None`, a job starts a trace with random ids.
    #[doc(alias = "trace_parent")]
    pub fn current_trace(mut self, current: impl Fn() -> Option<TraceParent> + Send + Sync + 'static) -> Self {
        self.current_trace = Some(Arc::new(current));
        self
    }

    /// Sets the observer for the progress of every query and ingestion that has none of its own.
    #[doc(alias = "show_progress")]
    pub fn progress(mut self, observer: impl ProgressObserver) -> Self {
        self.progress = Some(Arc::new(observer));
        self
    }

    /// Builds the client. It sends nothing before its first use.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::InvalidArgument`] when the URL or the key is not valid, when the client would send the key
    ///   unencrypted to another host ([`allow_key_over_cleartext`](Self::allow_key_over_cleartext)), or when there is no
    ///   HTTP client
    /// - [`ErrorKind::NoExecutor`] when the runtime is missing, such as tokio outside of a tokio runtime
    /// - [`ErrorKind::Network`] when the HTTP client cannot be created
    pub fn build(self) -> Result<C> {
        check(&*self.parts.runtime, "build a client")?;
        let url = self.url.or_else(|| environment::variable(environment::API_URL));
        let url = ServerUrl::parse(url.as_deref().unwrap_or(ServerUrl::TILEBOX))?;
        let from_environment = || environment::variable(environment::API_KEY).filter(|_| !self.anonymous);
        let token = self.token.or_else(from_environment);
        let token = token.as_deref().map(Token::new).transpose()?;
        if token.is_some() && !self.allow_key_over_cleartext {
            url.check_confidential()?;
        }
        let metadata = self.metadata.unwrap_or_else(|| ClientMetadata::new(self.parts.name));
        let is_own_transport = self.transport.is_some();
        let transport = match self.transport {
            Some(transport) => transport,
            None => self.parts.create_transport()?,
        };
        let session = Session {
            transport,
            is_own_transport,
            runtime: self.parts.runtime,
            endpoint: Endpoint::new(&url, token.as_ref(), &metadata),
            policy: self.policy,
            strategy: self.strategy,
            concurrency: self.concurrency,
            permits: Arc::new(Semaphore::new(self.concurrency)),
            budget: Budget::new(self.concurrency),
            progress: self.progress,
            current_trace: self.current_trace,
            run_ends: RunEnds::default(),
            meter: None,
            is_best_effort: false,
        };
        Ok(C::from_client(Client { session: Arc::new(session), blocking: self.parts.blocking }))
    }
}

/// A client that a [`ClientBuilder`] builds: the async [`Client`] or [`blocking::Client`].
///
/// Only these two implement it.
pub trait BuiltClient: FromClient {}

impl BuiltClient for Client {}
impl BuiltClient for blocking::Client {}

/// Wraps the client of a runtime. It is private, because a blocking client over the executor of its caller would hang.
mod from_client {
    use crate::client::{Client, blocking};

    #[expect(unnameable_types, reason = "a sealed trait")]
    pub trait FromClient {
        fn from_client(client: Client) -> Self;
    }

    impl FromClient for Client {
        fn from_client(client: Client) -> Self {
            client
        }
    }

    impl FromClient for blocking::Client {
        fn from_client(client: Client) -> Self {
            Self::new(client)
        }
    }
}

impl Client {
    /// Returns a blocking client for the same server, with the same key, limits and progress observer, for synchronous
    /// code that holds an async client.
    ///
    /// It shares no connections and no executor with this one, so that it can be called under any executor. Create it once
    /// and keep it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] when this client was built with its own transport, whose connections may belong to the
    /// executor that the call blocks, or over a runtime without blocking clients; [`ErrorKind::Network`] when the HTTP client
    /// cannot be created.
    pub fn blocking(&self) -> Result<blocking::Client> {
        const PURPOSE: &str = "create a blocking client";
        let session = &self.session;
        if session.is_own_transport {
            let reason =
                "the async client has its own transport, whose connections may need the executor that is blocked";
            let advice = "create it with `blocking::client_builder()` and give it its own `transport`";
            return Err(Error::invalid(PURPOSE, reason, advice));
        }
        let Some(parts) = self.blocking.map(|parts| parts()) else {
            let advice = "build the client with a runtime crate";
            return Err(Error::invalid(PURPOSE, "its runtime has no blocking clients", advice));
        };
        let session = Arc::new(session.sibling(parts)?);
        Ok(blocking::Client::from_client(Self { session, blocking: self.blocking }))
    }
}

/// Checks that the executor runs. `purpose` completes "cannot …" in an error.
pub(super) fn check(runtime: &dyn Runtime, purpose: &'static str) -> Result<()> {
    runtime.check().map_err(|error| {
        let advice = error.advice().unwrap_or("build the client where its executor runs").to_owned();
        Error::new(ErrorKind::NoExecutor, purpose, error.to_string(), advice).with_source(error)
    })
}

impl<C> fmt::Debug for ClientBuilder<C> {
    /// Omits the key and the secrets in the URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("runtime", &self.parts.name)
            .field("url", &self.url.as_deref().map(without_secrets))
            .field("policy", &self.policy)
            .field("concurrency", &self.concurrency)
            .field("strategy", &self.strategy)
            .finish_non_exhaustive()
    }
}
