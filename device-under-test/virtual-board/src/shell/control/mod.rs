//! The control socket: one JSON line in, one JSON line out.
//!
//! | line | does |
//! | --- | --- |
//! | `{"order":"status"}` | nothing |
//! | `{"order":"power-cut"}` | cuts the power |
//! | `{"order":"power-restore"}` | brings it back |
//! | `{"order":"power-cycle","off_ms":500}` | both, by default 500 ms apart |
//! | `{"order":"cut-at-write","at":"during","after":1}` | cuts the power `before`, `during` or after (`after`) a write of what our own things keep, once `after` writes have passed, 0 by default |
//! | `{"order":"reset"}` | pulls the enable pin |
//! | `{"order":"wake"}` | pulls the wake pin, which ends a sleep |
//! | `{"order":"end-sleep"}` | ends a sleep as if its time were over |
//! | `{"order":"sensors","battery_mv":3300}` | sets what sensors read; `null` for one that does not answer |
//! | `{"order":"fault","fault":"drop-byte","after":100}` | begins a fault; see [`Fault`](crate::Fault) |
//! | `{"order":"clear-faults"}` | ends all faults, and power cuts that wait |
//!
//! `power-restore`, `power-cycle` and `reset` take `"into":"download"` or `"into":"run"`, the default.
//! Each answer is `{"ok":true,…}` with how the board is after it, or `{"ok":false,"error":"…"}`.

mod orders;
mod server;

pub(crate) use server::Control;
