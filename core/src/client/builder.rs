//! How a client is made.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use async_lock::Semaphore;

use super::{Client, Session, Strategy, blocking, environment};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::ProgressObserver;
use crate::protocol::budget::Budget;
use crate::protocol::call::CallPolicy;
use crate::protocol::endpoint::url::without_secrets;
use crate::protocol::endpoint::{ClientMetadata, Endpoint, ServerUrl, Token};
use crate::protocol::retry::RetryPolicy;
use crate::runtime::{Runtime, Transport, TransportError};

/// How many exchanges may be under way at once, unless the builder is told otherwise.
const DEFAULT_CONCURRENCY: usize = 64;

/// Makes the default transport of a runtime; `None` when no backend is switched on.
pub type DefaultTransport = Box<dyn Fn() -> Result<Option<Arc<dyn Transport>>, TransportError> + Send + Sync>;

/// What a runtime crate brings: an executor, and the HTTP client to use where a person brings none.
pub struct RuntimeParts {
    /// Its name in the `Tilebox-Client` header.
    pub name: &'static str,
    /// The executor.
    pub runtime: Arc<dyn Runtime>,
    /// Makes the default transport. Called only when a person brings none.
    pub transport: DefaultTransport,
    /// The strategy that the features of the crate choose.
    pub strategy: Strategy,
}

impl fmt::Debug for RuntimeParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuntimeParts").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Makes a client. What is not set comes from the environment, then from the defaults.
///
/// | option | environment | default |
/// |---|---|---|
/// | [`url`](Self::url) | `TILEBOX_API_URL` | `https://api.tilebox.com` |
/// | [`token`](Self::token) | `TILEBOX_API_KEY` | none: anonymous, open data only |
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
    client: PhantomData<fn() -> C>,
}

/// A client whose futures are awaited. Its exchanges can be held in either way; a blocking one leaves no choice, because
/// the thread that calls may not be there for them.
pub trait Awaited: From<Client> {}

impl Awaited for Client {}

impl<C: Awaited> ClientBuilder<C> {
    /// How exchanges are held, instead of what the features of the runtime crate choose.
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }
}

impl<C: From<Client>> ClientBuilder<C> {
    /// A builder over any runtime. A runtime crate offers `Client::builder()`, which is this with its own parts.
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
            client: PhantomData,
        }
    }

    /// Where the server is. See [`ServerUrl`] for the forms.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// The API key.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self.anonymous = false;
        self
    }

    /// No API key, whatever the environment says.
    pub fn anonymous(mut self) -> Self {
        self.token = None;
        self.anonymous = true;
        self
    }

    /// Allows to send the API key unencrypted to a host other than this computer.
    ///
    /// Without it such a client is an error: whoever sees the traffic could read the key. Set it where something else
    /// protects the way to the server, such as a service mesh, a VPN or an SSH tunnel to another host.
    ///
    /// ```
    /// use tilebox_core::protocol::endpoint::ServerUrl;
    ///
    /// let is_secret = |url| ServerUrl::parse(url).map(|url| url.is_secret());
    /// assert!(is_secret("https://gateway:8080")? && is_secret("http://localhost:8080")?);
    /// assert!(!is_secret("http://gateway:8080")?);
    /// # Ok::<(), tilebox_core::Error>(())
    /// ```
    pub fn allow_key_over_cleartext(mut self) -> Self {
        self.allow_key_over_cleartext = true;
        self
    }

    /// How long a call may take with all its attempts and the waits between them. Each page of a query is a call.
    /// See [`CallPolicy`] for what counts as time.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.policy.timeout = timeout;
        self
    }

    /// How long one attempt may take.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.policy.attempt_timeout = timeout;
        self
    }

    /// How failed attempts are repeated.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.policy.retry = policy;
        self
    }

    /// The most bytes that an answer may have, as transferred and after decompression.
    pub fn message_limit(mut self, bytes: usize) -> Self {
        self.policy.message_limit = bytes;
        self
    }

    /// The most exchanges that the client has under way at once, over all its queries and ingestions; at least 1.
    ///
    /// They share it fairly, and use less of it where more does not help: see [`Budget`]. With 1, a query follows its
    /// pages one by one. With [`Strategy::Joined`] each query and call has one exchange even where that is more.
    pub fn concurrency(mut self, exchanges: usize) -> Self {
        self.concurrency = exchanges.max(1);
        self
    }

    /// Your own HTTP client, with its proxy, roots and pool: one of the backends of the runtime crate made from it,
    /// or any [`Transport`] of your own.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// What the client says of itself in the `Tilebox-Client` header; [`ClientMetadata::none`] says nothing.
    pub fn client_metadata(mut self, metadata: ClientMetadata) -> Self {
        self.metadata = Some(metadata);
        self
    }

    /// Who hears of the progress of every query, unless the query is told otherwise.
    pub fn progress(mut self, observer: impl ProgressObserver) -> Self {
        self.progress = Some(Arc::new(observer));
        self
    }

    /// The same builder for the client of core, which code that should run on any runtime takes.
    pub fn into_core(self) -> ClientBuilder {
        ClientBuilder {
            parts: self.parts,
            url: self.url,
            token: self.token,
            anonymous: self.anonymous,
            allow_key_over_cleartext: self.allow_key_over_cleartext,
            policy: self.policy,
            concurrency: self.concurrency,
            strategy: self.strategy,
            transport: self.transport,
            metadata: self.metadata,
            progress: self.progress,
            client: PhantomData,
        }
    }

    /// Makes the client. Nothing is sent before its first use.
    ///
    /// # Errors
    ///
    /// When the URL or the key cannot be used, the key would be sent unencrypted to another computer
    /// ([`allow_key_over_cleartext`](Self::allow_key_over_cleartext)), or there is no HTTP client;
    /// [`ErrorKind::NoExecutor`] when the runtime is not there, such as tokio outside of a tokio runtime.
    pub fn build(self) -> Result<C> {
        check(&*self.parts.runtime)?;
        let url = self.url.or_else(|| environment::variable(environment::API_URL));
        let url = ServerUrl::parse(url.as_deref().unwrap_or(ServerUrl::TILEBOX))?;
        let from_environment = || environment::variable(environment::API_KEY).filter(|_| !self.anonymous);
        let token = self.token.or_else(from_environment);
        let token = token.as_deref().map(Token::new).transpose()?;
        if token.is_some() && !self.allow_key_over_cleartext {
            url.check_secrecy()?;
        }
        let metadata = self.metadata.unwrap_or_else(|| ClientMetadata::new(self.parts.name));
        let is_own_transport = self.transport.is_some();
        let transport = match self.transport {
            Some(transport) => transport,
            None => default_transport(&self.parts)?,
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
            meter: None,
            is_best_effort: false,
        };
        Ok(Client::from_session(session).into())
    }
}

