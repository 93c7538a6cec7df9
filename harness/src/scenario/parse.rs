//! Tree to plans: everything that is wrong with a file is found here, before anything is touched.

use std::collections::{BTreeMap, BTreeSet};

use fake_shadow::fault::{Kind, Place};

use super::advice;
use super::fault;
use super::field;
use super::include::{self, Load, SourceText, Sources};
use super::node::{Data, Node, Span};
use super::plan::{
    BoardNeeds, CloudKind, ConsoleLines, Erase, Firmware, Guard, Plan, Sleeping, StartShadow,
};
use super::problem::{Problem, ProblemKind, Severity};
use super::scope::{Scope, collect_names};
use super::secrets::Mask;
use super::snapshots::Snapshots;
use super::top::TOP;
use super::variables::{self, Row};
use super::watch::Watch;
use super::yaml;
use crate::engine::steps;
use crate::invariant;
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
    /// Its text and those of the files that it includes, in the order in which a [`Span`] numbers them.
    pub sources: Vec<SourceText>,
}

impl Parsed {
    /// Whether the file may run.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.problems.iter().all(|problem| problem.kind.severity() == Severity::Warning)
    }
}

/// Reads the text of a scenario file that includes no others. Always returns, whatever the text is.
#[must_use]
pub fn parse(text: &str, file: &str) -> Parsed {
    parse_with(text, file, &mut |_| Err("no other file can be read here".to_owned()))
}

/// Reads the text of a scenario file, and those that it includes. Always returns, whatever the texts are.
#[must_use]
pub fn parse_with(text: &str, file: &str, load: &mut Load<'_>) -> Parsed {
    let mut sources = Sources::new(file, text, load);
    let root = match yaml::parse(text, 0) {
        Ok(root) => root,
        Err(problem) => {
            let sources = sources.into_list();
            return Parsed { plans: Vec::new(), problems: vec![*problem], sources };
        }
    };
    let mut problems = Vec::new();
    find_ambiguous(&root, text, &mut problems);
    let vars = variables::vars(root.get("vars"));
    let mut plans = Vec::new();
    for row in variables::rows(root.get("matrix")) {
        let mut known = vars.clone();
        known.extend(row.values.clone());
        let mut reader = Reader {
            file,
            sources: &mut sources,
            problems: Vec::new(),
            open: vec![include::resolve("", file)],
            depth: 0,
        };
        let plan = reader.read(&variables::fill(&root, &known), &row);
        if let Some(plan) = &plan {
            advice::advise(plan, &root, &mut reader.problems);
        }
        plans.extend(plan.map(|plan| Plan { variables: known, ..plan }));
        problems.append(&mut reader.problems);
    }
    // Rows of a matrix share their text, and so their problems.
    let problems: Vec<_> = problems.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let sources = sources.into_list();
    for plan in &mut plans {
        plan.included = sources[1..].to_vec();
    }
    let mut parsed = Parsed { plans, problems, sources };
    if !parsed.is_good() {
        parsed.plans.clear();
    }
    parsed
}

/// Plain words that some readers of YAML take for booleans.
pub(super) fn find_ambiguous(node: &Node, text: &str, problems: &mut Vec<Problem>) {
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

/// Reads one row of a matrix.
pub(super) struct Reader<'a, 's> {
    file: &'a str,
    pub(super) sources: &'a mut Sources<'s>,
    pub(super) problems: Vec<Problem>,
    /// The files that are being read, the scenario first.
    pub(super) open: Vec<String>,
    /// How deep the step stands that is being read.
    pub(super) depth: usize,
}

impl Reader<'_, '_> {
    fn read(&mut self, root: &Node, row: &Row) -> Option<Plan> {
        field::check_map(TOP, root, "a scenario", &mut self.problems);
        self.check_version(root);
        let mut scope = Scope::default();
        for secret in texts(root.get("secrets")) {
            scope.captures.insert(format!("secrets.{secret}"), None);
        }
        let steps = self.read_steps(root.get("steps"), &mut scope, None);
        if steps.is_empty()
            && matches!(root.get("steps").map(|node| &node.data), Some(Data::List(items)) if items.is_empty())
        {
            let span = root.entry("steps").map_or(root.span, |(key, _)| key.span);
            self.problems.push(Problem::new(span, ProblemKind::Empty { what: "steps" }));
        }
        let finally = self.read_steps(root.get("finally"), &mut scope, None);
        self.check_shadows(root);
        self.warn_of_unused(&scope, root);
        let texts = |node: Option<&Node>| texts(node);
        let name = root.get("name").and_then(Node::text).unwrap_or(self.file);
        let faults = fault::all(root);
        let fault_places: BTreeSet<_> = faults.iter().map(Kind::place).collect();
        let asks_for_tls = root.get("cloud").and_then(|cloud| cloud.get("tls"));
        Some(Plan {
            name: row.label.as_ref().map_or(name.to_owned(), |label| format!("{name} [{label}]")),
            description: root.get("description").and_then(Node::text).map(str::to_owned),
            tags: texts(root.get("tags")),
            file: self.file.to_owned(),
            timeout: root.get("timeout").and_then(Node::text).and_then(time::parse_span),
            board: board_needs(root.get("board")),
            requires_cloud: required_cloud(root.get("requires")),
            firmware: firmware(root.get("firmware")),
            tls: asks_for_tls.is_some_and(|tls| tls.data == Data::Bool(true))
                || fault_places.contains(&Place::Handshake),
            fault_places,
            fault_kinds: faults.iter().map(Kind::name).collect(),
            shadows: shadows(root.get("cloud")),
            guards: guards(root),
            invariants: self.read_invariants(root),
            sleeping: match root
                .get("time")
                .and_then(|time| time.get("sleeping"))
                .and_then(Node::text)
            {
                Some("fast-forward") => Sleeping::FastForward,
                _ => Sleeping::Real,
            },
            variables: BTreeMap::new(),
            included: Vec::new(),
            secrets: texts(root.get("secrets")),
            mask: Mask::default(),
            snapshots: Snapshots::default(),
            unmet: unmet(root),
            quarantine: root.get("quarantine").and_then(Node::text).map(str::to_owned),
            steps,
            finally,
        })
    }

    pub(super) fn check_version(&mut self, root: &Node) {
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

    fn read_invariants(&mut self, root: &Node) -> Vec<invariant::Rule> {
        let list = root.get("invariants");
        list.map_or_else(Vec::new, |list| invariant::read::rules(list, &mut self.problems))
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

/// What a case asks for that no bench can do yet, or only the other cloud.
fn unmet(root: &Node) -> Option<String> {
    if let Some(boards) = root.get("boards") {
        let count = boards.entries().len();
        return Some(format!("the case needs {count} boards at once; a bench has one"));
    }
    let cloud = root.get("cloud")?;
    let key = ["endpoint", "sigv4"].into_iter().find(|key| cloud.get(key).is_some())?;
    Some(format!("the case sets `{key}` of its cloud; no bench can do that yet"))
}

/// The cloud that a case needs; a clock that can be moved is the fake one's.
fn required_cloud(requires: Option<&Node>) -> Option<CloudKind> {
    let requires = requires?;
    match requires.get("cloud").and_then(Node::text) {
        Some("aws") => Some(CloudKind::Aws),
        Some(_) => Some(CloudKind::Fake),
        None => requires.get("clock").map(|_| CloudKind::Fake),
    }
}

fn firmware(node: Option<&Node>) -> Firmware {
    let default = || Firmware {
        image: IMAGE_DEFAULT.to_owned(),
        erase: Erase::State,
        shadow: None,
        console: ConsoleLines::default(),
    };
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
