//! Topics that may be published to.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use crate::shadow::ShadowId;

/// A topic that may be published to: 1 to 256 bytes, 7 slashes at most, no wildcard. Of a topic of Basic Ingest only what stands
/// behind the rule counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Topic(String);

/// What a message to a topic of a shadow asks the service for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShadowRequest {
    /// To delete the shadow, whatever the message says.
    Delete(ShadowId),
    /// To tell the shadow, whatever the message says.
    Get(ShadowId),
    /// To update the shadow with the message.
    Update(ShadowId),
}

/// Bytes of a topic. "AWS IoT Core quotas: topic size".
pub const TOPIC_BYTES_MAX: usize = 256;

/// Slashes in a topic. "AWS IoT Core quotas: maximum number of slashes in topic".
pub const TOPIC_SLASHES_MAX: usize = 7;

/// What a topic of Basic Ingest begins with; the name of a rule and a slash follow. Developer guide, "Basic Ingest".
const BASIC_INGEST: &str = "$aws/rules/";

impl Topic {
    /// A topic; none if it is empty, too long, too deep or has a wildcard.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let counted = text
            .strip_prefix(BASIC_INGEST)
            .and_then(|behind| behind.split_once('/'))
            .map_or(text, |(_, topic)| topic);
        let fits = !text.is_empty()
            && counted.len() <= TOPIC_BYTES_MAX
            && counted.matches('/').count() <= TOPIC_SLASHES_MAX
            && !text.contains(['+', '#', '\0', char::REPLACEMENT_CHARACTER]);
        fits.then(|| Self(text.to_owned()))
    }

    /// The topic as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the service keeps it for itself: it begins with `$`.
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        self.0.starts_with('$')
    }

    /// What a message to this topic asks for, if it is one of a shadow. Developer guide, "Device Shadow MQTT topics".
    #[must_use]
    pub fn shadow_request(&self) -> Option<ShadowRequest> {
        let segments: Vec<&str> = self.0.split('/').collect();
        let (shadow, request) = match segments.as_slice() {
            ["$aws", "things", thing, "shadow", request] => (ShadowId::classic(thing), request),
            ["$aws", "things", thing, "shadow", "name", name, request] => {
                (ShadowId::named(thing, name), request)
            }
            _ => return None,
        };
        match *request {
            "delete" => shadow.ok().map(ShadowRequest::Delete),
            "get" => shadow.ok().map(ShadowRequest::Get),
            "update" => shadow.ok().map(ShadowRequest::Update),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: bool) {
        assert_eq!(Topic::new(text).is_some(), expected, "{text}");
    }

    #[test]
    fn topics_have_a_longest_length_and_a_deepest_depth() {
        check("", false);
        check(&"é".repeat(128), true);
        check(&format!("{}a", "é".repeat(128)), false);
        check("1/2/3/4/5/6/7/8", true);
        check("1/2/3/4/5/6/7/8/9", false);
        check("a/+", false);
        check("a/#", false);
        check("a\0", false);
        check("//", true);
    }

    #[test]
    fn of_basic_ingest_only_what_is_behind_the_rule_counts() {
        check("$aws/rules/r/1/2/3/4/5/6/7/8", true);
        check("$aws/rules/r/1/2/3/4/5/6/7/8/9", false);
        check(&format!("$aws/rules/r/{}", "a".repeat(256)), true);
        check(&format!("$aws/rules/r/{}", "a".repeat(257)), false);
        check("$aws/rules/r", true);
    }

    #[test]
    fn topics_of_shadows_are_known() {
        let asks = |text: &str| Topic::new(text).unwrap().shadow_request();
        let classic = || ShadowId::classic("t").unwrap();
        let named = || ShadowId::named("t", "s").unwrap();
        assert_eq!(asks("$aws/things/t/shadow/update"), Some(ShadowRequest::Update(classic())));
        assert_eq!(asks("$aws/things/t/shadow/delete"), Some(ShadowRequest::Delete(classic())));
        assert_eq!(asks("$aws/things/t/shadow/get"), Some(ShadowRequest::Get(classic())));
        let update = "$aws/things/t/shadow/name/s/update";
        assert_eq!(asks(update), Some(ShadowRequest::Update(named())));
        for other in [
            "$aws/things/t/shadow/get/accepted",
            "$aws/things/t/shadow/update/delta",
            "$aws/things/a b/shadow/update",
            "things/t/shadow/update",
        ] {
            assert_eq!(asks(other), None, "{other}");
        }
    }
}
