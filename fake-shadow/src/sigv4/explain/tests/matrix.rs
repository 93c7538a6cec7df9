//! All pairs of mistakes: each is named, or comes to less. Signatures are compared instead of searched for, so that the whole
//! matrix costs as much as one search.

use std::collections::{BTreeMap, BTreeSet};

use super::super::made::Made;
use super::super::search::{PAIRS_MAX, Search};
use super::*;

/// What becomes of the pairs of mistakes that can be made in a device's requests.
#[derive(Debug, Default)]
struct Matrix {
    pairs: usize,
    /// They come to the right signature, or to that of one mistake alone.
    smaller: usize,
    named: usize,
    /// Among those that are shown there are only others, each of which proves the signature too.
    crowded_out: Vec<(&'static str, &'static str)>,
}

/// Makes every pair of the table in a device's requests, and looks for it where the explainer would show it: among the first
/// pairs of the table that come to the same signature.
fn matrix(device: &Device) -> Matrix {
    let unsigned = device.with_signature(UNSIGNED);
    with_situation(&unsigned, &device.keyring(), |situation| {
        let (right, search) = (Recipe::right(situation), Search::new(situation));
        let base = right.make(&[]);
        let alone = search.variants(&right, |mistake| mistake.ways_count().all);
        let mut smaller: BTreeSet<Vec<u8>> =
            alone.iter().map(|variant| variant.recipe.make(&[&base]).signature()).collect();
        smaller.insert(base.signature());
        let variants = search.variants(&right, |mistake| mistake.ways_count().paired);
        let made: Vec<Made> =
            variants.iter().map(|variant| variant.recipe.make(&[&base])).collect();
        let mut shown: BTreeMap<Vec<u8>, Vec<(&str, &str)>> = BTreeMap::new();
        let mut matrix = Matrix::default();
        for at in 0..variants.len() {
            for other in at + 1..variants.len() {
                let [first, second] = [at, other].map(|at| (&variants[at], &made[at]));
                let signature = search.both(first, second, &base).signature();
                matrix.pairs += 1;
                if smaller.contains(&signature) {
                    matrix.smaller += 1;
                    continue;
                }
                let pair = (first.0.mistake.topic.id, second.0.mistake.topic.id);
                let shown = shown.entry(signature).or_default();
                if shown.len() < PAIRS_MAX && !shown.contains(&pair) {
                    shown.push(pair);
                }
                match shown.contains(&pair) {
                    true => matrix.named += 1,
                    false => matrix.crowded_out.push(pair),
                }
            }
        }
        let likely = alone.iter().filter(|variant| variant.is_likely()).count();
        let rarer = likely * (alone.len() - likely);
        let rare: usize = mistakes().map(Mistake::rare_count).sum();
        let all = matrix.pairs + rarer + 2 * alone.len() + rare;
        assert!(
            2 * all < RECOMPUTATIONS_MAX,
            "the search would stop early: {all}, {} pairs, {rarer} rarer, {} alone",
            matrix.pairs,
            alone.len()
        );
        matrix
    })
}

#[test]
fn every_pair_of_mistakes_is_named_or_comes_to_less() {
    for (name, device) in rich_devices() {
        let matrix = matrix(&device);
        let Matrix { pairs, smaller, named, crowded_out } = &matrix;
        assert_eq!(crowded_out.as_slice(), [], "{name}");
        assert_eq!(smaller + named, *pairs, "{name}");
        assert!(*named > 20_000, "{name}: only {named} of {pairs} pairs can be told apart");
    }
}

/// Devices in whose requests nearly every mistake changes something, by headers and by a presigned URL.
fn rich_devices() -> [(&'static str, Device); 3] {
    let device = |method: &str, target: &str, body: &str, is_presigned| Device {
        credential: Credential::temporary(
            "AKIDEXAMPLE",
            "s3cr3t/of+the+device/w1th40characters/Zz",
            "AQoDYXdzEPT//////////wEXAMPLEtoken==",
        ),
        request: Request {
            version: crate::message::HttpVersion::Http11,
            method: method.to_owned(),
            target: target.to_owned(),
            headers: vec![
                Header::new("Host", "A1b2-ats.iot.us-east-1.amazonaws.com:8443"),
                Header::new("User-Agent", "firmware/1.0"),
                Header::new("Content-Type", "application/json; charset=utf-8"),
                Header::new("X-My", "b  B"),
                Header::new("x-my", "a"),
            ],
            body: body.into(),
        },
        is_presigned,
    };
    let target = "/things/./my%3Athing+~!//a/shadow?name=a+%2F*~b&b=2&B=1&b-c&a=x:y";
    [
        (
            "update",
            device("POST", target, "{\"state\": {\"reported\":{\"t\":1,\"é\":\"x\"}}}\r\n", false),
        ),
        ("plain get", device("GET", "/things/lamp/shadow", "", false)),
        ("presigned get", device("GET", target, "", true)),
    ]
}
