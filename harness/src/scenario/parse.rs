//! Tree to plans: everything that is wrong with a file is found here, before anything is touched.

use std::collections::{BTreeMap, BTreeSet};

use super::field;
use super::node::{Data, Node, Span};
use super::path::Path;
use super::plan::{
    BoardNeeds, CloudKind, Common, Erase, Firmware, Guard, Plan, PlannedStep, Since, Sleeping,
    StartShadow,
};
use super::problem::{Problem, ProblemKind, Severity, nearest};
use super::scope::{Scope, collect_names, common_name};
use super::template;
use super::top::{COMMON, TOP};
use super::variables::{self, Row};
use super::watch::Watch;
use super::yaml;
use crate::engine::steps::{self, Context, VERBS, Verb};
use crate::time;

/// The version of the format that this program reads.
pub const VERSION: u64 = 1;

/// The image that runs where a scenario names none.
pub const IMAGE_DEFAULT: &str = "signal-thing";

/// What came of reading a file.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// Its cases, one for each row of its matrix; none if anything stops it.
    pub plans: Vec<Plan>,
    /// All that is wrong with it, in the order of the text, warnings included.
    pub problems: Vec<Problem>,
}

impl Parsed {
    /// Whether the file may run.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.problems.iter().all(|problem| problem.kind.severity() == Severity::Warning)
    }
}

/// Reads the text of a scenario file. Always returns, whatever the text is.
#[must_use]
pub fn parse(text: &str, file: &str) -> Parsed {
    let root = match yaml::parse(text) {
        Ok(root) => root,
        Err(problem) => return Parsed { plans: Vec::new(), problems: vec![*problem] },
    };
    let mut problems = Vec::new();
    find_ambiguous(&root, text, &mut problems);
    let vars = variables::vars(root.get("vars"));
    let mut plans = Vec::new();
    for row in variables::rows(root.get("matrix")) {
        let mut known = vars.clone();
        known.extend(row.values.clone());
        let mut reader = Reader { text, file, problems: Vec::new() };
        let plan = reader.read(&variables::fill(&root, &known), &row);
        plans.extend(plan.map(|plan| Plan { variables: known, ..plan }));
        problems.append(&mut reader.problems);
    }
    // Rows of a matrix share their text, and so their problems.
    let problems: Vec<_> = problems.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let mut parsed = Parsed { plans, problems };
    if !parsed.is_good() {
        parsed.plans.clear();
    }
    parsed
}

/// Plain words that some readers of YAML take for booleans.
fn find_ambiguous(node: &Node, text: &str, problems: &mut Vec<Problem>) {
    let mut check = |word: &str, span: Span| {
        let plain = text.get(span.start..span.start + span.len) == Some(word);
        let lower = word.to_ascii_lowercase();
        if plain && ["on", "off", "yes", "no", "y", "n"].contains(&lower.as_str()) {
            problems
                .push(Problem::new(span, ProblemKind::AmbiguousBoolean { text: word.to_owned() }));
        }
    };
    match &node.data {
        Data::Text(word) => check(word, node.span),
        Data::List(items) => items.iter().for_each(|item| find_ambiguous(item, text, problems)),
        Data::Map(entries) => {
            entries.iter().for_each(|(key, _)| check(&key.name, key.span));
            entries.iter().for_each(|(_, value)| find_ambiguous(value, text, problems));
        }
        Data::Null | Data::Bool(_) | Data::Number(_) => {}
    }
}

