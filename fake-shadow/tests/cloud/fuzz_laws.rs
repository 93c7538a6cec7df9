//! The laws that the fuzz targets hold, over their seeds and over bytes by chance: so they are run where no fuzzer is.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

#[path = "../../fuzz/laws/canonical.rs"]
mod canonical;
#[path = "../../fuzz/laws/document.rs"]
mod document;
#[path = "../../fuzz/laws/policy.rs"]
mod policy;
#[path = "../../fuzz/laws/request.rs"]
mod request;

/// Runs a law over the seeds of its fuzz target.
fn check(target: &str, law: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let seeds: Vec<_> = fs::read_dir(folder).unwrap().collect();
    assert!(!seeds.is_empty(), "{target} has no seed");
    for seed in seeds {
        law(&fs::read(seed.unwrap().path()).unwrap());
    }
}

/// The fuzz target explains some requests only; here all are explained.
fn check_request(bytes: &[u8]) {
    if let Some(refused) = request::served(bytes) {
        request::explained(&refused);
    }
}

fn as_text(law: impl Fn(&str)) -> impl Fn(&[u8]) {
    move |bytes| law(str::from_utf8(bytes).unwrap())
}

#[test]
fn the_seeds_of_the_fuzz_targets_keep_their_laws() {
    check("canonical", as_text(canonical::check));
    check("document", document::check);
    check("policy", as_text(policy::check));
    check("request", check_request);
}

proptest! {
    #[test]
    fn what_comes_by_chance_keeps_the_laws(
        target in "[/.%a0+&=?:é-]{0,30}\n[a-zA-Z;-]{0,12}\n[a-zA-Z:\\s-]{0,30}",
        document in r#"\{"state":(null|\{"(desired|reported)":(\{("[ab]":(1|1\.0|null|\[1\]|\{\}|\{"a":2\}),?){0,3}\}|null)\})(,"version":[01])?\}"#,
        pattern in "iot:[a-zA-Z*?]{0,8}\nthing/[a-z*?/]{0,8}",
        line in "(GET|POST|PUT) /(things|topics|endpoint)?(/[a-z%3A]{1,5})?(/shadow)?( HTTP/1.[01])?\r\n([A-Za-z-]{1,9}: [ -~]{0,20}\r\n){0,4}\r\n[ -~]{0,10}",
    ) {
        canonical::check(&target);
        document::check(document.as_bytes());
        let allow = r#"{"Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"thing/*"}]}"#;
        policy::check(&format!("{pattern}\n{allow}"));
        check_request(line.as_bytes());
    }
}
