//! The attributes of this process, with the names of the official clients.

use std::sync::OnceLock;
use std::{env, fs, process};

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use uuid::Uuid;

/// The default name of the service, as `tilebox-python` and `tilebox-go`.
const SERVICE: &str = "tilebox-rust";
/// The variable with the id of a runtime that the Tilebox command line started.
const RUNTIME_ID: &str = "TILEBOX_RUNTIME_ID";

/// Returns the resource of this process (Workflows API, telemetry).
pub(super) fn resource(service: Option<String>) -> Resource {
    let mut attributes = vec![
        KeyValue::new("service.namespace", "tilebox.workflows"),
        KeyValue::new("service.name", service.unwrap_or_else(|| SERVICE.to_owned())),
        KeyValue::new("service.instance.id", instance_id().to_string()),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("process.pid", i64::from(process::id())),
        KeyValue::new("host.arch", env::consts::ARCH),
        KeyValue::new("os.type", if env::consts::OS == "macos" { "darwin" } else { env::consts::OS }),
    ];
    attributes.extend(host_name().map(|name| KeyValue::new("host.name", name)));
    Resource::builder_empty().with_attributes(attributes).build()
}

/// Returns the id of this process: that of the command line, else a random one.
fn instance_id() -> Uuid {
    static ID: OnceLock<Uuid> = OnceLock::new();
    let given = || env::var(RUNTIME_ID).ok()?.trim().parse().ok();
    *ID.get_or_init(|| {
        given().unwrap_or_else(|| uuid::Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid())
    })
}

fn host_name() -> Option<String> {
    let variable = || env::var("HOSTNAME").or_else(|_| env::var("COMPUTERNAME")).ok();
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(variable)?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::Key;

    #[test]
    fn a_resource_has_the_names_of_the_official_clients() {
        let get = |resource: &Resource, key: &'static str| resource.get(&Key::new(key)).map(|value| value.to_string());
        let (first, second) = (resource(None), resource(Some("mosaics".to_owned())));
        assert_eq!(get(&first, "service.namespace").as_deref(), Some("tilebox.workflows"));
        assert_eq!(get(&first, "service.name").as_deref(), Some("tilebox-rust"));
        assert_eq!(get(&second, "service.name").as_deref(), Some("mosaics"));
        assert_eq!(get(&first, "process.pid"), Some(process::id().to_string()));
        assert_eq!(get(&first, "service.instance.id"), get(&second, "service.instance.id"));
        for key in ["service.instance.id", "service.version", "host.arch", "os.type"] {
            assert!(get(&first, key).is_some_and(|value| !value.is_empty()), "{key}");
        }
    }
}
