//! What a fault is meant for.

use std::fmt;
use std::str::FromStr;

use super::error::FaultError;
use crate::message::Request;
use crate::operation::Operation;
use crate::shadow::ShadowId;

/// What a fault is meant for. Kinds that act before a request can be known hit the next connection, whatever stands here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Target {
    /// Any request.
    #[default]
    Any,
    /// The next connection; for a kind that needs a request, any request.
    Connect,
    /// A request that fits.
    Request(RequestPattern),
}

/// Which requests: all parts that are given must fit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestPattern {
    /// The method, as `POST`.
    pub method: Option<String>,
    /// Which shadow; none for requests about anything.
    pub shadow: Option<ShadowPattern>,
    /// The name of the thing.
    pub thing: Option<String>,
}

/// Which shadows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShadowPattern {
    /// The classic one and named ones.
    Any,
    /// The classic one.
    Classic,
    /// The named one of that name.
    Named(String),
}

impl Target {
    /// Whether a request is meant. One whose path leads nowhere fits by its method alone.
    pub(super) fn fits(&self, request: &Request, operation: Option<&Operation>) -> bool {
        let Self::Request(RequestPattern { method, shadow, thing }) = self else { return true };
        let id = operation.and_then(Operation::shadow);
        method.as_ref().is_none_or(|method| *method == request.method)
            && shadow.as_ref().is_none_or(|shadow| id.is_some_and(|id| shadow.fits(id)))
            && thing.as_ref().is_none_or(|thing| id.is_some_and(|id| id.thing.as_str() == thing))
    }
}

impl ShadowPattern {
    fn fits(&self, id: &ShadowId) -> bool {
        match (self, &id.name) {
            (Self::Any, _) | (Self::Classic, None) => true,
            (Self::Named(wanted), Some(name)) => name.as_str() == wanted,
            (Self::Classic, Some(_)) | (Self::Named(_), None) => false,
        }
    }
}

/// Reads `any`, `connect`, `POST`, `GET shadow` for all shadows, `GET shadow/config` for a named one, or `GET shadow/`
/// for the classic one alone; ` of lamp` behind it names a thing.
impl FromStr for Target {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let bad = || FaultError::BadValue {
            key: "to".to_owned(),
            value: text.to_owned(),
            expected:
                "`any`, `connect`, or a request, as `GET shadow` or `POST shadow/config of lamp`"
                    .to_owned(),
        };
        let mut words = text.split_whitespace();
        let mut pattern = RequestPattern::default();
        match words.next().ok_or_else(bad)? {
            "any" if words.clone().next().is_none() => return Ok(Self::Any),
            "connect" if words.clone().next().is_none() => return Ok(Self::Connect),
            "any" => {}
            method if method.bytes().all(|byte| byte.is_ascii_uppercase()) => {
                pattern.method = Some(method.to_owned());
            }
            _ => return Err(bad()),
        }
        while let Some(word) = words.next() {
            match word.split_once('/').unwrap_or((word, "*")) {
                ("shadow", "*") => pattern.shadow = Some(ShadowPattern::Any),
                ("shadow", "") => pattern.shadow = Some(ShadowPattern::Classic),
                ("shadow", name) => pattern.shadow = Some(ShadowPattern::Named(name.to_owned())),
                ("of", "*") => pattern.thing = Some(words.next().ok_or_else(bad)?.to_owned()),
                _ => return Err(bad()),
            }
        }
        Ok(Self::Request(pattern))
    }
}

/// Writes what is read back as the same.
impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Request(RequestPattern { method, shadow, thing }) = self else {
            return formatter.write_str(if *self == Self::Any { "any" } else { "connect" });
        };
        formatter.write_str(method.as_deref().unwrap_or("any"))?;
        match shadow {
            None => {}
            Some(ShadowPattern::Any) => formatter.write_str(" shadow")?,
            Some(ShadowPattern::Classic) => formatter.write_str(" shadow/")?,
            Some(ShadowPattern::Named(name)) => write!(formatter, " shadow/{name}")?,
        }
        match thing {
            None => Ok(()),
            Some(thing) => write!(formatter, " of {thing}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &Option<Target>) {
        let read = text.parse::<Target>().ok();
        assert_eq!(read, *expected, "{text}");
        if let Some(read) = read {
            assert_eq!(read.to_string(), text);
        }
    }

    fn pattern(
        method: Option<&str>,
        shadow: Option<ShadowPattern>,
        thing: Option<&str>,
    ) -> Option<Target> {
        let (method, thing) = (method.map(str::to_owned), thing.map(str::to_owned));
        Some(Target::Request(RequestPattern { method, shadow, thing }))
    }

    #[test]
    fn targets_are_read_and_written() {
        check("any", &Some(Target::Any));
        check("connect", &Some(Target::Connect));
        check("POST", &pattern(Some("POST"), None, None));
        check("GET shadow", &pattern(Some("GET"), Some(ShadowPattern::Any), None));
        check("GET shadow/", &pattern(Some("GET"), Some(ShadowPattern::Classic), None));
        let config = ShadowPattern::Named("config".to_owned());
        check("any shadow/config of lamp", &pattern(None, Some(config), Some("lamp")));
        check("get shadow", &None);
        check("GET thing", &None);
        check("GET of", &None);
        check("", &None);
    }
}
