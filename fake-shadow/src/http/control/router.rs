//! The routes of the control interface.

use std::sync::Arc;

use axum::extract::{FromRef, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use bytes::Bytes;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::answer::{Answer, Problem, found, good, object};
use super::events;
use super::guard::guard;
use super::page;
use crate::clock::parse_signed_duration;
use crate::event::Controlled;
use crate::fault::{Fault, FaultId, FaultRef, Place};
use crate::http::shared::Shared;
use crate::policy::Policy;
use crate::recent::{REQUESTS_KEPT_MAX, Recent};
use crate::shadow::ShadowId;
use crate::show;

/// Where the paths of the control interface begin; no path of the service does.
pub const CONTROL_PREFIX: &str = "/_shadowrig";

/// What the control interface acts on.
#[derive(Debug, Clone)]
pub(in crate::http) struct Control {
    pub(in crate::http) shared: Arc<Shared>,
    /// Becomes true when the server is to end.
    pub(in crate::http) ending: watch::Receiver<bool>,
}

impl FromRef<Control> for Arc<Shared> {
    fn from_ref(control: &Control) -> Self {
        Self::clone(&control.shared)
    }
}

type Cloud = State<Arc<Shared>>;

/// All routes.
pub(in crate::http) fn router(control: Control) -> Router {
    let routes = Router::new()
        .route("/things", get(things))
        .route("/things/{thing}/shadow", get(shadow).put(update).post(update).delete(delete))
        .route(
            "/things/{thing}/shadows/{name}",
            get(shadow).put(update).post(update).delete(delete),
        )
        .route("/requests", get(requests))
        .route("/requests/{id}", get(request))
        .route("/faults", get(faults).post(arm).delete(clear_faults))
        .route("/faults/{id}", axum::routing::delete(disarm))
        .route("/policies/{access_key_id}", put(set_policy).delete(drop_policy))
        .route("/clock", get(clock).post(set_clock))
        .route("/reset", post(reset))
        .route("/events", get(events::stream))
        .route("/ca.pem", get(ca))
        .route("/ca.der", get(ca_der))
        .route("/page/state", get(page::state))
        .route("/page/page.css", get(page::style))
        .route("/page/page.js", get(page::script))
        .route("/page/told.js", get(page::told_script))
        .route("/page/icon.svg", get(page::icon));
    Router::new()
        .route("/", get(page::page))
        .nest(CONTROL_PREFIX, routes)
        .fallback(async || {
            Problem::new(StatusCode::NOT_FOUND, "there is no such path in the control interface")
        })
        .layer(middleware::from_fn_with_state(Arc::clone(&control.shared), guard))
        .with_state(control)
}

async fn things(State(shared): Cloud) -> Answer {
    good(shared.with(|cloud, _| show::things(cloud.cloud())))
}

#[derive(Deserialize)]
struct ShadowPath {
    thing: String,
    name: Option<String>,
}

impl ShadowPath {
    fn id(&self) -> Result<ShadowId, Problem> {
        let id = match &self.name {
            None => ShadowId::classic(&self.thing),
            Some(name) => ShadowId::named(&self.thing, name),
        };
        id.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))
    }
}

async fn shadow(State(shared): Cloud, Path(path): Path<ShadowPath>) -> Answer {
    let id = path.id()?;
    found(shared.with(|cloud, now| cloud.cloud().shadow(now, &id)), &format!("a shadow {id}"))
}

async fn update(State(shared): Cloud, Path(path): Path<ShadowPath>, body: Bytes) -> Answer {
    let (id, document) = (path.id()?, object(&body)?);
    let (updated, kept) = shared.control(|cloud, now| {
        let updated = cloud.cloud_mut().update(now, &id, &document);
        let done = updated.as_ref().ok().map(|updated| {
            let document = cloud.cloud().shadow(now, &id);
            let events = updated.events.clone();
            Controlled::Shadow { shadow: id.clone(), document, events }
        });
        (updated, done)
    });
    let updated = updated?;
    kept?;
    good(updated.document)
}

async fn delete(State(shared): Cloud, Path(path): Path<ShadowPath>) -> Answer {
    let id = path.id()?;
    let (deleted, kept) = shared.control(|cloud, now| {
        let deleted = cloud.cloud_mut().delete(now, &id);
        let done = deleted.as_ref().ok().map(|deleted| {
            let events = deleted.events.clone();
            Controlled::Shadow { shadow: id.clone(), document: None, events }
        });
        (deleted, done)
    });
    let deleted = deleted?;
    kept?;
    good(json!({ "version": deleted.version }))
}

#[derive(Deserialize)]
struct Selection {
    /// Only requests with a greater number.
    after: Option<u64>,
    /// So many of the latest.
    limit: Option<usize>,
}

