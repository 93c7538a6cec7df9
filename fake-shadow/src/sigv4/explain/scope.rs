//! What a wrong scope looks like.

use super::explanation::Finding;
use super::mistake::{Family, Topic};
use crate::sigv4::refusal::ScopeFault;
use crate::sigv4::rules::Rules;

pub(super) const FAMILY: Family = Family {
    title: "The scope",
    mistakes: &[],
    seen: &[&REGION, &REGION_FORM, &SERVICE, &SWAPPED, &TERMINATOR, &DATE, &DATE_FORM],
};

const REGION: Topic = Topic {
    id: "scope-region",
    did: "the request was signed for another region than this endpoint is in",
    help: "sign for the region that stands in the name of the endpoint",
};

const REGION_FORM: Topic = Topic {
    id: "scope-region-form",
    did: "what stands in the scope as the region is not the name of a region alone",
    help: "write the region as `us-east-1`: in lower case, without the host name around it",
};

const SERVICE: Topic = Topic {
    id: "scope-service",
    did: "the request was signed for another service",
    help: "for shadows sign for `iotdata`; `iot` is the service that makes things and certificates",
};

const SWAPPED: Topic = Topic {
    id: "scope-region-and-service-swapped",
    did: "region and service are swapped in the scope",
    help: "write the scope as day, region, service, `aws4_request`",
};

const TERMINATOR: Topic = Topic {
    id: "scope-terminator",
    did: "the scope does not end with `aws4_request`",
    help: "end the scope with `aws4_request`",
};

const DATE: Topic = Topic {
    id: "scope-date",
    did: "the day in the scope is not the day of the signature's time",
    help: "read the clock once and take both from it, in UTC; a key kept from yesterday needs \
        yesterday's time and expires with it",
};

const DATE_FORM: Topic = Topic {
    id: "scope-date-form",
    did: "what stands in the scope as the day is not written as `20260102`",
    help: "use the first eight digits of the time stamp",
};

/// One finding for each fault, or one for two that are the same.
pub(super) fn findings(faults: &[ScopeFault], rules: &Rules) -> Vec<Finding> {
    if let [ScopeFault::Region { sent: region, .. }, ScopeFault::Service { sent: service, .. }, ..] =
        faults
        && *service == rules.region
        && rules.services.contains(region)
    {
        let sent = format!("{region}/{service}");
        let right = format!("{service}/{region}");
        return vec![Finding::seen(&SWAPPED).fact("sent", sent).fact("right", right)];
    }
    faults.iter().map(|fault| finding(fault, rules)).collect()
}

fn finding(fault: &ScopeFault, rules: &Rules) -> Finding {
    match fault {
        ScopeFault::Region { sent, right } => {
            let topic = if is_region(sent) { &REGION } else { &REGION_FORM };
            Finding::seen(topic).fact("sent", quoted(sent)).fact("right", quoted(right))
        }
        ScopeFault::Service { sent, .. } => {
            let right: Vec<String> = rules.services.iter().map(|name| quoted(name)).collect();
            Finding::seen(&SERVICE).fact("sent", quoted(sent)).fact("right", right.join(" or "))
        }
        ScopeFault::Terminator { sent } => Finding::seen(&TERMINATOR)
            .fact("sent", quoted(sent))
            .fact("right", quoted("aws4_request")),
        ScopeFault::Date { sent, signed_at } => {
            let is_day = sent.len() == 8 && sent.bytes().all(|byte| byte.is_ascii_digit());
            Finding::seen(if is_day { &DATE } else { &DATE_FORM })
                .fact("sent", quoted(sent))
                .fact("right", quoted(signed_at.get(..8).unwrap_or_default()))
                .fact("signed at", signed_at.clone())
        }
    }
}

/// True for a text that looks like `us-east-1` or `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_word =
        |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, words)) => {
            words.len() >= 2 && words.iter().all(is_word) && number.parse::<u8>().is_ok()
        }
        None => false,
    }
}

fn quoted(text: &str) -> String {
    format!("`{text}`")
}
