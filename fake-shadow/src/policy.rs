//! What a credential may do, in the manner of IAM: statements that allow or deny actions on resources.
//!
//! What it is not: conditions, variables, principals. Those of a statement are refused where policies are read, so that
//! nothing is allowed by a rule that is not understood.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use serde::{Deserialize, Serialize};

/// A policy. Nothing is allowed that no statement allows, and a statement that denies wins over all that allow.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The version of the policy language, as `2012-10-17`; it changes nothing here.
    #[serde(rename = "Version", default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The statements; their order does not matter.
    #[serde(rename = "Statement")]
    pub statements: OneOrMany<Statement>,
}

/// One statement of a [`Policy`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// A name for people.
    #[serde(rename = "Sid", default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What it does with a request that it matches.
    #[serde(rename = "Effect")]
    pub effect: Effect,
    /// Patterns of actions, as `iot:GetThingShadow` or `iot:*`. `*` stands for any text, `?` for any one character.
    #[serde(rename = "Action")]
    pub actions: OneOrMany<String>,
    /// Patterns of resources, as `thing/lamp`, `thing/lamp/config` or `arn:aws:iot:*:*:thing/lamp*`.
    #[serde(rename = "Resource")]
    pub resources: OneOrMany<String>,
}

/// What a [`Statement`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// It allows what no other statement denies.
    Allow,
    /// It denies, whatever else allows.
    Deny,
}

/// One of something or several, as the policy language has it everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// One, without brackets around it.
    One(T),
    /// Any number.
    Many(Vec<T>),
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl<T> OneOrMany<T> {
    fn iter(&self) -> std::slice::Iter<'_, T> {
        match self {
            Self::One(one) => std::slice::from_ref(one).iter(),
            Self::Many(many) => many.iter(),
        }
    }
}

impl Policy {
    /// Whether it allows an action, as `iot:GetThingShadow`, on a resource, as `thing/lamp/config`.
    #[must_use]
    pub fn allows(&self, action: &str, resource: &str) -> bool {
        let about = |effect: Effect| {
            self.statements
                .iter()
                .any(|statement| statement.effect == effect && statement.covers(action, resource))
        };
        about(Effect::Allow) && !about(Effect::Deny)
    }
}

impl Statement {
    fn covers(&self, action: &str, resource: &str) -> bool {
        // Actions are compared without case, resources with it: IAM user guide, "Action", "Resource".
        let action = action.to_ascii_lowercase();
        self.actions.iter().any(|pattern| matches(&pattern.to_ascii_lowercase(), &action))
            && self.resources.iter().any(|pattern| matches(relative(pattern), resource))
    }
}

/// The part of a resource pattern behind `arn:aws:iot:<region>:<account>:`, as there is one account here.
fn relative(pattern: &str) -> &str {
    if !pattern.starts_with("arn:") {
        return pattern;
    }
    pattern.splitn(6, ':').nth(5).unwrap_or(pattern)
}

/// Whether a text matches a pattern of `*` and `?`. The work is bounded by the product of both lengths.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at_pattern, mut at_text) = (0, 0);
    // Where to go on when the rest does not fit: behind the last star, one character further in the text.
    let mut retry = None;
    while at_text < text.len() {
        match pattern.get(at_pattern) {
            Some(b'*') => {
                retry = Some((at_pattern + 1, at_text + 1));
                at_pattern += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[at_text] => {
                at_pattern += 1;
                at_text += 1;
            }
            _ => {
                let Some((behind_star, next)) = retry else { return false };
                (at_pattern, at_text) = (behind_star, next);
                retry = Some((behind_star, next + 1));
            }
        }
    }
    pattern[at_pattern..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(policy: &str, action: &str, resource: &str, expected: bool) {
        let policy: Policy = serde_json::from_str(policy).unwrap();
        assert_eq!(policy.allows(action, resource), expected, "{action} on {resource}");
    }

    const READ_LAMPS: &str = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"iot:*ThingShadow","Resource":["arn:aws:iot:*:*:thing/lamp?","thing/door"]},
        {"Sid":"secret","Effect":"Deny","Action":["iot:DeleteThingShadow"],"Resource":"*"},
        {"Effect":"Deny","Action":"*","Resource":"thing/lamp?/secret"}]}"#;

    #[test]
    fn what_no_statement_allows_is_denied() {
        check(READ_LAMPS, "iot:GetThingShadow", "thing/lamp1", true);
        check(READ_LAMPS, "iot:UpdateThingShadow", "thing/door", true);
        check(READ_LAMPS, "iot:GetThingShadow", "thing/lamp12", false);
        check(READ_LAMPS, "iot:GetThingShadow", "thing/Door", false);
        check(READ_LAMPS, "iot:Publish", "topic/door", false);
        check(r#"{"Statement":[]}"#, "iot:GetThingShadow", "thing/door", false);
    }

    #[test]
    fn deny_wins() {
        check(READ_LAMPS, "iot:DeleteThingShadow", "thing/door", false);
        check(READ_LAMPS, "iot:GetThingShadow", "thing/lamp1/secret", false);
    }

    #[test]
    fn actions_are_compared_without_case() {
        check(READ_LAMPS, "IOT:getthingshadow", "thing/door", true);
    }

    #[test]
    fn a_star_stands_for_any_text_also_none() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*", "a", true),
            ("*b*d", "abcbd", true),
            ("*b*d", "abcb", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("", "a", false),
            ("a**", "abc", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn a_policy_with_conditions_is_not_read() {
        let policy =
            r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{}}]}"#;
        assert!(serde_json::from_str::<Policy>(policy).is_err());
    }
}
