//! Messages as a step wants them: on which topic, and what must be true of them.

use super::field::{Field, Shape, optional, required};
use super::matcher::{Comparison, Difference, Matcher, Strictness};
use super::node::{Data, Node, Span};
use super::template::Variables;
use super::topic_filter::TopicWant;
use crate::engine::event::Party;
use crate::engine::message::Message;

/// Who may publish, in the words of a scenario.
const PARTIES: &[&str] = &["cloud", "device", "rig"];

/// The keys of a wanted message.
pub const FIELDS: &[Field] = &[
    required(
        "topic",
        Shape::TopicFilter,
        "the topic; `+` stands for one level, `#` at the end for one level and all below, and neither for a first level with `$`",
    ),
    optional("payload", Shape::Pattern, "what the content, read as JSON, must hold"),
    optional("qos", Shape::Pattern, "the quality of service with which it was published, 0 or 1"),
    optional("retain", Shape::Pattern, "whether it was published for the topic to keep"),
    optional(
        "by",
        Shape::Choice(PARTIES),
        "who published it: `device`, `cloud` (the shadow service) or `rig` (a step `publish`); any but `rig` where it is left out",
    ),
    optional("exact", Shape::TrueFalse, "`true`: keys that are not named are a difference"),
];

/// A wanted message.
#[derive(Debug, Clone)]
pub struct MessageWant {
    /// Where it stands.
    pub span: Span,
    /// The topic.
    pub topic: TopicWant,
    /// What the content must hold.
    pub payload: Option<Matcher>,
    /// The quality of service.
    pub qos: Option<Matcher>,
    /// Whether the topic is to keep it.
    pub retain: Option<Matcher>,
    /// Who published it; none for anybody but the scenario itself.
    pub by: Option<Party>,
    /// Whether unnamed keys are a difference.
    pub strictness: Strictness,
}

impl MessageWant {
    /// Reads a checked node.
    #[must_use]
    pub fn read(node: &Node) -> Option<Self> {
        let matcher = |key: &str| node.get(key).map(Matcher::read);
        let is_exact = matches!(node.get("exact").map(|node| &node.data), Some(Data::Bool(true)));
        Some(Self {
            span: node.span,
            topic: TopicWant::read(node.get("topic")?)?,
            payload: matcher("payload"),
            qos: matcher("qos"),
            retain: matcher("retain"),
            by: node.get("by").and_then(Node::text).and_then(Party::of_word),
            strictness: if is_exact { Strictness::Exact } else { Strictness::Partial },
        })
    }

    /// All that is different between a message and what is wanted of it.
    pub fn differences(
        &self,
        message: &Message,
        comparison: Comparison<'_>,
        found: &mut Variables,
    ) -> Vec<Difference> {
        let mut differences = Vec::new();
        let mut note = |path: &str, expected: String, actual: String| {
            differences.push(Difference::other(path, self.span, expected, actual));
        };
        if !self.topic.matches(&message.topic, comparison.variables, found) {
            note("topic", self.topic.words(comparison.variables), message.topic.clone());
        }
        let is_by = self.by.map_or(message.by != Party::Rig, |by| message.by == by);
        if !is_by {
            let expected = self.by.map_or("device or cloud", Party::word);
            note("by", expected.to_owned(), message.by.word().to_owned());
        }
        let comparison = Comparison { strictness: self.strictness, ..comparison };
        let payload = message.payload_value();
        for (name, matcher, value) in [
            ("payload", &self.payload, payload.as_ref()),
            ("qos", &self.qos, Some(&message.qos.into())),
            ("retain", &self.retain, Some(&message.retain.into())),
        ] {
            let Some(matcher) = matcher else { continue };
            differences.extend(
                matcher
                    .differences(value, comparison, found)
                    .into_iter()
                    .map(|difference| difference.under(name)),
            );
        }
        differences
    }

    /// Whether a message is on a wanted topic.
    #[must_use]
    pub fn is_on_topic(&self, message: &Message, known: &Variables) -> bool {
        self.topic.matches(&message.topic, known, &mut Variables::new())
    }

    /// The message in words: `message on lamps/1/state, payload {"lit":true}`.
    #[must_use]
    pub fn words(&self, known: &Variables) -> String {
        let mut words = format!("message on {}", self.topic.words(known));
        if let Some(by) = self.by {
            words += &format!(" by the {}", by.word());
        }
        for (name, matcher) in
            [("payload", &self.payload), ("qos", &self.qos), ("retain", &self.retain)]
        {
            if let Some(matcher) = matcher {
                words += &format!(", {name} {}", matcher.words(known));
            }
        }
        words
    }
}