struct Reader<'a> {
    text: &'a str,
    file: &'a str,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn read(&mut self, root: &Node, row: &Row) -> Option<Plan> {
        field::check_map(TOP, root, "a scenario", &mut self.problems);
        self.check_version(root);
        let mut scope = Scope::default();
        let steps = self.read_steps(root.get("steps"), &mut scope);
        if steps.is_empty()
            && matches!(root.get("steps").map(|node| &node.data), Some(Data::List(items)) if items.is_empty())
        {
            let span = root.entry("steps").map_or(root.span, |(key, _)| key.span);
            self.problems.push(Problem::new(span, ProblemKind::Empty { what: "steps" }));
        }
        let finally = self.read_steps(root.get("finally"), &mut scope);
        self.check_shadows(root);
        self.warn_of_unused(&scope, root);
        let texts = |node: Option<&Node>| texts(node);
        let name = root.get("name").and_then(Node::text).unwrap_or(self.file);
        Some(Plan {
            name: row.label.as_ref().map_or(name.to_owned(), |label| format!("{name} [{label}]")),
            description: root.get("description").and_then(Node::text).map(str::to_owned),
            tags: texts(root.get("tags")),
            file: self.file.to_owned(),
            timeout: root.get("timeout").and_then(Node::text).and_then(time::parse_span),
            board: board_needs(root.get("board")),
            requires_cloud: root.get("requires").and_then(|node| node.get("cloud")).and_then(
                |node| match node.text()? {
                    "aws" => Some(CloudKind::Aws),
                    _ => Some(CloudKind::Fake),
                },
            ),
            firmware: firmware(root.get("firmware")),
            shadows: shadows(root.get("cloud")),
            guards: guards(root),
            sleeping: match root
                .get("time")
                .and_then(|time| time.get("sleeping"))
                .and_then(Node::text)
            {
                Some("fast-forward") => Sleeping::FastForward,
                _ => Sleeping::Real,
            },
            variables: BTreeMap::new(),
            steps,
            finally,
        })
    }

    fn check_version(&mut self, root: &Node) {
        let Some(version) = root.get("version") else { return };
        if let Data::Number(number) = &version.data
            && number.as_u64() != Some(VERSION)
        {
            let kind = ProblemKind::UnknownVersion { text: number.to_string() };
            self.problems.push(Problem::new(version.span, kind));
        }
    }

    /// Steps and their captures are filled in when they run; what the cloud holds at the beginning cannot be.
    fn check_shadows(&mut self, root: &Node) {
        for key in ["cloud", "firmware", "board"] {
            if let Some(node) = root.get(key) {
                self.check_names(node, &Scope::default());
            }
        }
    }

    fn read_steps(&mut self, node: Option<&Node>, scope: &mut Scope) -> Vec<PlannedStep> {
        let items = match node.map(|node| &node.data) {
            Some(Data::List(items)) => items.as_slice(),
            _ => &[],
        };
        items.iter().filter_map(|item| self.read_step(item, scope)).collect()
    }

    fn read_step(&mut self, node: &Node, scope: &mut Scope) -> Option<PlannedStep> {
        let Data::Map(entries) = &node.data else {
            let wanted = "a step, as `expect-request: GET shadow`".to_owned();
            let kind = ProblemKind::WrongKind { wanted, got: node.kind().to_owned() };
            self.problems.push(Problem::new(node.span, kind));
            return None;
        };
        let verbs: Vec<_> = entries
            .iter()
            .filter_map(|(key, value)| steps::find(&key.name).map(|verb| (verb, key, value)))
            .collect();
        let (verb, span, value) = match verbs.as_slice() {
            [] => {
                self.no_verb(node);
                return None;
            }
            [(verb, key, value)] => (*verb, key.span, *value),
            [(_, first, _), (_, second, _), ..] => {
                let kind = ProblemKind::SeveralVerbs {
                    first: first.name.clone(),
                    second: second.name.clone(),
                };
                self.problems.push(Problem::new(second.span, kind));
                return None;
            }
        };
        let before = self.problems.len();
        self.check_keys(node, verb);
        verb.shape.check(value, &format!("`{}`", verb.name), &mut self.problems);
        self.check_names(node, scope);
        let common = self.read_common(node, scope);
        let step = if self.problems.len() == before {
            (verb.read)(&Context { node: value, step: node }, &mut self.problems)
        } else {
            None
        };
        scope.add(node);
        let title = common_name(node).unwrap_or_else(|| self.title(span));
        Some(PlannedStep {
            span,
            title,
            verb: verb.name,
            name: common_name(node),
            common,
            step: step?,
        })
    }

    /// No key of the step is a verb: the key that is nearest to one is a misspelled one.
    fn no_verb(&mut self, node: &Node) {
        let is_common = |name: &str| COMMON.iter().any(|field| field.name == name);
        let strange = node.entries().iter().find(|(key, _)| !is_common(&key.name));
        let problem = match strange {
            None => Problem::new(node.span, ProblemKind::VerbMissing),
            Some((key, _)) => {
                let nearest = nearest(&key.name, VERBS.iter().map(|verb| verb.name));
                let place = "a step".to_owned();
                Problem::new(
                    key.span,
                    ProblemKind::UnknownKey { key: key.name.clone(), place, nearest },
                )
            }
        };
        self.problems.push(problem);
    }

    fn check_keys(&mut self, node: &Node, verb: &Verb) {
        let known = || COMMON.iter().chain(verb.beside);
        for (key, value) in node.entries().iter().filter(|(key, _)| key.name != verb.name) {
            match known().find(|field| field.name == key.name) {
                Some(field) => {
                    field.shape.check(value, &format!("`{}`", field.name), &mut self.problems);
                }
                None => {
                    let kind = ProblemKind::UnknownKey {
                        key: key.name.clone(),
                        place: format!("a step with `{}`", verb.name),
                        nearest: nearest(&key.name, known().map(|field| field.name)),
                    };
                    self.problems.push(Problem::new(key.span, kind));
                }
            }
        }
    }

    /// Every `${name}` must be captured before it is used; `vars` and `matrix` are filled in already.
    fn check_names(&mut self, node: &Node, scope: &Scope) {
        match &node.data {
            Data::Text(text) => {
                for name in template::names(text) {
                    if !scope.captures.contains_key(name) {
                        let kind = ProblemKind::UnknownVariable {
                            name: name.to_owned(),
                            nearest: nearest(name, scope.captures.keys().map(String::as_str)),
                        };
                        self.problems.push(Problem::new(node.span, kind));
                    }
                }
            }
            Data::List(items) => items.iter().for_each(|item| self.check_names(item, scope)),
            Data::Map(entries) => {
                entries.iter().for_each(|(_, value)| self.check_names(value, scope));
            }
            Data::Null | Data::Bool(_) | Data::Number(_) => {}
        }
    }

    fn read_common(&mut self, node: &Node, scope: &Scope) -> Common {
        let span = |key: &str| node.get(key).and_then(Node::text).and_then(time::parse_span);
        let capture = node.get("capture").map_or(&[][..], Node::entries);
        Common {
            within: span("within"),
            watch_for: span("for"),
            since: node.get("since").and_then(|node| self.read_since(node, scope)),
            capture: capture
                .iter()
                .filter_map(|(key, path)| Some((key.name.clone(), Path::parse(path.text()?)?)))
                .collect(),
            condition: node.get("if").map(|node| template::plain(&node.to_json())),
        }
    }

    fn read_since(&mut self, node: &Node, scope: &Scope) -> Option<Since> {
        let text = node.text()?;
        match (text, text.strip_prefix("step:")) {
            ("start", _) => return Some(Since::Start),
            ("wake", _) => return Some(Since::Wake),
            (_, Some(name)) if scope.names.contains(name) => {
                return Some(Since::Step(name.to_owned()));
            }
            _ => {}
        }
        let mut allowed = vec!["start".to_owned(), "wake".to_owned()];
        allowed.extend(scope.names.iter().map(|name| format!("step:{name}")));
        let kind = ProblemKind::UnknownWord {
            word: text.to_owned(),
            what: "a place to look from".to_owned(),
            nearest: nearest(text, allowed.iter().map(String::as_str)),
            allowed,
        };
        self.problems.push(Problem::new(node.span, kind));
        None
    }

    fn warn_of_unused(&mut self, scope: &Scope, root: &Node) {
        let mut used = BTreeSet::new();
        collect_names(root, &mut used);
        for (name, span) in &scope.captures {
            if let Some(span) = span.filter(|_| !used.contains(name)) {
                let kind = ProblemKind::UnusedCapture { name: name.clone() };
                self.problems.push(Problem::new(span, kind));
            }
        }
    }

    /// The step as it stands on its line.
    fn title(&self, span: Span) -> String {
        let line = self.text.lines().nth(span.line.saturating_sub(1)).unwrap_or_default();
        line.trim()
            .trim_start_matches("- ")
            .split(" #")
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    }
}

