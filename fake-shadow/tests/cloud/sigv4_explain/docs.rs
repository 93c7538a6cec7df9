//! The page `docs/signature-mistakes.md`, made from the table of mistakes.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use fake_shadow::sigv4::explain::{FAMILIES, HASH_HEADER, TEXT_HEADER};

#[test]
fn the_page_of_mistakes_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/signature-mistakes.md");
    let page = page();
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "{path:?} is out of date: run this test with UPDATE_DOCS=1");
}

fn page() -> String {
    let mut page = String::from(
        "# Signature mistakes\n\n\
         <!-- Made by the test `the_page_of_mistakes_is_up_to_date` from the table in fake-shadow/src/sigv4/explain. -->\n\n\
         AWS says the same about every wrong signature. The fake cloud knows the secret, so it makes each mistake below itself, \
         alone and then in pairs, and names the one that gives the signature that came. What can be seen in a request, as a \
         wrong clock, is named without that. The names in the first column are stable.\n\n",
    );
    let _ = writeln!(
        page,
        "A device under development can tell more in a header that it does not sign: in `{HASH_HEADER}` the SHA-256 of its \
         canonical request in hexadecimal digits, or in `{TEXT_HEADER}` the canonical request itself in base64. Then the \
         first line that differs is shown even if the secret is wrong."
    );
    for family in FAMILIES {
        let _ = write!(
            page,
            "\n## {}\n\n| name | what is wrong | what to do |\n| --- | --- | --- |\n",
            family.title
        );
        for topic in family.topics() {
            let cell = |text: &str| text.replace('|', "\\|");
            let _ =
                writeln!(page, "| `{}` | {} | {} |", topic.id, cell(topic.did), cell(topic.help));
        }
    }
    page
}
