//! What a request asks for: method and path to operation.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::fmt;

use crate::message::Request;
use crate::sigv4::canonical::{normalized, raw_path};
use crate::sigv4::escape::{decode_lossy, decode_query};

/// What the service can be asked for, as the API reference names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// `POST /things/{thing}`, control plane
    CreateThing,
    /// `DELETE /things/{thing}`, control plane
    DeleteThing,
    /// `DELETE /things/{thing}/shadow`
    DeleteThingShadow,
    /// `GET /endpoint`, control plane
    DescribeEndpoint,
    /// `GET /things/{thing}`, control plane
    DescribeThing,
    /// `GET /retainedMessage/{topic}`
    GetRetainedMessage,
    /// `GET /things/{thing}/shadow`
    GetThingShadow,
    /// `GET /api/things/shadow/ListNamedShadowsForThing/{thing}`
    ListNamedShadowsForThing,
    /// `GET /retainedMessage`
    ListRetainedMessages,
    /// `GET /things`, control plane
    ListThings,
    /// `POST /topics/{topic}`
    Publish,
    /// `PATCH /things/{thing}`, control plane
    UpdateThing,
    /// `POST /things/{thing}/shadow`
    UpdateThingShadow,
}

/// The two halves of the service. They have their own names in signatures and their own forms of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plane {
    /// Where things are made and described; signed for `iot`.
    Control,
    /// Where shadows and messages are; signed for `iotdata`.
    Data,
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

/// Segments of a path that are told apart: one more than the longest path of an operation has, topics aside.
const SEGMENTS_MAX: usize = 6;

/// Reads method and target. The path is normalized first, as it is where the signature is checked.
///
/// # Errors
/// [`Unrouted`] if no operation has that path and method.
pub fn route(request: &Request) -> Result<Route, Unrouted> {
    let path = normalized(raw_path(&request.target));
    let mut segments = [""; SEGMENTS_MAX];
    let mut count = 0;
    for segment in path.split('/').skip(1).take(SEGMENTS_MAX) {
        segments[count] = segment;
        count += 1;
    }
    let methods = match &segments[..count] {
        ["things"] => &[("GET", Action::ListThings)],
        ["things", _] => [
            ("POST", Action::CreateThing),
            ("GET", Action::DescribeThing),
            ("PATCH", Action::UpdateThing),
            ("DELETE", Action::DeleteThing),
        ]
        .as_slice(),
        ["things", _, "shadow"] => &[
            ("GET", Action::GetThingShadow),
            ("POST", Action::UpdateThingShadow),
            ("DELETE", Action::DeleteThingShadow),
        ],
        ["api", "things", "shadow", "ListNamedShadowsForThing", _] => {
            &[("GET", Action::ListNamedShadowsForThing)]
        }
        ["topics", _, ..] => &[("POST", Action::Publish)],
        ["retainedMessage"] => &[("GET", Action::ListRetainedMessages)],
        ["retainedMessage", _, ..] => &[("GET", Action::GetRetainedMessage)],
        ["endpoint"] => &[("GET", Action::DescribeEndpoint)],
        _ => return Err(Unrouted::NoSuchPath),
    };
    let (_, action) = methods
        .iter()
        .find(|(method, _)| *method == request.method)
        .ok_or(Unrouted::NoSuchMethod)?;
    let subject = match action {
        // A topic goes on to the end of the path.
        Action::Publish | Action::GetRetainedMessage => &path[1 + segments[0].len() + 1..],
        Action::ListNamedShadowsForThing => segments[4],
        _ => segments[1],
    };
    Ok(Route {
        action: *action,
        subject: match subject.contains('%') {
            true => lossy(decode_lossy(subject.as_bytes())),
            false => subject.to_owned(),
        },
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
            Self::CreateThing => "iot:CreateThing",
            Self::DeleteThing => "iot:DeleteThing",
            Self::DeleteThingShadow => "iot:DeleteThingShadow",
            Self::DescribeEndpoint => "iot:DescribeEndpoint",
            Self::DescribeThing => "iot:DescribeThing",
            Self::GetRetainedMessage => "iot:GetRetainedMessage",
            Self::GetThingShadow => "iot:GetThingShadow",
            Self::ListNamedShadowsForThing => "iot:ListNamedShadowsForThing",
            Self::ListRetainedMessages => "iot:ListRetainedMessages",
            Self::ListThings => "iot:ListThings",
            Self::Publish => "iot:Publish",
            Self::UpdateThing => "iot:UpdateThing",
            Self::UpdateThingShadow => "iot:UpdateThingShadow",
        }
    }

    /// The half of the service that does it.
    #[must_use]
    pub const fn plane(self) -> Plane {
        match self {
            Self::CreateThing
            | Self::DeleteThing
            | Self::DescribeEndpoint
            | Self::DescribeThing
            | Self::ListThings
            | Self::UpdateThing => Plane::Control,
            Self::DeleteThingShadow
            | Self::GetRetainedMessage
            | Self::GetThingShadow
            | Self::ListNamedShadowsForThing
            | Self::ListRetainedMessages
            | Self::Publish
            | Self::UpdateThingShadow => Plane::Data,
        }
    }
}

