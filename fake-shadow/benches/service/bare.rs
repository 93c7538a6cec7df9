//! A handler that does nothing but read and answer: what HTTP alone costs with the same library.

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderName;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;

/// The argument that makes this program that handler, followed by the body for a GET and the one for an update.
pub(crate) const FLAG: &str = "--serve-bare";

/// Serves until the process is killed.
pub(crate) fn serve(get_body: Vec<u8>, update_body: Vec<u8>) {
    let (get_body, update_body) = (Bytes::from(get_body), Bytes::from(update_body));
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let on_get = move || async move { answer(get_body) };
        let on_update = |sent: Bytes| async move {
            assert!(!sent.is_empty());
            answer(update_body)
        };
        let app = Router::new().route("/things/{thing}/shadow", get(on_get).post(on_update));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("listening on http://{}", listener.local_addr().unwrap());
        axum::serve(listener, app).await.unwrap();
    });
}

/// With the headers of the service; axum adds length and date.
fn answer(body: Bytes) -> impl IntoResponse {
    const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
    const CONNECTION: HeaderName = HeaderName::from_static("connection");
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (REQUEST_ID, "602536fa-5868-07ee-d9bd-78f66063db45"),
        (CONNECTION, "keep-alive"),
    ];
    (headers, body)
}
