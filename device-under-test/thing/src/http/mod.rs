//! HTTP/1.1 as a client with one request a connection speaks it: written in one piece, read byte by
//! byte.

mod answer;
#[cfg(test)]
mod answer_tests;
mod request;

pub(crate) use answer::{Answer, AnswerError, Progress};
pub(crate) use request::{Method, write_request};