async fn requests(State(shared): Cloud, Query(selection): Query<Selection>) -> Answer {
    let limit = selection.limit.unwrap_or(REQUESTS_KEPT_MAX);
    let after = selection.after.unwrap_or(0);
    let mut latest: Vec<Value> = shared.recent(|recent| {
        let newer = recent.iter().rev().take_while(|kept| kept.number > after);
        newer.take(limit).map(show::request_line).collect()
    });
    latest.reverse();
    good(json!({ "requests": latest }))
}

async fn request(State(shared): Cloud, Path(id): Path<String>) -> Answer {
    let kept = shared.recent(|recent| match id.parse() {
        Ok(number) => recent.find(number).cloned(),
        Err(_) => recent.iter().find(|kept| show::request_id(&kept.served) == Some(&id)).cloned(),
    });
    let Some(kept) = kept else {
        return found(None, &format!("a request {id} among the last ones"));
    };
    // An explanation takes its time, during which neither the cloud nor a thread that serves may be held up.
    let explainer = shared.with(|cloud, _| cloud.cloud().explainer());
    let shown = spawn_blocking(move || show::request_whole(&kept, &explainer)).await;
    shown
        .map(Json)
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}

async fn faults(State(shared): Cloud) -> Answer {
    good(shared.with(|cloud, _| show::faults(cloud.armed())))
}

async fn arm(State(shared): Cloud, body: Bytes) -> Answer {
    let described = object(&body)?;
    let fault = Fault::read(&described)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))?;
    if fault.kind.place() == Place::Radio && !shared.has_link() {
        let text =
            "the cloud has no radio, so nobody would meet this; a run of `shadowrig` may have one";
        return Err(Problem::new(StatusCode::BAD_REQUEST, text));
    }
    let kind = fault.kind.name();
    let (FaultId(id), _) = shared.control(|cloud, _| {
        let id = cloud.arm(fault);
        (id, Some(Controlled::FaultArmed { fault: FaultRef { id, kind }, described }))
    });
    good(json!({ "id": id }))
}

async fn disarm(State(shared): Cloud, Path(id): Path<u64>) -> Answer {
    let (armed, _) = shared.control(|cloud, _| {
        let armed = cloud.disarm(FaultId(id));
        let others = !cloud.armed().is_empty();
        let done = armed.is_some().then_some(Controlled::FaultTaken { id: FaultId(id), others });
        (armed, done)
    });
    found(armed.as_ref().map(show::fault), &format!("a fault {id}"))
}

async fn clear_faults(State(shared): Cloud) -> Answer {
    let (cleared, _) = shared.control(|cloud, _| {
        let cleared = show::faults(cloud.armed());
        cloud.clear();
        (cleared, Some(Controlled::FaultsCleared))
    });
    good(cleared)
}

async fn set_policy(State(shared): Cloud, Path(key): Path<String>, body: Bytes) -> Answer {
    let policy: Policy = serde_json::from_slice(&body).map_err(|error| {
        Problem::new(StatusCode::BAD_REQUEST, format!("the policy cannot be read: {error}"))
    })?;
    shared.with(|cloud, _| cloud.cloud_mut().set_policy(&key, Some(policy)));
    good(json!({}))
}

async fn drop_policy(State(shared): Cloud, Path(key): Path<String>) -> Answer {
    shared.with(|cloud, _| cloud.cloud_mut().set_policy(&key, None));
    good(json!({}))
}

async fn clock(State(shared): Cloud) -> Answer {
    good(shared.with(|cloud, now| show::clock(cloud.cloud(), now)))
}

async fn set_clock(State(shared): Cloud, body: Bytes) -> Answer {
    let wanted = object(&body)?;
    let offset = wanted["offset"].as_str().and_then(parse_signed_duration);
    let offset_ms = offset.and_then(|offset| i64::try_from(offset.as_millis()).ok()).ok_or_else(|| {
        let text = "the clock wants {\"offset\": D}, D being a signed duration, as \"+5m\" or \"-90s\"";
        Problem::new(StatusCode::BAD_REQUEST, text)
    })?;
    let (shown, _) = shared.control(|cloud, now| {
        cloud.cloud_mut().set_clock_offset(offset_ms);
        (show::clock(cloud.cloud(), now), Some(Controlled::Clock { offset_ms }))
    });
    good(shown)
}

async fn ca(State(shared): Cloud) -> Response {
    shared.ca_pem().map_or_else(no_ca, |pem| {
        ([(header::CONTENT_TYPE, "application/x-pem-file")], pem).into_response()
    })
}

/// The form that small devices keep.
async fn ca_der(State(shared): Cloud) -> Response {
    let pem = shared.ca_pem();
    let der = pem.and_then(|pem| CertificateDer::from_pem_slice(pem.as_bytes()).ok());
    der.map_or_else(no_ca, |der| {
        ([(header::CONTENT_TYPE, "application/pkix-cert")], der.to_vec()).into_response()
    })
}

