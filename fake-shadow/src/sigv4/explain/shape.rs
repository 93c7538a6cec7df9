//! What a signature looks like that is not put together as it should be.

use super::explanation::Finding;
use super::mistake::{Family, Topic};
use super::{body, output, signed_headers};
use crate::message::Request;
use crate::sigv4::parse::Place;
use crate::sigv4::refusal::{Part, Refusal};

pub(super) const FAMILY: Family = Family {
    title: "The form of the authorization",
    mistakes: &[],
    seen: &[
        &MISSING,
        &BOTH,
        &DOUBLED_NAME,
        &ALGORITHM,
        &NO_EQUAL_SIGN,
        &SPACE_IN_CREDENTIAL,
        &INCOMPLETE,
        &DATE_MISSING,
        &HOST_NOT_SIGNED,
        &HEADER_ABSENT,
        &FIVE_PARTS,
        &DATE_FORM,
        &DATE_EXTENDED,
        &DATE_SECONDS,
        &DATE_MONTH_0,
        &QUERY_ESCAPE,
        &EXPIRES,
    ],
};

const HEADER: &str = "send one header `Authorization: AWS4-HMAC-SHA256 Credential=<key \
    id>/<day>/<region>/<service>/aws4_request, \
    SignedHeaders=host;x-amz-date, Signature=<64 digits>`";

const MISSING: Topic = Topic {
    id: "authorization-missing",
    did: "the request is not signed: it has neither an `Authorization` header nor \
        `X-Amz-Algorithm` in its query",
    help: "sign the request; an HTTP library that follows a redirect may drop the header",
};

const BOTH: Topic = Topic {
    id: "authorization-in-both-places",
    did: "the request is signed in its `Authorization` header and in its query at once",
    help: "do not sign a presigned URL again",
};

const DOUBLED_NAME: Topic = Topic {
    id: "authorization-name-doubled",
    did: "the value of the `Authorization` header begins with the header's own name",
    help: "give the HTTP library the value alone: `AWS4-HMAC-SHA256 Credential=...`",
};

const ALGORITHM: Topic = Topic {
    id: "authorization-algorithm",
    did: "the authorization does not begin with `AWS4-HMAC-SHA256`",
    help: HEADER,
};

const NO_EQUAL_SIGN: Topic = Topic {
    id: "authorization-part-without-equal-sign",
    did: "a part of the `Authorization` header is not of the form `name=value`",
    help: HEADER,
};

const SPACE_IN_CREDENTIAL: Topic = Topic {
    id: "authorization-space-in-credential",
    did: "there is a space or a line end next to the access key id",
    help: "cut off white space around the access key id where it is read",
};

const INCOMPLETE: Topic = Topic {
    id: "authorization-incomplete",
    did: "parts of the signature are missing",
    help: HEADER,
};

const DATE_MISSING: Topic = Topic {
    id: "date-missing",
    did: "the time of the signature did not come",
    help: "send the time that was signed in `x-amz-date`",
};

const HOST_NOT_SIGNED: Topic = Topic {
    id: "host-not-signed",
    did: "the `Host` header is not signed",
    help: "sign `host` and list it in `SignedHeaders`",
};

const HEADER_ABSENT: Topic = Topic {
    id: "header-absent",
    did: "a header is listed in `SignedHeaders` that did not come",
    help: "send each header that is signed; an HTTP library or a proxy may have dropped it, then \
        leave it out of the signature",
};

const FIVE_PARTS: Topic = Topic {
    id: "credential-not-five-parts",
    did: "the credential has not five parts",
    help: "write it as `<key id>/<day>/<region>/<service>/aws4_request`",
};

const DATE_FORM: Topic = Topic {
    id: "date-form",
    did: "the time of the signature cannot be read",
    help: "write it as `20260102T030405Z`: `%Y%m%dT%H%M%SZ` in UTC",
};

const DATE_EXTENDED: Topic = Topic {
    id: "date-with-separators",
    did: "the time of the signature is written with dashes and colons",
    help: "leave the separators out: `20260102T030405Z`",
};

const DATE_SECONDS: Topic = Topic {
    id: "date-in-seconds",
    did: "the time of the signature is a number of seconds",
    help: "write it as a date: `%Y%m%dT%H%M%SZ` in UTC",
};

const DATE_MONTH_0: Topic = Topic {
    id: "date-month-0",
    did: "the month of the signature's time is 0: `tm_mon` counts from there",
    help: "write `tm_mon + 1`, or use `strftime`",
};

const QUERY_ESCAPE: Topic = Topic {
    id: "query-escape",
    did: "a `%` in the query is not followed by two hexadecimal digits",
    help: "write a percent sign in the query as `%25`",
};

