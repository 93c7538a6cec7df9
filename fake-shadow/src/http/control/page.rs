//! The live page over HTTP.

use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use super::answer::{Answer, good};
use super::guard::{COOKIE, token_of_query};
use crate::http::shared::{Remote, Shared};
use crate::page::{self, ICON, Lock, SCRIPT, STYLE, TOLD_SCRIPT};

/// The page. Who comes with the token in the query gets a cookie, and an address without it, so that it stands neither in
/// the history nor on the screen.
pub(super) async fn page(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    if let (Remote::WithToken(token), Some(given)) = (shared.remote(), token_of_query(&request)) {
        let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, "/")]).into_response();
        // Who is here by a cookie may have come with an old token.
        let cookie = format!("{COOKIE}={given}; Path=/; HttpOnly; SameSite=Strict");
        if let (true, Ok(cookie)) = (token.is(given), HeaderValue::from_str(&cookie)) {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        return response;
    }
    let region = shared.with(|cloud, _| cloud.cloud().settings().region.clone());
    Html(page::page(&region, shared.beyond().as_deref())).into_response()
}

/// What stands in place of the page for somebody who is not let in.
pub(super) fn door(status: StatusCode, lock: Lock, why: &str) -> Response {
    (status, Html(page::door(why, lock))).into_response()
}

pub(super) async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

pub(super) async fn script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT)
}

pub(super) async fn told_script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], TOLD_SCRIPT)
}

pub(super) async fn icon() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "image/svg+xml")], ICON)
}

#[derive(Deserialize)]
pub(super) struct Since {
    /// Only requests with a greater number.
    after: Option<u64>,
}

pub(super) async fn state(State(shared): State<Arc<Shared>>, Query(since): Query<Since>) -> Answer {
    good(
        shared.look(|cloud, recent, now| page::state(cloud, recent, now, since.after.unwrap_or(0))),
    )
}
