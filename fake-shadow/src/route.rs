//! What a request asks for: method and path to operation.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::message::Request;
use crate::shadow::{LIST_PAGE_DEFAULT, LIST_PAGE_MAX, NameError, ShadowId, ShadowName, ThingName};
use crate::sigv4::canonical::{normalized, raw_path};
use crate::sigv4::escape::{decode_lossy, decode_query};

/// What the service can be asked for, as the API reference names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// `DELETE /things/{thing}/shadow`
    DeleteThingShadow,
    /// `GET /things/{thing}/shadow`
    GetThingShadow,
    /// `GET /api/things/shadow/ListNamedShadowsForThing/{thing}`
    ListNamedShadowsForThing,
    /// `POST /topics/{topic}`
    Publish,
    /// `POST /things/{thing}/shadow`
    UpdateThingShadow,
}

/// An action on something, all parts decoded and none checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The action.
    pub action: Action,
    /// The name of the thing, or the topic.
    pub subject: String,
    /// The parameters of the query in wire order.
    pub parameters: Vec<(String, String)>,
}

/// Why a request leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unrouted {
    /// There is no such path.
    NoSuchPath,
    /// The path exists, the method does not on it.
    NoSuchMethod,
}

/// An action with all its parts checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Delete a shadow.
    DeleteThingShadow(ShadowId),
    /// Read a shadow.
    GetThingShadow(ShadowId),
    /// List the named shadows of a thing.
    ListNamedShadowsForThing(ThingName, Page),
    /// Publish a message to a topic.
    Publish(Topic),
    /// Create or change a shadow.
    UpdateThingShadow(ShadowId),
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// How many names, 1 to [`LIST_PAGE_MAX`].
    pub size: usize,
    /// The last name of the page before.
    pub after: Option<ShadowName>,
}

/// A topic that may be published to: 1 to 256 bytes, 7 slashes at most, no wildcard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic(String);

/// Why the parts of a request are refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invalid {
    /// A name breaks its pattern or length.
    Name(NameError),
    /// A parameter of the query is out of its range.
    Parameter {
        /// The name of the parameter.
        name: &'static str,
        /// Its value as sent.
        value: String,
    },
    /// The topic is empty, too long, too deep or has a wildcard.
    Topic(String),
}

/// Bytes of a topic. "AWS IoT Core quotas: topic size".
pub const TOPIC_BYTES_MAX: usize = 256;

/// Slashes in a topic. "AWS IoT Core quotas: maximum number of slashes in topic".
pub const TOPIC_SLASHES_MAX: usize = 7;

/// Reads method and target. The path is normalized first, as it is where the signature is checked.
///
/// # Errors
/// [`Unrouted`] if no operation has that path and method.
pub fn route(request: &Request) -> Result<Route, Unrouted> {
    let path = normalized(raw_path(&request.target));
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let methods = match segments.as_slice() {
        ["things", _, "shadow"] => [
            ("GET", Action::GetThingShadow),
            ("POST", Action::UpdateThingShadow),
            ("DELETE", Action::DeleteThingShadow),
        ]
        .as_slice(),
        ["api", "things", "shadow", "ListNamedShadowsForThing", _] => {
            &[("GET", Action::ListNamedShadowsForThing)]
        }
        ["topics", _, ..] => &[("POST", Action::Publish)],
        _ => return Err(Unrouted::NoSuchPath),
    };
    let (_, action) = methods
        .iter()
        .find(|(method, _)| *method == request.method)
        .ok_or(Unrouted::NoSuchMethod)?;
    let subject = match action {
        Action::Publish => segments[1..].join("/"),
        Action::ListNamedShadowsForThing => segments[4].to_owned(),
        _ => segments[1].to_owned(),
    };
    Ok(Route {
        action: *action,
        subject: lossy(decode_lossy(subject.as_bytes())),
        parameters: parameters(request.query().unwrap_or_default()),
    })
}