const EXPIRES: Topic = Topic {
    id: "presigned-url-expires",
    did: "`X-Amz-Expires` is not a number of seconds up to a week",
    help: "write the life of the URL in seconds, at most 604800",
};

/// What can be seen to be wrong where nothing needs to be computed; empty for other refusals.
pub(super) fn findings(refusal: &Refusal, request: &Request) -> Vec<Finding> {
    let finding = match refusal {
        Refusal::Algorithm { sent } => {
            let is_name = sent.trim_end_matches(':').eq_ignore_ascii_case("authorization");
            Finding::seen(if is_name { &DOUBLED_NAME } else { &ALGORITHM })
                .fact("sent", sent.clone())
        }
        Refusal::BodyHash { sent, computed } => {
            let is_unsigned = sent.starts_with("UNSIGNED-") || sent.starts_with("STREAMING-");
            let topic = if is_unsigned { &body::HASH_UNSIGNED } else { &body::HASH_DIFFERS };
            Finding::seen(topic).fact("sent", sent.clone()).fact("right", computed.clone())
        }
        Refusal::BothPlaces => Finding::seen(&BOTH),
        Refusal::CredentialForm { sent } => {
            let count = sent.split('/').count();
            let finding = Finding::seen(&FIVE_PARTS).fact("sent", sent.clone());
            finding.fact("parts", count.to_string())
        }
        Refusal::DateForm { sent } => {
            Finding::seen(date_topic(sent)).fact("sent", format!("{sent:?}"))
        }
        Refusal::Escape(fault) => Finding::seen(&QUERY_ESCAPE)
            .fact("query", request.query().unwrap_or_default().to_owned())
            .fact("fault", fault.to_string()),
        Refusal::ExpiresForm { sent } => Finding::seen(&EXPIRES).fact("sent", format!("{sent:?}")),
        Refusal::HostNotSigned => Finding::seen(&HOST_NOT_SIGNED),
        Refusal::MissingParts { place, missing } => missing_parts(place, missing),
        Refusal::MissingToken => Finding::seen(&MISSING),
        Refusal::NotKeyValue { part, .. } => {
            // Only the credential holds slashes, so a piece of it stands alone.
            let topic = if part.contains('/') { &SPACE_IN_CREDENTIAL } else { &NO_EQUAL_SIGN };
            Finding::seen(topic).fact("part", format!("{part:?}"))
        }
        // The whole of it may be right but for its case, so only its start is shown.
        Refusal::SignatureForm { sent } => Finding::seen(&output::NOT_64_DIGITS)
            .fact("begins with", sent.chars().take(8).collect::<String>())
            .fact("length", format!("{} characters", sent.chars().count())),
        Refusal::SignedHeadersAbsent { names } => {
            Finding::seen(&HEADER_ABSENT).fact("did not come", names.join(", "))
        }
        Refusal::SignedHeadersForm { sent, right } => Finding::seen(&signed_headers::NOT_CANONICAL)
            .fact("sent", sent.clone())
            .fact("right", right.clone()),
        Refusal::Expired(_)
        | Refusal::KeyUnknown { .. }
        | Refusal::NotYetCurrent(_)
        | Refusal::Scope(_)
        | Refusal::Signature
        | Refusal::TokenExpired { .. }
        | Refusal::TokenInvalid
        | Refusal::TokenMissing => return Vec::new(),
    };
    vec![finding]
}

fn missing_parts(place: &Place, missing: &[Part]) -> Finding {
    if missing == [Part::Date] {
        return Finding::seen(&DATE_MISSING);
    }
    let names = missing.iter().map(|part| match (place, part) {
        (Place::Header, Part::Credential) => "Credential",
        (Place::Header, Part::Signature) => "Signature",
        (Place::Header, Part::SignedHeaders) => "SignedHeaders",
        (Place::Header, Part::Date) => "the header x-amz-date",
        (Place::Query, Part::Credential) => "X-Amz-Credential",
        (Place::Query, Part::Signature) => "X-Amz-Signature",
        (Place::Query, Part::SignedHeaders) => "X-Amz-SignedHeaders",
        (Place::Query, Part::Date) => "X-Amz-Date",
    });
    Finding::seen(&INCOMPLETE).fact("missing", names.collect::<Vec<_>>().join(", "))
}

fn date_topic(sent: &str) -> &'static Topic {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if sent.get(4..6) == Some("00") && sent.len() == 16 {
        &DATE_MONTH_0
    } else if sent.get(4..5) == Some("-") && sent.contains(':') {
        &DATE_EXTENDED
    } else if is_digits(sent) && matches!(sent.len(), 9..=13) {
        &DATE_SECONDS
    } else {
        &DATE_FORM
    }
}
