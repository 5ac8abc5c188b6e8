//! The logs of backends and their libraries.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::{env, process};

use http::HeaderValue;
use http::header::AUTHORIZATION;
use tilebox_core::runtime::Transport;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::backend::{Backend, generous, post, within};
use super::server::Server;
use super::tls::Certificates;

const KEY: &str = "very-secret-key";
/// The variable that selects the log of a process.
const FACADE: &str = "TILEBOX_TEST_LOG";

/// All events at the level TRACE, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Log {
    fn write(&self, text: fmt::Arguments<'_>) {
        writeln!(self.0.lock().unwrap_or_else(PoisonError::into_inner), "{text}").expect("memory");
    }

    fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Visit for &Log {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.write(format_args!("{field} = {value:?}"));
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut &*self);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut &*self);
    }

    fn event(&self, event: &Event<'_>) {
        self.write(format_args!("{}", event.metadata().target()));
        event.record(&mut &*self);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.write(format_args!("{} {}", record.target(), record.args()));
    }

    fn flush(&self) {}
}

/// At every level, over both versions of HTTP and over TLS, through `tracing` and through `log`. A process has one log, so
/// the test runs itself in another process for each of them.
pub fn no_log_shows_the_key<B: Backend>() {
    if let Ok(facade) = env::var(FACADE) {
        return check_log::<B>(&facade);
    }
    for facade in ["tracing", "log"] {
        let child = process::Command::new(env::current_exe().expect("the path of this test"))
            .args(["--exact", "secrets::no_log_shows_the_key", "--nocapture"])
            .env(FACADE, facade)
            .output()
            .expect("the inner process starts");
        let output = String::from_utf8_lossy(&child.stdout).into_owned() + &String::from_utf8_lossy(&child.stderr);
        assert!(child.status.success(), "{facade}: {output}");
        assert!(output.contains("1 passed"), "{facade}: {output}");
    }
}

fn check_log<B: Backend>(facade: &str) {
    let log = Log::default();
    log::set_boxed_logger(Box::new(log.clone())).expect("the first logger of this process");
    log::set_max_level(log::LevelFilter::Trace);
    if facade == "tracing" {
        tracing::subscriber::set_global_default(log.clone()).expect("the first subscriber of this process");
    }
    let send = |server: &Server, transport: Arc<dyn Transport>| {
        B::block_on(async {
            for path in ["/echo", "/status/500", "/echo"] {
                let mut request = post(&server.at(path), "body");
                let mut value = HeaderValue::try_from(format!("Bearer {KEY}")).expect("a value");
                // Marked as sensitive, like the token of core.
                value.set_sensitive(true);
                request.headers_mut().insert(AUTHORIZATION, value);
                within::<B, _>(transport.send(request, generous())).await.expect("the server responds");
            }
        });
    };
    let server = Server::plain();
    send(&server, B::transport());
    if let Some(transport) = B::http2_prior_knowledge() {
        send(&server, transport);
    }
    // Over TLS with negotiated HTTP/2, as with Tilebox.
    let certificates = Certificates::new();
    send(&Server::secure(&certificates), B::trusting(&certificates.root));
    let text = log.text();
    assert!(!text.is_empty(), "the log has entries");
    let leaks: Vec<_> = text.lines().filter(|line| line.contains(KEY)).collect();
    assert!(leaks.is_empty(), "{facade}: {leaks:#?}");
}
