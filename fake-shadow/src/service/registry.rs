//! The registry of things: as much of the control plane as clients of shadows need. Shadows do not depend on it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::refused::Refused;
use crate::kept::{Change, Item};
use crate::operation::ThingFilter;
use crate::paging::Page;
use crate::shadow::ThingName;

/// The account in all names; there is one.
const ACCOUNT: &str = "123456789012";

/// All things that were created.
#[derive(Debug, Clone, Default)]
pub(super) struct Registry {
    things: BTreeMap<ThingName, Thing>,
    /// The things that differ from what was last taken for a file.
    changed: BTreeSet<ThingName>,
}

#[derive(Debug, Clone)]
struct Thing {
    id: String,
    thing_type: Option<String>,
    attributes: BTreeMap<String, String>,
    version: u64,
}

/// Why a request about the registry is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryError {
    /// There is a thing of that name which differs.
    AlreadyExists {
        /// Its name.
        thing: ThingName,
        /// Its id.
        id: String,
    },
    /// The body is not what the operation wants.
    InvalidBody {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is no such thing.
    NotFound {
        /// The name that was asked for.
        thing: ThingName,
    },
    /// The thing is at another version.
    VersionConflict {
        /// The version that was expected.
        expected: u64,
        /// The version of the thing.
        current: u64,
    },
}

impl RegistryError {
    /// Status, name and text of the answer.
    pub(crate) fn words(&self) -> (u16, &'static str, String) {
        match self {
            Self::AlreadyExists { thing, id } => (
                409,
                "ResourceAlreadyExistsException",
                format!(
                    "Thing {thing} already exists in account with different attributes, id {id}"
                ),
            ),
            Self::InvalidBody { reason } => (400, "InvalidRequestException", (*reason).to_owned()),
            Self::NotFound { thing } => {
                (404, "ResourceNotFoundException", format!("Thing {thing} not found"))
            }
            Self::VersionConflict { expected, current } => (
                409,
                "VersionConflictException",
                format!("The version for the thing is {current}, not {expected}"),
            ),
        }
    }
}

impl Registry {
    /// Puts a thing in. The same thing once more is no mistake; `id` is taken if it is new.
    pub(super) fn create(
        &mut self,
        region: &str,
        thing: &ThingName,
        body: &[u8],
        id: String,
    ) -> Result<Value, Refused> {
        let sent = Sent::read(body)?;
        let new = Thing {
            id,
            thing_type: sent.thing_type,
            attributes: sent.attributes.unwrap_or_default(),
            version: 1,
        };
        let kept = self.things.entry(thing.clone()).or_insert_with(|| {
            self.changed.insert(thing.clone());
            new.clone()
        });
        if (&kept.attributes, &kept.thing_type) != (&new.attributes, &new.thing_type) {
            let error = RegistryError::AlreadyExists { thing: thing.clone(), id: kept.id.clone() };
            return Err(Refused::Registry(error));
        }
        Ok(json!({
            "thingName": thing.as_str(),
            "thingArn": arn(region, thing),
            "thingId": kept.id,
        }))
    }

    pub(super) fn describe(&self, region: &str, thing: &ThingName) -> Result<Value, Refused> {
        let kept = self.things.get(thing).ok_or_else(|| not_found(thing))?;
        let mut shown = kept.show(region, thing);
        shown["defaultClientId"] = json!(thing.as_str());
        shown["thingId"] = json!(kept.id);
        Ok(shown)
    }

    pub(super) fn update(&mut self, thing: &ThingName, body: &[u8]) -> Result<Value, Refused> {
        let sent = Sent::read(body)?;
        let kept = self.things.get_mut(thing).ok_or_else(|| not_found(thing))?;
        kept.expect(sent.expected_version)?;
        if let Some(attributes) = sent.attributes {
            if !sent.is_merged {
                kept.attributes.clear();
            }
            kept.attributes.extend(attributes);
            // An attribute without a value is taken away: API reference, `AttributePayload`.
            kept.attributes.retain(|_, value| !value.is_empty());
        }
        kept.thing_type = sent.thing_type.or(kept.thing_type.take());
        kept.version += 1;
        self.changed.insert(thing.clone());
        Ok(json!({}))
    }

    /// Takes a thing out; one that is not there is as good as taken out. API reference, `DeleteThing`.
    pub(super) fn delete(
        &mut self,
        thing: &ThingName,
        expected: Option<u64>,
    ) -> Result<Value, Refused> {
        if let Some(kept) = self.things.get(thing) {
            kept.expect(expected)?;
            self.things.remove(thing);
            self.changed.insert(thing.clone());
        }
        Ok(json!({}))
    }