impl Route {
    /// The actions that a policy must allow, as `iot:GetThingShadow`: for a message to be retained two.
    pub fn policy_actions(&self) -> impl Iterator<Item = &'static str> {
        let is_retained = self.action == Action::Publish
            && self.parameter("retain").is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
        [Some(self.action.policy_name()), is_retained.then_some("iot:RetainPublish")]
            .into_iter()
            .flatten()
    }

    /// The resource in a policy, as `thing/lamp/config`: "Actions defined by AWS IoT", resource types.
    #[must_use]
    pub fn policy_resource(&self) -> String {
        match self.action {
            Action::DescribeEndpoint | Action::ListRetainedMessages | Action::ListThings => {
                "*".to_owned()
            }
            Action::GetRetainedMessage | Action::Publish => format!("topic/{}", self.subject),
            Action::DeleteThingShadow | Action::GetThingShadow | Action::UpdateThingShadow => {
                match self.parameter("name") {
                    None => format!("thing/{}", self.subject),
                    Some(shadow) => format!("thing/{}/{shadow}", self.subject),
                }
            }
            Action::CreateThing
            | Action::DeleteThing
            | Action::DescribeThing
            | Action::ListNamedShadowsForThing
            | Action::UpdateThing => format!("thing/{}", self.subject),
        }
    }

    /// The first parameter of that name.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let mut same = self.parameters.iter().filter(|(key, _)| key == name);
        same.next().map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.policy_name().trim_start_matches("iot:"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::HttpVersion;
    use crate::operation::Invalid;

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
        check("PUT /things/t", "NoSuchMethod");
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
    }

    #[test]
    fn things_are_of_the_control_plane() {
        check("POST /things/t", "CreateThing t as thing/t");
        check("PATCH /things/t", "UpdateThing t as thing/t");
        check("DELETE /things/t?expectedVersion=3", "DeleteThing t as thing/t");
        check("GET /things/t", "DescribeThing t as thing/t");
        check("GET /things?maxResults=9", "ListThings  as *");
        check("GET /endpoint?endpointType=iot:Data-ATS", "DescribeEndpoint  as *");
        let wrong = r#"Parameter { name: "endpointType", value: "iot:Nope" }"#;
        check("GET /endpoint?endpointType=iot%3ANope", wrong);
    }

    #[test]
    fn topics_may_be_one_segment_or_several() {
        check("POST /topics/a/b?qos=1", "Publish a/b as topic/a/b");
        check("POST /topics/%24aws%2Fthings%2Ft", "Publish $aws/things/t as topic/$aws/things/t");
        check("GET /retainedMessage/a%2Fb", "GetRetainedMessage a/b as topic/a/b");
        check("GET /retainedMessage?maxResults=5", "ListRetainedMessages  as *");
        check("POST /topics/a/b?retain=TRUE", "Publish a/b as topic/a/b");
        check("POST /topics/a?retain=maybe", r#"Parameter { name: "retain", value: "maybe" }"#);
        check("POST /topics/a/b?qos=2", r#"Parameter { name: "qos", value: "2" }"#);
        check("POST /topics/a/+/b", r#"Topic("a/+/b")"#);
        check("POST /topics/1/2/3/4/5/6/7/8", "Publish 1/2/3/4/5/6/7/8 as topic/1/2/3/4/5/6/7/8");
        check("POST /topics/1/2/3/4/5/6/7/8/9", r#"Topic("1/2/3/4/5/6/7/8/9")"#);
    }
}
