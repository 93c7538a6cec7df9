//! What is asked for, with all its parts checked.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::fmt;
use std::ops::RangeInclusive;

use crate::paging::{Page, PageName};
use crate::route::{Action, Route};
use crate::shadow::{LIST_PAGE_DEFAULT, LIST_PAGE_MAX, NameError, ShadowId, ShadowName, ThingName};
use crate::topic::Topic;

/// An action with all its parts checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Put a thing into the registry.
    CreateThing(ThingName),
    /// Take a thing out of the registry, if it is at that version or none is given; its shadows stay.
    DeleteThing(ThingName, Option<u64>),
    /// Delete a shadow.
    DeleteThingShadow(ShadowId),
    /// Say where the data plane is.
    DescribeEndpoint,
    /// Read a thing of the registry.
    DescribeThing(ThingName),
    /// Read the message that a topic retains.
    GetRetainedMessage(Topic),
    /// Read a shadow.
    GetThingShadow(ShadowId),
    /// List the named shadows of a thing.
    ListNamedShadowsForThing(ThingName, Page<ShadowName>),
    /// List the topics that retain a message.
    ListRetainedMessages(Page<Topic>),
    /// List the things of the registry.
    ListThings(Page<ThingName>, ThingFilter),
    /// Publish a message to a topic.
    Publish(Topic, Publishing),
    /// Change a thing of the registry.
    UpdateThing(ThingName),
    /// Create or change a shadow.
    UpdateThingShadow(ShadowId),
}

/// Which things are listed: all parts that are given must fit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ThingFilter {
    /// The name of an attribute that must be there.
    pub attribute_name: Option<String>,
    /// The value of that attribute.
    pub attribute_value: Option<String>,
    /// The type of the thing.
    pub thing_type: Option<String>,
}

/// How a message is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Publishing {
    /// 0 or 1.
    pub qos: u8,
    /// Whether the topic keeps the message.
    pub is_retained: bool,
}

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

/// Topics in one page of `ListRetainedMessages`, and its default here. API reference.
pub const RETAINED_PAGE_MAX: usize = 200;

/// Things in one page of `ListThings`, and its default here. API reference.
pub const THINGS_PAGE_MAX: usize = 250;

/// The endpoints that there are. API reference, `DescribeEndpoint`.
const ENDPOINT_TYPES: [&str; 4] =
    ["iot:Data", "iot:Data-ATS", "iot:CredentialProvider", "iot:Jobs"];

impl Route {
    /// Checks all parts.
    ///
    /// # Errors
    /// [`Invalid`] for the first part that breaks its rule.
    pub fn operation(&self) -> Result<Operation, Invalid> {
        Ok(match self.action {
            Action::CreateThing => Operation::CreateThing(self.thing()?),
            Action::DeleteThing => Operation::DeleteThing(self.thing()?, self.expected_version()?),
            Action::DeleteThingShadow => Operation::DeleteThingShadow(self.shadow()?),
            Action::DescribeEndpoint => self.endpoint()?,
            Action::DescribeThing => Operation::DescribeThing(self.thing()?),
            Action::GetRetainedMessage => Operation::GetRetainedMessage(self.topic()?),
            Action::GetThingShadow => Operation::GetThingShadow(self.shadow()?),
            Action::ListNamedShadowsForThing => Operation::ListNamedShadowsForThing(
                self.thing()?,
                self.page("pageSize", LIST_PAGE_DEFAULT, 1..=LIST_PAGE_MAX)?,
            ),
            Action::ListRetainedMessages => Operation::ListRetainedMessages(self.page(
                "maxResults",
                RETAINED_PAGE_MAX,
                1..=RETAINED_PAGE_MAX,
            )?),
            Action::ListThings => Operation::ListThings(
                self.page("maxResults", THINGS_PAGE_MAX, 1..=THINGS_PAGE_MAX)?,
                self.filter(),
            ),
            Action::Publish => Operation::Publish(self.topic()?, self.publishing()?),
            Action::UpdateThing => Operation::UpdateThing(self.thing()?),
            Action::UpdateThingShadow => Operation::UpdateThingShadow(self.shadow()?),
        })
    }

    fn thing(&self) -> Result<ThingName, Invalid> {
        ThingName::new(self.subject.as_str()).map_err(Invalid::Name)
    }

    fn shadow(&self) -> Result<ShadowId, Invalid> {
        let name =
            self.parameter("name").map(ShadowName::new).transpose().map_err(Invalid::Name)?;
        Ok(ShadowId { thing: self.thing()?, name })
    }

