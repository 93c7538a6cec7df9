//! Topics as a step names them: one topic, many by a filter, or by a regular expression.

use fake_shadow::topic::Topic;

use super::node::Node;
use super::pattern::Pattern;
use super::template::{self, Variables};

/// What a step wants of a topic.
#[derive(Debug, Clone)]
pub enum TopicWant {
    /// A topic filter; may hold `${name}`.
    Filter(String),
    /// A match of this regular expression.
    Regex(Pattern),
}

impl TopicWant {
    /// Reads a checked node.
    #[must_use]
    pub fn read(node: &Node) -> Option<Self> {
        match node.text() {
            Some(text) => Some(Self::Filter(text.to_owned())),
            None => Pattern::read(node.get("$matches")?.text()?).ok().map(Self::Regex),
        }
    }

    /// Whether a topic is one of these; named groups become variables.
    pub fn matches(&self, topic: &str, known: &Variables, found: &mut Variables) -> bool {
        match self {
            Self::Filter(filter) => {
                matches(&template::plain(&template::fill(filter, known)), topic)
            }
            Self::Regex(regex) => regex.find(topic, known, found),
        }
    }

    /// Whether it may be a topic of the service itself, which begins with `$`.
    #[must_use]
    pub fn may_be_reserved(&self) -> bool {
        match self {
            Self::Filter(filter) => filter.starts_with('$'),
            Self::Regex(_) => true,
        }
    }

    /// The same with the variables of now.
    #[must_use]
    pub fn filled(&self, known: &Variables) -> Self {
        match self {
            Self::Filter(filter) => Self::Filter(template::plain(&template::fill(filter, known))),
            Self::Regex(regex) => Self::Regex(regex.filled(known).into_owned()),
        }
    }

    /// The topic in words.
    #[must_use]
    pub fn words(&self, known: &Variables) -> String {
        match self {
            Self::Filter(filter) => template::plain(&template::fill(filter, known)),
            Self::Regex(regex) => format!("a topic that matches {}", regex.filled(known)),
        }
    }
}

/// Whether a topic passes a filter, by the rule of AWS IoT: `+` stands for one level; `#` stands at the end for one level and all below it,
/// and not, as MQTT 3.1.1, section 4.7.1.2, has it, for the level above too; a filter that begins with either passes no topic that begins
/// with `$` (MQTT 3.1.1, section 4.7.2). AWS IoT Core developer guide, "MQTT topics", topic filters.
#[must_use]
pub fn matches(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let (mut wanted, mut levels) = (filter.split('/'), topic.split('/'));
    loop {
        match (wanted.next(), levels.next()) {
            (Some("#"), Some(_)) => return true,
            (Some("+"), Some(_)) => {}
            (Some(wanted), Some(level)) if wanted == level => {}
            (None, None) => return true,
            _ => return false,
        }
    }
}

/// What a topic is that can be published to.
pub const TOPIC: &str = "a topic of 1 to 256 bytes with 7 slashes at most and no `+` or `#`";

/// What a filter is.
pub const FILTER: &str =
    "a topic, a filter in which `+` is a whole level and `#` the last one, or { $matches: '...' }";

/// Whether a node is a topic that can be published to, as far as it is known before its variables are.
#[must_use]
pub fn is_topic(node: &Node) -> bool {
    let has_variables = |text: &str| !template::names(text).is_empty();
    node.text().is_some_and(|text| has_variables(text) || Topic::new(text).is_some())
}

/// Whether a node is a filter: no level of it holds `+` or `#` beside something else, and `#` is the last one.
#[must_use]
pub fn is_filter(node: &Node) -> bool {
    let Some(text) = node.text().filter(|text| !text.is_empty()) else { return false };
    let levels: Vec<_> = text.split('/').collect();
    levels.iter().enumerate().all(|(place, level)| match *level {
        "+" => true,
        "#" => place + 1 == levels.len(),
        level => !level.contains(['+', '#', '\0']),
    })
}

/// Whether a node is a matcher for topics.
#[must_use]
pub fn is_matcher(node: &Node) -> bool {
    node.get("$matches").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_pass_what_the_brokers_rule_says() {
        for (filter, topic, expected) in [
            ("a/b", "a/b", true),
            ("a/b", "a/b/c", false),
            ("a/b/c", "a/b", false),
            ("a/+", "a/b", true),
            ("a/+", "a/", true),
            ("a/+", "a", false),
            ("a/+", "a/b/c", false),
            ("+/b", "a/b", true),
            ("+", "a", true),
            ("+/+", "/a", true),
            ("/+", "/a", true),
            ("+", "/a", false),
            ("a/#", "a/b/c", true),
            ("a/#", "a/", true),
            // Other brokers pass this one.
            ("a/#", "a", false),
            ("#", "a/b", true),
            ("#", "$aws/things/x", false),
            ("+/things/x", "$aws/things/x", false),
            ("$aws/things/+/shadow/#", "$aws/things/x/shadow/update/delta", true),
            ("A", "a", false),
        ] {
            assert_eq!(matches(filter, topic), expected, "{filter} and {topic}");
        }
    }
}