impl Client {
    /// A blocking client for the same server, with the same key, limits and progress: what `Client::blocking` of the
    /// runtime crates is. It shares no connections and no executor with this one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] when this client was given a transport, whose connections may belong to the
    /// executor that would be blocked; otherwise when there is no HTTP client.
    pub fn blocking_on(&self, parts: RuntimeParts) -> Result<blocking::Client> {
        let session = &self.session;
        if session.is_own_transport {
            let reason = "the async one was given a transport, whose connections may need the executor that is blocked";
            let advice = "make one with `blocking::Client::builder()` and give it a `transport` of its own";
            return Err(Error::invalid("make a blocking client", reason, advice));
        }
        let sibling = Session {
            transport: default_transport(&parts)?,
            is_own_transport: false,
            runtime: parts.runtime,
            endpoint: session.endpoint.clone(),
            policy: session.policy,
            strategy: parts.strategy,
            concurrency: session.concurrency,
            permits: Arc::new(Semaphore::new(session.concurrency)),
            budget: Budget::new(session.concurrency),
            progress: session.progress.clone(),
            meter: None,
            is_best_effort: false,
        };
        Ok(Self::from_session(sibling).into())
    }
}

fn check(runtime: &dyn Runtime) -> Result<()> {
    runtime.check().map_err(|error| {
        let advice = error.advice().unwrap_or("make the client where its executor runs").to_owned();
        Error::new(ErrorKind::NoExecutor, "make a client", error.to_string(), advice).with_source(error)
    })
}

fn default_transport(parts: &RuntimeParts) -> Result<Arc<dyn Transport>> {
    const PURPOSE: &str = "make an HTTP client";
    match (parts.transport)() {
        Ok(Some(transport)) => Ok(transport),
        Ok(None) => {
            let reason = format!("no backend of the `{}` runtime is switched on", parts.name);
            let advice = "switch on one of the backend features of the runtime crate, or pass `transport`";
            Err(Error::invalid(PURPOSE, reason, advice))
        }
        Err(error) => {
            let reason = error.to_string();
            Err(Error::new(ErrorKind::Network, PURPOSE, reason, "pass `transport` to bring your own")
                .with_source(error))
        }
    }
}

impl<C> fmt::Debug for ClientBuilder<C> {
    /// Leaves the key out, and what the URL may hold of secrets.
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