fn texts(node: Option<&Node>) -> Vec<String> {
    let items = node.map_or(&[][..], Node::items);
    items.iter().filter_map(Node::text).map(str::to_owned).collect()
}

fn board_needs(board: Option<&Node>) -> BoardNeeds {
    let list = |key: &str| texts(board.and_then(|board| board.get(key)));
    BoardNeeds {
        chips: list("chip"),
        needs: list("needs"),
        labels: list("labels"),
        same: list("same").into_iter().next(),
    }
}

fn firmware(node: Option<&Node>) -> Firmware {
    let default =
        || Firmware { image: IMAGE_DEFAULT.to_owned(), erase: Erase::State, shadow: None };
    node.and_then(steps::read_firmware).unwrap_or_else(default)
}

fn shadows(cloud: Option<&Node>) -> BTreeMap<Option<String>, StartShadow> {
    let Some(cloud) = cloud else { return BTreeMap::new() };
    let classic = cloud.get("shadow").map(|node| (None, steps::read_shadow(node)));
    let named = cloud.get("named-shadows").map_or(&[][..], Node::entries);
    let named = named.iter().map(|(key, node)| (Some(key.name.clone()), steps::read_shadow(node)));
    classic.into_iter().chain(named).collect()
}

fn guards(root: &Node) -> Vec<Guard> {
    let allowed = texts(root.get("allow"));
    let causes: Vec<_> = ["panic", "watchdog", "brownout"]
        .into_iter()
        .filter(|cause| !allowed.iter().any(|allowed| allowed == cause))
        .map(str::to_owned)
        .collect();
    let built_in =
        (!causes.is_empty()).then(|| Guard { span: root.span, watch: Watch::Reset(causes) });
    let own = root.get("never").map_or(&[][..], Node::items);
    let own =
        own.iter().filter_map(|node| Some(Guard { span: node.span, watch: Watch::read(node)? }));
    built_in.into_iter().chain(own).collect()
}
