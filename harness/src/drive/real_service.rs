//! The real service as a bench uses it on its own behalf: what a case starts from is set by its REST interface, and what was
//! there before is put back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use fake_shadow::proxy::{Client, PassedAnswer, Reach};
use serde_json::{Map, Value, json};
use tokio::runtime::Handle;

use crate::engine::event::Party;
use crate::engine::{Action, ActionError, Event};
use crate::scenario::plan::StartShadow;

/// How often a request is made that came to nothing by no fault of its own.
const TRIES: u32 = 3;

/// The rest before the second try; twice that before the third.
const REST: Duration = Duration::from_millis(500);

/// How many shadows of a thing are remembered; a thing with more is not one to test with.
const SHADOWS_MAX: usize = 50;

/// The real service, and the thing that a case is about.
#[derive(Debug, Clone)]
pub struct RealService {
    /// The ways there.
    pub reach: Reach,
    /// The thing.
    pub thing: Thing,
    /// Where the shadows are written down that were there before, so that they are not lost with the rig.
    pub folder: PathBuf,
}

/// The thing that a case is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thing {
    /// One that is there for something else, too: its shadows are put back at the end.
    Given(String),
    /// A name that nothing else has. A shadow needs no thing of the registry, so its shadows are all that is there to clean up.
    Made(String),
}

impl Thing {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Given(name) | Self::Made(name) => name,
        }
    }
}

/// What a bench keeps about the real service.
#[derive(Debug)]
pub(super) struct ServiceSide {
    runtime: Handle,
    client: Client,
    thing: Thing,
    folder: PathBuf,
    /// What the shadows held before the case; none until it begins.
    before: Option<BTreeMap<Option<String>, Value>>,
    /// The shadows that are there, as far as rig or device made them.
    present: BTreeSet<Option<String>>,
    /// The shadows that rig or device have touched.
    touched: BTreeSet<Option<String>>,
}

impl ServiceSide {
    pub(super) fn new(runtime: Handle, service: &RealService) -> Self {
        Self {
            runtime,
            client: service.reach.data.clone(),
            thing: service.thing.clone(),
            folder: service.folder.clone(),
            before: None,
            present: BTreeSet::new(),
            touched: BTreeSet::new(),
        }
    }

    /// Remembers what is there, and takes it away: on both clouds a case begins with the shadows that it names, and no others.
    ///
    /// # Errors
    ///
    /// The service refuses or does not answer; nothing was changed unless a deletion was refused.
    pub(super) fn begin(&mut self) -> Result<(), ActionError> {
        if self.before.is_some() {
            return Ok(());
        }
        let mut before = BTreeMap::new();
        if let Thing::Given(_) = self.thing {
            for name in [None].into_iter().chain(self.names()?.into_iter().map(Some)) {
                if let Some(document) = self.get(name.as_deref())? {
                    before.insert(name, document);
                }
            }
            self.write_down(&before)?;
        }
        let names: Vec<_> = before.keys().cloned().collect();
        self.before = Some(before);
        for name in names {
            self.touched.insert(name.clone());
            self.delete(name.as_deref())?;
        }
        Ok(())
    }

    /// Does an action of the cloud.
    ///
    /// # Errors
    ///
    /// What the service refused, in its own words.
    pub(super) fn perform(&mut self, action: &Action) -> Result<Vec<Event>, ActionError> {
        match action {
            Action::SetShadow { name, shadow } => self.set(name.as_ref(), shadow),
            Action::UpdateShadow { name, document } => {
                self.update(name.as_deref(), document)?;
                self.changed(name.clone(), Party::Rig).map(|event| vec![event])
            }
            Action::DeleteShadow { name } => {
                self.touched.insert(name.clone());
                self.delete(name.as_deref())?;
                self.present.remove(name);
                Ok(vec![Event::Shadow { name: name.clone(), by: Party::Rig, document: None }])
            }
            _ => Err(ActionError::new("do this", "the real service cannot do it")),
        }
    }

    /// What a shadow holds after somebody changed it.
    ///
    /// # Errors
    ///
    /// The service refuses or does not answer.
    pub(super) fn changed(
        &mut self,
        name: Option<String>,
        by: Party,
    ) -> Result<Event, ActionError> {
        let document = self.get(name.as_deref())?;
        self.touched.insert(name.clone());
        match document {
            Some(_) => self.present.insert(name.clone()),
            None => self.present.remove(&name),
        };
        Ok(Event::Shadow { name, by, document })
    }

    /// Remembers that the device wants to change a shadow, whatever comes of it.
    pub(super) fn touched_by_device(&mut self, name: Option<String>) {
        self.touched.insert(name);
    }

    /// Puts back what was there before: sections and their values. Versions go on, and time stamps are new, which no interface of
    /// the service can change.
    ///
    /// # Errors
    ///
    /// The service refuses or does not answer; the message says where what was there before is written down.
    pub(super) fn restore(&mut self) -> Result<(), ActionError> {
        let Some(before) = self.before.take() else { return Ok(()) };
        let mut failed = None;
        for name in std::mem::take(&mut self.touched) {
            let restored = self.delete(name.as_deref()).and_then(|()| match before.get(&name) {
                Some(document) => self.update(name.as_deref(), &without_stamps(document)),
                None => Ok(()),
            });
            failed = failed.or(restored.err());
        }
        match failed {
            None => Ok(()),
            Some(error) if before.is_empty() => Err(error),
            Some(error) => {
                Err(error
                    .help(format!("{} holds what the shadows held before", self.file().display())))
            }
        }
    }