    fn page<Name: PageName>(
        &self,
        size_name: &'static str,
        default: usize,
        range: RangeInclusive<usize>,
    ) -> Result<Page<Name>, Invalid> {
        let size = match self.parameter(size_name) {
            None => default,
            Some(text) => number(text)
                .and_then(|size| usize::try_from(size).ok())
                .filter(|size| range.contains(size))
                .ok_or_else(|| invalid(size_name, text))?,
        };
        let token = self.parameter("nextToken");
        let list = format!("{} {}", self.action, self.subject);
        Page::of(list, size, token).ok_or_else(|| invalid("nextToken", token.unwrap_or_default()))
    }

    fn filter(&self) -> ThingFilter {
        let of = |name| self.parameter(name).map(str::to_owned);
        ThingFilter {
            attribute_name: of("attributeName"),
            attribute_value: of("attributeValue"),
            thing_type: of("thingTypeName"),
        }
    }

    fn expected_version(&self) -> Result<Option<u64>, Invalid> {
        let parse = |text: &str| number(text).ok_or_else(|| invalid("expectedVersion", text));
        self.parameter("expectedVersion").map(parse).transpose()
    }

    fn endpoint(&self) -> Result<Operation, Invalid> {
        match self.parameter("endpointType") {
            Some(text) if !ENDPOINT_TYPES.contains(&text) => Err(invalid("endpointType", text)),
            _ => Ok(Operation::DescribeEndpoint),
        }
    }

    fn publishing(&self) -> Result<Publishing, Invalid> {
        let qos = match self.parameter("qos") {
            None | Some("0") => 0,
            Some("1") => 1,
            Some(other) => return Err(invalid("qos", other)),
        };
        // Flags are sent as `true` and as `TRUE`.
        let is_retained = match self.parameter("retain") {
            None => false,
            Some(text) if text.eq_ignore_ascii_case("false") => false,
            Some(text) if text.eq_ignore_ascii_case("true") => true,
            Some(other) => return Err(invalid("retain", other)),
        };
        // MQTT's message expiry is whole seconds.
        if let Some(text) = self.parameter("messageExpiry") {
            number(text).ok_or_else(|| invalid("messageExpiry", text))?;
        }
        Ok(Publishing { qos, is_retained })
    }

    fn topic(&self) -> Result<Topic, Invalid> {
        Topic::new(&self.subject).ok_or_else(|| Invalid::Topic(self.subject.clone()))
    }
}

fn invalid(name: &'static str, value: &str) -> Invalid {
    Invalid::Parameter { name, value: value.to_owned() }
}

/// A whole number, in digits alone.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl Operation {
    /// The action.
    #[must_use]
    pub const fn action(&self) -> Action {
        match self {
            Self::CreateThing(_) => Action::CreateThing,
            Self::DeleteThing(..) => Action::DeleteThing,
            Self::DeleteThingShadow(_) => Action::DeleteThingShadow,
            Self::DescribeEndpoint => Action::DescribeEndpoint,
            Self::DescribeThing(_) => Action::DescribeThing,
            Self::GetRetainedMessage(_) => Action::GetRetainedMessage,
            Self::GetThingShadow(_) => Action::GetThingShadow,
            Self::ListNamedShadowsForThing(..) => Action::ListNamedShadowsForThing,
            Self::ListRetainedMessages(_) => Action::ListRetainedMessages,
            Self::ListThings(..) => Action::ListThings,
            Self::Publish(..) => Action::Publish,
            Self::UpdateThing(_) => Action::UpdateThing,
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
            _ => None,
        }
    }

    /// The thing whose shadows it is about.
    pub(crate) const fn thing_of_shadows(&self) -> Option<&ThingName> {
        match self {
            Self::ListNamedShadowsForThing(thing, _) => Some(thing),
            Self::DeleteThingShadow(id)
            | Self::GetThingShadow(id)
            | Self::UpdateThingShadow(id) => Some(&id.thing),
            _ => None,
        }
    }

    /// What it is about, as text.
    fn subject(&self) -> String {
        match self {
            Self::DescribeEndpoint | Self::ListRetainedMessages(_) | Self::ListThings(..) => {
                String::new()
            }
            Self::CreateThing(thing)
            | Self::DeleteThing(thing, _)
            | Self::DescribeThing(thing)
            | Self::ListNamedShadowsForThing(thing, _)
            | Self::UpdateThing(thing) => thing.to_string(),
            Self::DeleteThingShadow(id)
            | Self::GetThingShadow(id)
            | Self::UpdateThingShadow(id) => id.to_string(),
            Self::GetRetainedMessage(topic) | Self::Publish(topic, _) => topic.as_str().to_owned(),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.action(), self.subject())
    }
}
