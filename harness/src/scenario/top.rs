//! The keys at the top of a scenario file, and the keys that every step may have.

use super::field::{Field, Need, Shape, optional, required};
use super::watch;
use crate::engine::steps;
use crate::invariant;

/// The shadows that the cloud holds at the beginning.
pub const CLOUD: &[Field] = &[
    optional(
        "tls",
        Shape::TrueFalse,
        "serve it over HTTPS; a fault of the handshake does so by itself. The simulated bench has no TLS",
    ),
    optional("shadow", Shape::Map(steps::SHADOW_FIELDS), "the classic shadow at the beginning"),
    optional(
        "named-shadows",
        Shape::AnyKeys(&Shape::Map(steps::SHADOW_FIELDS)),
        "named shadows at the beginning",
    ),
    optional(
        "endpoint",
        Shape::Text,
        "the real endpoint that the case is for, as `https://PREFIX-ats.iot.REGION.amazonaws.com`: with `--cloud aws` it is skipped at \
         any other. Which endpoint a run has is said to the run, never by a file, since real keys sign there. The fake cloud plays any",
    ),
    optional("sigv4", Shape::Map(SIGV4), "how it checks signatures; only the fake one can be told"),
];

const SIGV4: &[Field] = &[
    optional(
        "window",
        Shape::Span,
        "how far the device's clock may be off, either way; default 5m, as AWS has it",
    ),
    optional(
        "strict",
        Shape::TrueFalse,
        "`true`: a presigned URL must have its session token appended after signing, as AWS IoT documents; default false, as SDKs presign",
    ),
];

const BOARD: &[Field] = &[
    optional("chip", Shape::List(&Shape::Choice(CHIPS)), "the chips that will do, as `esp32c3`"),
    optional("needs", Shape::List(&Shape::Choice(NEEDS)), "what the bench must be able to do"),
    optional(
        "labels",
        Shape::List(&Shape::Text),
        "labels that a board of the inventory must have, all of them",
    ),
    optional(
        "same",
        Shape::Text,
        "a family of labels of which it must have one: `rig` wants a label as `rig:window-2`",
    ),
];

/// The chips that are known.
pub const CHIPS: &[&str] =
    &["esp8266", "esp32", "esp32s2", "esp32s3", "esp32c2", "esp32c3", "esp32c6", "esp32h2"];

/// What a bench may be able to do.
pub const NEEDS: &[&str] = &[
    "console",
    "power-switch",
    "programmable-supply",
    "current-meter",
    "state-writes",
    "wake-pin",
    "motor",
    "pins",
    "reset-line",
    "debug-probe",
];

const TIME: &[Field] = &[optional(
    "sleeping",
    Shape::Choice(&["real", "fast-forward"]),
    "whether a sleeping board may be woken early to save time; a simulated one always jumps",
)];

const REQUIRES: &[Field] = &[
    optional(
        "cloud",
        Shape::Choice(&["fake", "real", "aws"]),
        "the cloud that the case needs; the real one is AWS's",
    ),
    optional(
        "clock",
        Shape::Choice(&["settable"]),
        "a cloud whose clock can be moved; only the fake one's can",
    ),
];

/// The keys at the top of a file.
pub const TOP: &[Field] = &[
    Field {
        name: "version",
        shape: Shape::Whole,
        need: Need::Required,
        doc: "the version of the format: 1",
    },
    required("name", Shape::Text, "what a person calls the case"),
    optional("description", Shape::Text, "longer words about it"),
    optional("tags", Shape::List(&Shape::Text), "words to select it by"),
    optional("timeout", Shape::Span, "the most time that the whole case may take"),
    optional(
        "within",
        Shape::Span,
        "the limit of each step that has a limit of 10s by default; a `within` beside a step goes before it",
    ),
    optional("board", Shape::Map(BOARD), "what the board must be and have"),
    optional(
        "requires",
        Shape::Map(REQUIRES),
        "what else the case needs; without it the case is skipped, with this reason",
    ),
    optional(
        "firmware",
        Shape::Map(steps::FLASH_FIELDS),
        "the image that runs on the board; default `signal-thing`",
    ),
    optional(
        "boards",
        Shape::AnyKeys(&Shape::Map(BOARD)),
        "several boards by their names; no bench has more than one yet, so the case is skipped",
    ),
    optional("cloud", Shape::Map(CLOUD), "what the cloud holds at the beginning"),
    optional("vars", Shape::AnyKeys(&Shape::Json), "values for `${name}`"),
    optional(
        "secrets",
        Shape::List(&Shape::Text),
        "names of values that no output shows, for `${secrets.NAME}`; each comes from the variable of that name or from \
         `--secrets-file`, and the case is skipped without it",
    ),
    optional(
        "quarantine",
        Shape::Text,
        "why the case is not to count for now; it is skipped with this reason, unless the run has `--run-quarantined`",
    ),
    optional(
        "matrix",
        Shape::AnyKeys(&Shape::List(&Shape::Json)),
        "one case for each combination; values as `${matrix.name}`",
    ),
    optional(
        "never",
        Shape::List(&watch::SHAPE),
        "what must not happen during the whole case; resets by panic, watchdog and brownout always are",
    ),
    optional(
        "invariants",
        invariant::read::SHAPE,
        "what must hold for all that is observed in the whole case: names of built-in ones, or one's own; see `docs/invariants.md`",
    ),
    optional(
        "allow",
        Shape::List(&Shape::Choice(&["panic", "watchdog", "brownout"])),
        "resets that may happen after all",
    ),
    optional("time", Shape::Map(TIME), "how time may pass"),
    required("steps", Shape::Steps, "what is done and seen, in order"),
    optional("finally", Shape::Steps, "what is done at the end, whatever happened"),
];

/// The keys at the top of a file that others include.
pub const PART: &[Field] = &[
    required("version", Shape::Whole, "the version of the format: 1"),
    optional("description", Shape::Text, "what its steps do"),
    optional("vars", Shape::AnyKeys(&Shape::Json), "values that the `vars` of `include` override"),
    required("steps", Shape::Steps, "what is done and seen, in order"),
];

/// The keys that every step may have beside its verb.
pub const COMMON: &[Field] = &[
    optional(
        "name",
        Shape::Text,
        "what a person calls the step; `since: step:<name>` refers to it",
    ),
    optional(
        "within",
        Shape::Span,
        "the most time that it may take; default 10s, or what `within` at the top says",
    ),
    optional("for", Shape::Span, "how long it watches"),
    optional("since", Shape::Text, "from where it looks: `start`, `wake` or `step:<name>`"),
    optional(
        "capture",
        Shape::AnyKeys(&Shape::Path),
        "variables to keep of what it saw, each with its path",
    ),
    optional(
        "if",
        Shape::OneOf(&[Shape::Text, Shape::TrueFalse]),
        "it is done only if this, filled in, is not `false`, `0` or nothing",
    ),
];