/// The parameters of a query in wire order; one that cannot be decoded stays as it stands.
fn parameters(query: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| decode_query(text).map_or_else(|_| text.to_owned(), lossy);
    query
        .split('&')
        .filter(|piece| !piece.is_empty())
        .map(|piece| piece.split_once('=').unwrap_or((piece, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

/// Bytes that are no UTF-8 become replacement characters, which no name may hold.
fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

impl Action {
    /// The action in a policy, as `iot:GetThingShadow`.
    #[must_use]
    pub const fn policy_name(self) -> &'static str {
        match self {
            Self::DeleteThingShadow => "iot:DeleteThingShadow",
            Self::GetThingShadow => "iot:GetThingShadow",
            Self::ListNamedShadowsForThing => "iot:ListNamedShadowsForThing",
            Self::Publish => "iot:Publish",
            Self::UpdateThingShadow => "iot:UpdateThingShadow",
        }
    }
}

impl Route {
    /// The resource in a policy, as `thing/lamp/config`: "Actions defined by AWS IoT", resource types.
    #[must_use]
    pub fn policy_resource(&self) -> String {
        match (self.action, self.parameter("name")) {
            (Action::ListNamedShadowsForThing, _) => format!("thing/{}", self.subject),
            (Action::Publish, _) => format!("topic/{}", self.subject),
            (_, None) => format!("thing/{}", self.subject),
            (_, Some(shadow)) => format!("thing/{}/{shadow}", self.subject),
        }
    }

    /// Checks all parts.
    ///
    /// # Errors
    /// [`Invalid`] for the first part that breaks its rule.
    pub fn operation(&self) -> Result<Operation, Invalid> {
        Ok(match self.action {
            Action::DeleteThingShadow => Operation::DeleteThingShadow(self.shadow()?),
            Action::GetThingShadow => Operation::GetThingShadow(self.shadow()?),
            Action::ListNamedShadowsForThing => {
                Operation::ListNamedShadowsForThing(self.thing()?, self.page()?)
            }
            Action::Publish => Operation::Publish(self.topic()?),
            Action::UpdateThingShadow => Operation::UpdateThingShadow(self.shadow()?),
        })
    }

    /// The first parameter of that name.
    fn parameter(&self, name: &str) -> Option<&str> {
        let mut same = self.parameters.iter().filter(|(key, _)| key == name);
        same.next().map(|(_, value)| value.as_str())
    }

    fn thing(&self) -> Result<ThingName, Invalid> {
        ThingName::new(self.subject.as_str()).map_err(Invalid::Name)
    }

    fn shadow(&self) -> Result<ShadowId, Invalid> {
        let name =
            self.parameter("name").map(ShadowName::new).transpose().map_err(Invalid::Name)?;
        Ok(ShadowId { thing: self.thing()?, name })
    }

    fn page(&self) -> Result<Page, Invalid> {
        let invalid = |name, value: &str| Invalid::Parameter { name, value: value.to_owned() };
        let size = match self.parameter("pageSize") {
            None => LIST_PAGE_DEFAULT,
            Some(text) => text
                .parse()
                .ok()
                .filter(|size| (1..=LIST_PAGE_MAX).contains(size))
                .ok_or_else(|| invalid("pageSize", text))?,
        };
        let after = match self.parameter("nextToken") {
            None => None,
            Some(token) => Some(name_of_token(token).ok_or_else(|| invalid("nextToken", token))?),
        };
        Ok(Page { size, after })
    }

    fn topic(&self) -> Result<Topic, Invalid> {
        if let Some(qos) = self.parameter("qos").filter(|qos| !matches!(*qos, "0" | "1")) {
            return Err(Invalid::Parameter { name: "qos", value: qos.to_owned() });
        }
        let topic = self.subject.as_str();
        let fits = (1..=TOPIC_BYTES_MAX).contains(&topic.len())
            && topic.matches('/').count() <= TOPIC_SLASHES_MAX
            && !topic.contains(['+', '#', '\0', char::REPLACEMENT_CHARACTER]);
        if fits { Ok(Topic(topic.to_owned())) } else { Err(Invalid::Topic(topic.to_owned())) }
    }
}

impl Page {
    /// The token that asks for the page behind this name.
    #[must_use]
    pub fn token_after(name: &ShadowName) -> String {
        URL_SAFE_NO_PAD.encode(name.as_str())
    }
}

fn name_of_token(token: &str) -> Option<ShadowName> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    ShadowName::new(String::from_utf8(bytes).ok()?).ok()
}

impl Topic {
    /// The topic as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Operation {
    /// The action.
    #[must_use]
    pub const fn action(&self) -> Action {
        match self {
            Self::DeleteThingShadow(_) => Action::DeleteThingShadow,
            Self::GetThingShadow(_) => Action::GetThingShadow,
            Self::ListNamedShadowsForThing(..) => Action::ListNamedShadowsForThing,
            Self::Publish(_) => Action::Publish,
            Self::UpdateThingShadow(_) => Action::UpdateThingShadow,
        }
    }

    /// The shadow that it is about, if it is about one.
    #[must_use]
    pub const fn shadow(&self) -> Option<&ShadowId> {
        match self {
            Self::DeleteThingShadow(id)
            | Self::GetThingShadow(id)
            | Self::UpdateThingShadow(id) => Some(id),
            Self::ListNamedShadowsForThing(..) | Self::Publish(_) => None,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.policy_name().trim_start_matches("iot:"))
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = self.action();
        match self {
            Self::DeleteThingShadow(id)
            | Self::GetThingShadow(id)
            | Self::UpdateThingShadow(id) => {
                write!(formatter, "{action} {id}")
            }
            Self::ListNamedShadowsForThing(thing, _) => write!(formatter, "{action} {thing}"),
            Self::Publish(topic) => write!(formatter, "{action} {}", topic.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::HttpVersion;

    fn request(line: &str) -> Request {
        let (method, target) = line.split_once(' ').unwrap();
        Request {
            method: method.to_owned(),
            target: target.to_owned(),
            version: HttpVersion::Http11,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    fn check(line: &str, expected: &str) {
        let answer = match route(&request(line)) {
            Err(unrouted) => format!("{unrouted:?}"),
            Ok(route) => match route.operation() {
                Ok(operation) => format!("{operation} as {}", route.policy_resource()),
                Err(invalid) => format!("{invalid:?}"),
            },
        };
        assert_eq!(answer, expected, "{line}");
    }

    #[test]
    fn shadows_are_found_whichever_way_their_names_are_written() {
        check("GET /things/my:lamp/shadow", "GetThingShadow my:lamp as thing/my:lamp");
        check("GET /things/my%3Alamp/shadow", "GetThingShadow my:lamp as thing/my:lamp");
        check("POST /things/t/shadow?name=a%3Ab", "UpdateThingShadow t~a:b as thing/t/a:b");
        check("DELETE /things/t/shadow?x=1&name=s&name=z", "DeleteThingShadow t~s as thing/t/s");
        check("GET //things/./t/shadow", "GetThingShadow t as thing/t");
        check("GET http://host:80/things/t/shadow?name=%24s", "GetThingShadow t~$s as thing/t/$s");
    }

    #[test]
    fn names_are_checked_after_decoding() {
        check("GET /things/a%2Fb/shadow", r#"Name(Thing("a/b"))"#);
        check("GET /things/t/shadow?name=", r#"Name(Shadow(""))"#);
        check("GET /things/%FF/shadow", r#"Name(Thing("�"))"#);
        check("GET /things/t/shadow?name=a+b", r#"Name(Shadow("a b"))"#);
    }

    #[test]
    fn other_paths_and_methods_lead_nowhere() {
        check("PUT /things/t/shadow", "NoSuchMethod");
        check("HEAD /things/t/shadow", "NoSuchMethod");
        check("get /things/t/shadow", "NoSuchMethod");
        check("GET /topics/a", "NoSuchMethod");
        check("GET /things/t/shadow/", "NoSuchPath");
        check("GET /things/t/Shadow", "NoSuchPath");
        check("GET /", "NoSuchPath");
        check("OPTIONS *", "NoSuchPath");
    }

    #[test]
    fn lists_come_in_pages() {
        let list = "GET /api/things/shadow/ListNamedShadowsForThing/t";
        check(list, "ListNamedShadowsForThing t as thing/t");
        check(&format!("{list}?pageSize=100"), "ListNamedShadowsForThing t as thing/t");
        let invalid = |name, value: &str| {
            format!("{:?}", Invalid::Parameter { name, value: value.to_owned() })
        };
        check(&format!("{list}?pageSize=0"), &invalid("pageSize", "0"));
        check(&format!("{list}?pageSize=101"), &invalid("pageSize", "101"));
        check(&format!("{list}?nextToken=!"), &invalid("nextToken", "!"));
        let token = Page::token_after(&ShadowName::new("$a:b").unwrap());
        assert_eq!(name_of_token(&token), Some(ShadowName::new("$a:b").unwrap()));
    }

    #[test]
    fn topics_may_be_one_segment_or_several() {
        check("POST /topics/a/b?qos=1", "Publish a/b as topic/a/b");
        check("POST /topics/%24aws%2Fthings%2Ft", "Publish $aws/things/t as topic/$aws/things/t");
        check("POST /topics/a/b?qos=2", r#"Parameter { name: "qos", value: "2" }"#);
        check("POST /topics/a/+/b", r#"Topic("a/+/b")"#);
        check("POST /topics/1/2/3/4/5/6/7/8", "Publish 1/2/3/4/5/6/7/8 as topic/1/2/3/4/5/6/7/8");
        check("POST /topics/1/2/3/4/5/6/7/8/9", r#"Topic("1/2/3/4/5/6/7/8/9")"#);
    }
}
