//! Tests of the cloud as a whole: one program, so that it is linked once.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up must fail")]

mod account;
mod control;
mod control_plane;
mod data;
mod docs;
mod faults;
mod fuzz_laws;
mod hard_to_kill;
mod http_edges;
mod http_faults;
mod http_requests;
mod http_verdicts;
mod https;
mod log_lines;
mod page;
mod program;
mod proxy;
mod shadow_properties;
mod shadow_vectors;
mod sigv4_edges;
mod sigv4_explain;
mod sigv4_properties;
mod sigv4_refusals;
mod sigv4_requests;
mod sigv4_suite;
mod support;
