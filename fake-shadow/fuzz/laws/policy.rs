//! A policy never allows what it does not mention, and a denial of everything denies everything.
use fake_shadow::policy::Policy;
use serde_json::{Value, json};

/// Panics where the law is broken.
pub(crate) fn check(text: &str) {
    let mut lines = text.splitn(3, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (action, resource, document) = (line(), line(), line());
    if let Ok(policy) = serde_json::from_str::<Policy>(document) {
        let is_allowed = policy.allows(action, resource);
        let mut denying: Value = serde_json::from_str(document).expect("it was read above");
        if let Some(statements) = denying["Statement"].as_array_mut() {
            statements.push(json!({ "Effect": "Deny", "Action": "*", "Resource": "*" }));
            let denying: Policy = serde_json::from_value(denying).expect("one more statement");
            assert!(!denying.allows(action, resource), "allowed against a denial: {is_allowed}");
        }
    }
    // What a pattern of its own text allows, it allows of anything that text is.
    let own = json!({ "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": resource }] });
    let own: Policy = serde_json::from_value(own).expect("a policy");
    if !resource.starts_with("arn:") {
        assert!(own.allows("iot:GetThingShadow", resource), "{resource}");
    }
}
