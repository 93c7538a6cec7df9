//! Mistakes in the signing key.

use super::mistake::{Family, Mistake, Topic, Ways};
use super::recipe::{Carry, Key, Recipe, Step};
use super::situation::Situation;
use crate::clock::UnixMillis;
use crate::sigv4::timestamp;

const CHAIN: &str = "derive the key in four steps, each HMAC-SHA256 with the raw 32 bytes of the \
    step before as its key: first \
    `\"AWS4\" + secret` over the day, then over the region, the service and `aws4_request`";

pub(super) const FAMILY: Family =
    Family { title: "The signing key", mistakes: MISTAKES, seen: &[] };

const MISTAKES: &[Mistake] = &[
    Mistake::ways(
        Topic {
            id: "key-another-region",
            did: "the signing key was derived for another region than the credential names",
            help: "use one region for the scope and for the key",
        },
        Ways { all: REGIONS.len() + 2 + ZONES.len(), paired: 6 },
        |situation, recipe, way| {
            let other = match way {
                0 => situation.rules.region.clone(),
                1 => situation.scope.region.to_ascii_uppercase(),
                _ => match way.checked_sub(REGIONS.len() + 2) {
                    Some(zone) => format!("{}{}", situation.scope.region, ZONES[zone]),
                    None => REGIONS[way - 2].to_owned(),
                },
            };
            step(recipe, 1, other);
        },
    ),
    Mistake::ways(
        Topic {
            id: "key-another-service",
            did: "the signing key was derived for another service than the credential names",
            help: "use one service name for the scope and for the key; for shadows it is `iotdata`",
        },
        Ways { all: SERVICES.len(), paired: 6 },
        |_, recipe, way| step(recipe, 2, SERVICES[way].to_owned()),
    ),
    Mistake::ways(
        Topic {
            id: "key-another-day",
            did: "the signing key was derived for another day than the credential names",
            help: "derive the key anew when the day changes in UTC, from the same time that is \
                sent",
        },
        Ways { all: OTHER_DAYS, paired: 2 },
        |situation, recipe, way| step(recipe, 0, other_days(situation)[way].clone()),
    ),
    Mistake::ways(
        Topic {
            id: "key-day-form",
            did: "the day in the signing key is not written as `20260102`",
            help: "use the first eight digits of the time stamp for the key",
        },
        Ways { all: 4, paired: 3 },
        |situation, recipe, way| {
            let day = situation.scope.date;
            let dashed = match (day.get(..4), day.get(4..6), day.get(6..)) {
                (Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}"),
                _ => return,
            };
            let short = day.get(2..).unwrap_or_default().to_owned();
            let other = [situation.date.clone(), dashed, short, format!("{day}Z")][way].clone();
            step(recipe, 0, other);
        },
    ),
    Mistake::ways(
        Topic {
            id: "key-terminator",
            did: "the last step of the signing key is not over `aws4_request`",
            help: CHAIN,
        },
        Ways { all: 4, paired: 4 },
        |_, recipe, way| {
            let other = ["aws4", "AWS4_REQUEST", "aws_request", "aws4-request"][way];
            step(recipe, 3, other.to_owned());
        },
    ),
    Mistake::ways(
        Topic { id: "key-step-missing", did: "a step of the signing key is missing", help: CHAIN },
        Ways { all: 4, paired: 4 },
        |_, recipe, way| {
            let steps = &mut recipe.key_mut().steps;
            if way < steps.len() {
                steps.remove(way);
            }
        },
    ),
    Mistake::ways(
        Topic {
            id: "key-steps-in-another-order",
            did: "the steps of the signing key are in another order",
            help: CHAIN,
        },
        Ways { all: 4, paired: 3 },
        |_, recipe, way| {
            let steps = &mut recipe.key_mut().steps;
            if way == 3 {
                return steps.reverse();
            }
            let (left, right) = [(1, 2), (0, 1), (0, 2)][way];
            if right < steps.len() {
                steps.swap(left, right);
            }
        },
    ),
    Mistake::ways(
        Topic { id: "key-in-one-step", did: "the signing key was made in one step", help: CHAIN },
        Ways { all: 2, paired: 2 },
        |_, recipe, way| {
            let steps = &mut recipe.key_mut().steps;
            *steps = vec![steps.join([b"/".as_slice(), b""][way])];
        },
    ),
    Mistake::ways(
        Topic {
            id: "key-not-derived",
            did: "the string was signed with the secret itself, without a signing key",
            help: CHAIN,
        },
        Ways { all: 2, paired: 2 },
        |_, recipe, way| {
            let key = recipe.key_mut();
            key.steps.clear();
            key.prefix = ["AWS4", ""][way];
        },
    ),
    Mistake::ways(
        Topic {
            id: "key-with-line-end",
            did: "the parts of the scope went into the signing key with a line end or a zero byte \
                behind them",
            help: "hash the characters of each part alone: `printf` instead of `echo`, `strlen` \
                instead of `sizeof`",
        },
        Ways { all: 2, paired: 1 },
        |_, recipe, way| {
            for part in &mut recipe.key_mut().steps {
                part.push(b"\n\0"[way]);
            }
        },
    ),
    Mistake::ways(
        Topic {
            id: "key-aws4-missing",
            did: "the secret went into the signing key without `AWS4`, and nothing else, before it",
            help: "begin with the key `\"AWS4\" + secret`",
        },
        Ways { all: 7, paired: 2 },
        |_, recipe, way| {
            let key = recipe.key_mut();
            (key.prefix, key.suffix) = [
                ("", ""),
                ("aws4", ""),
                ("", "AWS4"),
                ("AWS", ""),
                ("AWS3", ""),
                ("AWS4 ", ""),
                ("AWS4AWS4", ""),
            ][way];
        },
    ),
    Mistake::ways(
        Topic {
            id: "key-not-raw",
            did: "the result of each step was handed on as text instead of raw bytes",
            help: "hand the 32 raw bytes of each step to the next, not their digits",
        },
        Ways { all: 6, paired: 6 },
        |_, recipe, way| {
            let form = [Carry::Hex, Carry::HexUpper, Carry::Base64][way / 2];
            let key = recipe.key_mut();
            (key.carry, key.last_carry) = (form, if way % 2 == 0 { form } else { Carry::Raw });
        },
    ),
    Mistake::ways(
        Topic {
            id: "key-last-not-raw",
            did: "the finished signing key was used as text instead of raw bytes",
            help: "sign with the 32 raw bytes of the signing key, not with their digits",
        },
        Ways { all: 3, paired: 3 },
        |_, recipe, way| {
            recipe.key_mut().last_carry = [Carry::Hex, Carry::HexUpper, Carry::Base64][way]
        },
    ),
    Mistake::once(
        "key-cut-at-zero",
        "a key was cut at a zero byte, because it was handled as a C string",
        "hand on each key with its length, 32; this fails on some days only, when a key happens \
            to hold a zero",
        |_, recipe| {
            let key = recipe.key_mut();
            (key.carry, key.last_carry) = (Carry::UpToZero, Carry::UpToZero);
        },
    ),
    Mistake::ways(
        Topic {
            id: "key-as-characters",
            did: "the keys between the steps were handled as text, which changes their bytes",
            help: "keep keys in byte buffers, never in strings",
        },
        Ways { all: 2, paired: 2 },
        |_, recipe, way| {
            let form = [Carry::BytesAsCharacters, Carry::Utf8WithReplacements][way];
            let key = recipe.key_mut();
            (key.carry, key.last_carry) = (form, form);
        },
    ),
    Mistake::ways(
        Topic {
            id: "key-arguments-swapped",
            did: "key and message were swapped when the HMAC was called",
            help: "check the order of arguments: the result of the step before is the key, the \
                part of the scope the message",
        },
        Ways { all: 3, paired: 3 },
        |_, recipe, way| {
            let key: &mut Key = recipe.key_mut();
            key.step = if way == 2 { key.step } else { Step::HmacSwapped };
            key.last_step = if way == 0 { key.last_step } else { Step::HmacSwapped };
        },
    ),
    Mistake::ways(
        Topic {
            id: "key-plain-hash",
            did: "a plain SHA-256 was used where HMAC-SHA256 should be",
            help: "use HMAC-SHA256 with a key and a message; a hash of both in a row is something \
                else",
        },
        Ways { all: 4, paired: 3 },
        |_, recipe, way| {
            let key = recipe.key_mut();
            match way {
                0 => key.step = Step::HashOfBoth,
                1 => key.last_step = Step::HashOfBoth,
                2 => (key.step, key.last_step) = (Step::HashOfBoth, Step::HashOfBoth),
                _ => key.last_step = Step::HashOfMessage,
            }
        },
    ),
];

