//! Whom the firmware talks to, and whom it does not.

use firmware_tls::{Roots, RootsError};

use crate::bench::{
    ANSWER, Identity, Issuer, UNIX_MS, ask, ca, intermediate, no_ca, rsa_ca, rsa_server, server,
    trust,
};

const NAME: &str = "cloud.test";
const YEAR_MS: u64 = 365 * 86_400_000;

fn check(identity: Identity, root: &Issuer, expected: Result<(), &'static str>) {
    let heard = ask(identity, NAME, &trust(root), UNIX_MS);
    assert_eq!(heard, expected.map(|()| ANSWER.to_vec()));
}

#[test]
fn a_server_of_the_private_ca_is_talked_to() {
    let root = ca("root");
    check(server(NAME, &root), &root, Ok(()));
}

#[test]
fn a_server_with_rsa_is_talked_to() {
    // As those of AWS are: RSA of 2048 bits, in the certificates and in the handshake.
    let root = rsa_ca("root");
    check(rsa_server(NAME, &root), &root, Ok(()));
}

#[test]
fn an_address_is_as_good_as_a_name() {
    let root = ca("root");
    let heard = ask(server("10.0.2.2", &root), "10.0.2.2", &trust(&root), UNIX_MS);
    assert_eq!(heard, Ok(ANSWER.to_vec()));
    let heard = ask(server("10.0.2.3", &root), "10.0.2.2", &trust(&root), UNIX_MS);
    assert_eq!(heard, Err("the server's certificate is for another name"));
}

#[test]
fn a_chain_may_carry_certificates_that_lead_elsewhere() {
    // As Amazon's does: its root signed by an older one, and the older one.
    let (root, older) = (ca("root"), ca("older"));
    let middle = intermediate("middle", &root);
    let chain =
        server(NAME, &middle).with(&middle).with(&intermediate("root", &older)).with(&older);
    check(chain, &root, Ok(()));
}

#[test]
fn another_ca_is_not_trusted() {
    let root = ca("root");
    let untrusted = Err("the server's certificate is not from a trusted CA");
    check(server(NAME, &ca("root")), &root, untrusted);
    let heard = ask(server(NAME, &root), NAME, &Roots::amazon(), UNIX_MS);
    assert_eq!(heard, Err("the server's certificate is not from a trusted CA"));
}

#[test]
fn a_certificate_that_is_no_ca_issues_none() {
    let root = ca("root");
    let server_of_somebody = no_ca("somebody", &root);
    let chain = server(NAME, &server_of_somebody).with(&server_of_somebody);
    let heard = ask(chain, NAME, &trust(&root), UNIX_MS);
    assert!(heard.is_err(), "{heard:?}");
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let root = ca("root");
    check(server("other.test", &root), &root, Err("the server's certificate is for another name"));
}

#[test]
fn dates_are_checked() {
    let root = ca("root");
    let heard = ask(server(NAME, &root), NAME, &trust(&root), UNIX_MS + YEAR_MS);
    assert_eq!(heard, Err("the server's certificate is expired"));
    let heard = ask(server(NAME, &root), NAME, &trust(&root), UNIX_MS - YEAR_MS);
    assert_eq!(heard, Err("the server's certificate is not valid yet"));
}

#[test]
fn a_text_that_is_no_certificate_is_told() {
    assert_eq!(Roots::private("?").err(), Some(RootsError::NotBase64));
    assert_eq!(Roots::private("aGVsbG8=").err(), Some(RootsError::NotACertificate));
}