    fn set(
        &mut self,
        name: Option<&String>,
        shadow: &StartShadow,
    ) -> Result<Vec<Event>, ActionError> {
        if self.present.contains(&name.cloned()) {
            self.update(name.map(String::as_str), &json!({ "state": null }))?;
        }
        self.update(name.map(String::as_str), &shadow.document())?;
        self.changed(name.cloned(), Party::Rig).map(|event| vec![event])
    }

    fn get(&self, name: Option<&str>) -> Result<Option<Value>, ActionError> {
        let what = format!("read the shadow{} of the thing", shown(name));
        let answer = self.call(&what, "GET", &self.path(name), None)?;
        match answer.status {
            404 => Ok(None),
            200 => serde_json::from_slice(&answer.body)
                .map(Some)
                .map_err(|error| ActionError::new(what, error.to_string())),
            _ => Err(refused(&what, &answer)),
        }
    }

    fn update(&mut self, name: Option<&str>, document: &Value) -> Result<(), ActionError> {
        let what = format!("update the shadow{} of the thing", shown(name));
        self.touched.insert(name.map(str::to_owned));
        let answer = self.call(&what, "POST", &self.path(name), Some(document))?;
        if answer.status != 200 {
            return Err(refused(&what, &answer));
        }
        self.present.insert(name.map(str::to_owned));
        Ok(())
    }

    /// Deletes a shadow, which may be gone already.
    fn delete(&self, name: Option<&str>) -> Result<(), ActionError> {
        let what = format!("delete the shadow{} of the thing", shown(name));
        let answer = self.call(&what, "DELETE", &self.path(name), None)?;
        if matches!(answer.status, 200 | 404) { Ok(()) } else { Err(refused(&what, &answer)) }
    }

    /// The names of all named shadows.
    fn names(&self) -> Result<Vec<String>, ActionError> {
        let what = "list the shadows of the thing";
        let thing = escaped(self.thing.name());
        let target = format!("/api/things/shadow/ListNamedShadowsForThing/{thing}?pageSize=100");
        let answer = self.call(what, "GET", &target, None)?;
        if answer.status != 200 {
            return Err(refused(what, &answer));
        }
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let names = body.get("results").and_then(Value::as_array).into_iter().flatten();
        let names: Vec<_> = names.filter_map(Value::as_str).map(str::to_owned).collect();
        if names.len() > SHADOWS_MAX {
            let why = format!("it has more than {SHADOWS_MAX} shadows");
            return Err(ActionError::new("remember what the thing holds", why)
                .help("take another with --thing-name NAME, or none: then a name is made"));
        }
        Ok(names)
    }

    fn path(&self, name: Option<&str>) -> String {
        let query = name.map(|name| format!("?name={}", escaped(name))).unwrap_or_default();
        format!("/things/{}/shadow{query}", escaped(self.thing.name()))
    }

    /// Asks, a few times where the service or the network had its moment.
    fn call(
        &self,
        what: &str,
        method: &str,
        target: &str,
        body: Option<&Value>,
    ) -> Result<PassedAnswer, ActionError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let answer = self.runtime.block_on(self.client.call(method, target, body));
            let may_pass = match &answer {
                Ok(answer) => matches!(answer.status, 429 | 500..),
                Err(_) => true,
            };
            if may_pass && tries < TRIES {
                thread::sleep(REST * tries);
                continue;
            }
            return answer.map_err(|error| {
                ActionError::new(what, error.to_string())
                    .help("is the endpoint right, and can this machine reach it?")
            });
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.join("shadows-before.json")
    }

    fn write_down(&self, before: &BTreeMap<Option<String>, Value>) -> Result<(), ActionError> {
        if before.is_empty() {
            return Ok(());
        }
        let named = |(name, document): (&Option<String>, &Value)| {
            (name.clone().unwrap_or_default(), document.clone())
        };
        let all = Value::Object(before.iter().map(named).collect::<Map<_, _>>());
        fs::write(self.file(), format!("{all:#}\n")).map_err(|error| {
            ActionError::new(format!("write {}", self.file().display()), error.to_string())
        })
    }
}

/// The update that makes an empty shadow hold what a document says.
fn without_stamps(document: &Value) -> Value {
    let section = |name: &str| Some((name.to_owned(), document.get("state")?.get(name)?.clone()));
    let state: Map<_, _> = ["desired", "reported"].into_iter().filter_map(section).collect();
    json!({ "state": state })
}

fn shown(name: Option<&str>) -> String {
    name.map(|name| format!(" {name}")).unwrap_or_default()
}

fn refused(what: &str, answer: &PassedAnswer) -> ActionError {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let message = body.get("message").and_then(Value::as_str).unwrap_or("no reason is given");
    let error =
        ActionError::new(what, format!("the real service says {}: {message}", answer.status));
    match answer.status {
        403 => error.help(
            "the credentials need iot:GetThingShadow, iot:UpdateThingShadow, iot:DeleteThingShadow and, with --thing-name, \
             iot:ListNamedShadowsForThing on this thing",
        ),
        _ => error.help("the scenario asks for something that no shadow may hold"),
    }
}

/// A name as a part of a path or a query: all but letters, digits, `-`, `_`, `.` and `~` percent-encoded.
fn escaped(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        match byte {
            b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            byte => out += &format!("%{byte:02X}"),
        }
    }
    out
}