/// Regions in which AWS IoT is, and where devices are told to be by mistake.
pub(super) const REGIONS: &[&str] = &[
    // The first ones are tried together with other mistakes as well.
    "us-east-1",
    "eu-west-1",
    "us-west-2",
    "eu-central-1",
    "us-east-2",
    "us-west-1",
    "ca-central-1",
    "sa-east-1",
    "eu-west-2",
    "eu-west-3",
    "eu-north-1",
    "eu-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-east-1",
    "me-south-1",
    "me-central-1",
    "us-gov-west-1",
    "us-gov-east-1",
    "cn-north-1",
    "cn-northwest-1",
    "",
];

/// What makes the name of a zone out of that of a region.
const ZONES: &[&str] = &["a", "b", "c", "d"];

/// Service names that are taken for the right one.
pub(super) const SERVICES: &[&str] = &[
    // The first ones are tried together with other mistakes as well.
    "iotdata",
    "iot",
    "iotdevicegateway",
    "execute-api",
    "s3",
    "IotData",
    "iot-data",
    "iot_data",
    "iotdataplane",
    "data.iot",
    "data-ats.iot",
    "iotcore",
    "lambda",
    "dynamodb",
    "sts",
    "",
];

/// The days before and after the one in the credential, and the day it is here.
pub(super) fn other_days(situation: &Situation<'_>) -> [String; OTHER_DAYS] {
    let midnight = timestamp::parse_basic(&format!("{}T000000Z", situation.scope.date));
    let midnight = midnight.unwrap_or(situation.signed_at);
    let days: [UnixMillis; OTHER_DAYS] =
        [midnight.offset_by(-86_400_000), midnight.offset_by(86_400_000), situation.now];
    days.map(|day| timestamp::basic(day).get(..8).unwrap_or_default().to_owned())
}

/// How many days [`other_days`] gives.
pub(super) const OTHER_DAYS: usize = 3;

fn step(recipe: &mut Recipe, at: usize, message: String) {
    if let Some(step) = recipe.key_mut().steps.get_mut(at) {
        *step = message.into_bytes();
    }
}