    pub(super) fn list(&self, region: &str, page: &Page<ThingName>, filter: &ThingFilter) -> Value {
        let behind = |name: &ThingName| page.after.as_ref().is_none_or(|after| name > after);
        let fitting = self.things.iter().filter(|(name, thing)| behind(name) && thing.fits(filter));
        let (names, token) = page.cut(fitting.map(|(name, _)| name));
        let things: Vec<Value> =
            names.into_iter().map(|name| self.things[name].show(region, name)).collect();
        match token {
            None => json!({ "things": things }),
            Some(token) => json!({ "things": things, "nextToken": token }),
        }
    }
}

/// Keeping the registry in a file.
impl Registry {
    pub(super) fn clear(&mut self) {
        self.changed.extend(std::mem::take(&mut self.things).into_keys());
    }

    pub(super) fn has_changes(&self) -> bool {
        !self.changed.is_empty()
    }

    pub(super) fn changes(&self) -> impl Iterator<Item = Change> {
        self.changed.iter().map(|thing| Change {
            item: Item::Thing(thing.clone()),
            kept: self.things.get(thing).map(Thing::to_stored),
        })
    }

    pub(super) fn changes_are_kept(&mut self) {
        self.changed.clear();
    }

    /// Takes a thing from a file; false if that is not in the form of [`Registry::changes`].
    pub(super) fn restore(&mut self, name: ThingName, kept: &[u8]) -> bool {
        let Some(thing) = Thing::from_stored(kept) else { return false };
        self.things.insert(name, thing);
        true
    }
}

impl Thing {
    fn to_stored(&self) -> Vec<u8> {
        let Self { id, thing_type, attributes, version } = self;
        let stored =
            json!({ "id": id, "type": thing_type, "attributes": attributes, "version": version });
        stored.to_string().into_bytes()
    }

    fn from_stored(kept: &[u8]) -> Option<Self> {
        let stored: Value = serde_json::from_slice(kept).ok()?;
        let attributes = stored["attributes"].as_object()?.iter();
        let text =
            |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
        Some(Self {
            id: stored["id"].as_str()?.to_owned(),
            thing_type: match &stored["type"] {
                Value::Null => None,
                thing_type => Some(thing_type.as_str()?.to_owned()),
            },
            attributes: attributes.map(text).collect::<Option<_>>()?,
            version: stored["version"].as_u64()?,
        })
    }

    fn show(&self, region: &str, name: &ThingName) -> Value {
        let mut shown = json!({
            "thingName": name.as_str(),
            "thingArn": arn(region, name),
            "attributes": self.attributes,
            "version": self.version,
        });
        if let Some(thing_type) = &self.thing_type {
            shown["thingTypeName"] = json!(thing_type);
        }
        shown
    }

    fn fits(&self, filter: &ThingFilter) -> bool {
        let ThingFilter { attribute_name, attribute_value, thing_type } = filter;
        let attribute = attribute_name.as_ref().map(|name| self.attributes.get(name));
        let attribute_fits = match attribute {
            None => true,
            Some(None) => false,
            Some(Some(value)) => attribute_value.as_ref().is_none_or(|wanted| wanted == value),
        };
        attribute_fits && (thing_type.is_none() || *thing_type == self.thing_type)
    }

    fn expect(&self, expected: Option<u64>) -> Result<(), Refused> {
        match expected {
            Some(expected) if expected != self.version => {
                let current = self.version;
                Err(Refused::Registry(RegistryError::VersionConflict { expected, current }))
            }
            _ => Ok(()),
        }
    }
}

/// The body of a request that creates or changes a thing.
struct Sent {
    thing_type: Option<String>,
    attributes: Option<BTreeMap<String, String>>,
    is_merged: bool,
    expected_version: Option<u64>,
}

impl Sent {
    fn read(body: &[u8]) -> Result<Self, Refused> {
        let wrong = |reason| Refused::Registry(RegistryError::InvalidBody { reason });
        let body: Value = match body {
            [] => json!({}),
            body => serde_json::from_slice(body).map_err(|_| wrong("Invalid JSON"))?,
        };
        let payload = &body["attributePayload"];
        let attributes = match &payload["attributes"] {
            Value::Null => None,
            Value::Object(members) => {
                let text = |(name, value): (&String, &Value)| {
                    value.as_str().map(|value| (name.clone(), value.to_owned()))
                };
                let attributes: Option<_> = members.iter().map(text).collect();
                Some(attributes.ok_or_else(|| wrong("Attribute values must be strings"))?)
            }
            _ => return Err(wrong("Attributes must be an object")),
        };
        Ok(Self {
            thing_type: body["thingTypeName"].as_str().map(str::to_owned),
            attributes,
            is_merged: payload["merge"].as_bool().unwrap_or_default(),
            expected_version: body["expectedVersion"].as_u64(),
        })
    }
}

fn not_found(thing: &ThingName) -> Refused {
    Refused::Registry(RegistryError::NotFound { thing: thing.clone() })
}

fn arn(region: &str, thing: &ThingName) -> String {
    format!("arn:aws:iot:{region}:{ACCOUNT}:thing/{thing}")
}
