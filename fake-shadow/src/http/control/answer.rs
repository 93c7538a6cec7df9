//! Answers of the control interface.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::data::DataError;
use crate::shadow::ShadowError;

pub(super) type Answer = Result<Json<Value>, Problem>;

/// Why something cannot be done, and what to do about it.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    text: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }
}

impl From<ShadowError> for Problem {
    fn from(error: ShadowError) -> Self {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
        Self::new(status, error.message())
    }
}

impl From<DataError> for Problem {
    fn from(error: DataError) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("it is done, and could not be written to the file of --data: {error}"),
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.text }))).into_response()
    }
}

pub(super) const fn good(value: Value) -> Answer {
    Ok(Json(value))
}

pub(super) fn found(value: Option<Value>, what: &str) -> Answer {
    value
        .map(Json)
        .ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, format!("there is not {what}")))
}

pub(super) fn object(body: &[u8]) -> Result<Value, Problem> {
    match serde_json::from_slice(body) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(Problem::new(StatusCode::BAD_REQUEST, "the body must be a JSON object")),
        Err(error) => {
            Err(Problem::new(StatusCode::BAD_REQUEST, format!("the body is not JSON: {error}")))
        }
    }
}
