//! Mistakes in the `host` header of the canonical request.

use super::mistake::{Family, Mistake, Topic, Ways};
use super::recipe::Recipe;
use super::situation::Situation;

const AS_SENT: &str = "sign exactly what goes over the wire in the `Host` header; on a port other \
    than 443 it ends with the port";

pub(super) const FAMILY: Family = Family { title: "The host", mistakes: MISTAKES, seen: &[] };

const MISTAKES: &[Mistake] = &[
    Mistake::ways(
        Topic {
            id: "host-another-name",
            did: "another host was signed than the `Host` header names",
            help: AS_SENT,
        },
        Ways { all: OTHER_HOSTS_MAX, paired: 8 },
        |situation, recipe, way| {
            let hosts = other_hosts(situation);
            // The same name without its port is another mistake.
            if let Some(host) = hosts.get(way).filter(|&host| *host != split_port(situation).0) {
                set(recipe, host);
            }
        },
    ),
    Mistake::once(
        "host-without-port",
        "the host was signed without its port",
        AS_SENT,
        |situation, recipe| set(recipe, &split_port(situation).0),
    ),
    Mistake::ways(
        Topic {
            id: "host-with-port",
            did: "the host was signed with a port that the `Host` header does not have",
            help: AS_SENT,
        },
        Ways { all: PORTS.len(), paired: 3 },
        |situation, recipe, way| {
            let (name, _) = split_port(situation);
            set(recipe, &format!("{name}:{}", PORTS[way]));
        },
    ),
    Mistake::once(
        "host-empty",
        "the host was signed empty",
        "set the `Host` header before the request is signed",
        |_, recipe| set(recipe, ""),
    ),
    Mistake::ways(
        Topic {
            id: "host-another-case",
            did: "the host was signed in another case than it was sent in",
            help: AS_SENT,
        },
        Ways { all: 2, paired: 2 },
        |_, recipe, way| {
            let Some(value) = recipe.canonical_mut().header_mut("host") else { return };
            if way == 0 {
                value.make_ascii_lowercase();
            } else {
                value.make_ascii_uppercase();
            }
        },
    ),
    Mistake::ways(
        Topic {
            id: "host-as-url",
            did: "the host was signed as a URL",
            help: "sign the name alone: no `https://` before it, no `/` and no path behind it",
        },
        Ways { all: 5, paired: 3 },
        |situation, recipe, way| {
            let path = situation.raw_path();
            let Some(value) = recipe.canonical_mut().header_mut("host") else { return };
            let (before, behind) =
                [("https://", ""), ("http://", ""), ("", "/"), ("https://", "/"), ("", path)][way];
            *value = [before.as_bytes(), value, behind.as_bytes()].concat();
        },
    ),
];

/// Ports on which AWS IoT, MQTT and test servers listen.
const PORTS: &[&str] = &["443", "8443", "80", "8080", "8883", "8000", "3000"];

/// How many names [`other_hosts`] gives at most.
const OTHER_HOSTS_MAX: usize = 20;

/// Names under which the service, or this machine, is likely to be known to a device.
fn other_hosts(situation: &Situation<'_>) -> Vec<String> {
    let (sent, port) = split_port(situation);
    let region = &situation.rules.region;
    let prefix = sent.split('.').next().unwrap_or_default();
    let prefix = prefix.strip_suffix("-ats").unwrap_or(prefix);
    let mut names = vec![
        format!("{prefix}-ats.iot.{region}.amazonaws.com"),
        format!("data-ats.iot.{region}.amazonaws.com"),
        format!("localhost{port}"),
        "localhost".to_owned(),
        format!("127.0.0.1{port}"),
        format!("{prefix}.iot.{region}.amazonaws.com"),
        format!("data.iot.{region}.amazonaws.com"),
        format!("iot.{region}.amazonaws.com"),
        format!("iotdata.{region}.amazonaws.com"),
    ];
    for local in ["localhost", "127.0.0.1", "[::1]", "::1", "0.0.0.0", "10.0.2.2"] {
        names.extend([local.to_owned(), format!("{local}{port}")]);
    }
    names
}

/// The host that was sent: its name, and its port with the colon.
fn split_port(situation: &Situation<'_>) -> (String, String) {
    let host = situation.header("host").unwrap_or_default();
    match host.rsplit_once(':') {
        Some((name, port))
            if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            (name.to_owned(), format!(":{port}"))
        }
        _ => (host, String::new()),
    }
}

fn set(recipe: &mut Recipe, host: &str) {
    if let Some(value) = recipe.canonical_mut().header_mut("host") {
        *value = host.into();
    }
}