fn no_ca() -> Response {
    let nothing = "the server has no private CA; start it with --listen-tls";
    Problem::new(StatusCode::NOT_FOUND, nothing).into_response()
}

async fn reset(State(shared): Cloud) -> Answer {
    let ((), kept) = shared.control(|cloud, _| {
        cloud.clear();
        cloud.cloud_mut().clear();
        cloud.cloud_mut().set_clock_offset(0);
        ((), Some(Controlled::Reset))
    });
    kept?;
    shared.recent(Recent::clear);
    good(json!({}))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::extract::{ConnectInfo, Request};
    use tower::ServiceExt as _;

    use super::*;
    use crate::event::CloudEventKind;
    use crate::http::shared::Remote;
    use crate::{FakeShadow, Faulty, Settings};

    /// The status for a client at an address.
    async fn check(remote: Remote, peer: &str, expected: StatusCode) {
        let cloud = Faulty::new(FakeShadow::new(Settings::default()));
        let shared = Shared::new(cloud, || crate::clock::UnixMillis(0)).controlled_from(remote);
        let (_end, ending) = watch::channel(false);
        let mut request = Request::new(axum::body::Body::empty());
        *request.uri_mut() = "/_shadowrig/things".parse().unwrap();
        let peer = SocketAddr::new(peer.parse().unwrap(), 1);
        request.extensions_mut().insert(ConnectInfo(peer));
        let control = Control { shared: Arc::new(shared), ending };
        let response = router(control).oneshot(request).await.unwrap();
        assert_eq!(response.status(), expected, "{peer}");
    }

    #[tokio::test]
    async fn other_machines_are_not_let_in_unless_that_was_asked_for() {
        check(Remote::Refused, "127.0.0.1", StatusCode::OK).await;
        check(Remote::Refused, "::1", StatusCode::OK).await;
        check(Remote::Refused, "::ffff:127.0.0.1", StatusCode::OK).await;
        check(Remote::Refused, "192.0.2.1", StatusCode::FORBIDDEN).await;
        check(Remote::Refused, "2001:db8::1", StatusCode::FORBIDDEN).await;
    }

    #[tokio::test]
    async fn what_is_done_is_told_in_order() {
        let told = Arc::new(std::sync::Mutex::new(Vec::new()));
        let cloud = Faulty::new(FakeShadow::new(Settings::default()));
        let observer = Arc::clone(&told);
        let shared = Shared::new(cloud, || crate::clock::UnixMillis(0)).observed_by(move |event| {
            if let CloudEventKind::Controlled(done) = &event.kind {
                observer.lock().unwrap().push(done.clone());
            }
        });
        let (_end, ending) = watch::channel(false);
        let control = Control { shared: Arc::new(shared), ending };
        for (method, path, body) in [
            ("PUT", "things/a/shadow", r#"{"state":{"desired":{"n":1}}}"#),
            ("PUT", "things/a/shadow", r#"{"version":9}"#),
            ("GET", "things/a/shadow", ""),
            ("POST", "faults", r#"{"status":503}"#),
            ("POST", "faults", r#"{"empty":true}"#),
            ("DELETE", "faults/1", ""),
            ("DELETE", "faults/7", ""),
            ("DELETE", "faults", ""),
            ("POST", "clock", r#"{"offset":"+5m"}"#),
            ("DELETE", "things/a/shadow", ""),
            ("POST", "reset", ""),
        ] {
            let mut request = Request::new(axum::body::Body::from(body));
            *request.method_mut() = method.parse().unwrap();
            *request.uri_mut() = format!("/_shadowrig/{path}").parse().unwrap();
            let peer: SocketAddr = "127.0.0.1:1".parse().unwrap();
            request.extensions_mut().insert(ConnectInfo(peer));
            router(control.clone()).oneshot(request).await.unwrap();
        }
        let told = told.lock().unwrap();
        let acts: Vec<_> = told.iter().map(Controlled::act).collect();
        let expected = [
            "shadow",
            "fault-armed",
            "fault-armed",
            "fault-taken",
            "faults-cleared",
            "clock",
            "shadow",
            "reset",
        ];
        assert_eq!(acts, expected);
        let Controlled::Shadow { document: Some(document), .. } = &told[0] else {
            panic!("{told:?}")
        };
        assert_eq!(document["state"], json!({ "desired": { "n": 1 }, "delta": { "n": 1 } }));
        assert!(matches!(told[3], Controlled::FaultTaken { id: FaultId(1), others: true }));
        assert!(matches!(told[6], Controlled::Shadow { document: None, .. }));
    }
}
