//! Tree to plans: everything that is wrong with a file is found here, before anything is touched.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fake_shadow::fault::{Kind, Place};
use fake_shadow::proxy::Endpoint;
use serde_json::Value;

use super::advice;
use super::fault;
use super::field;
use super::include::{self, Load, SourceText, Sources};
use super::node::{Data, Node, Span};
use super::plan::{
    BoardNeeds, CloudKind, Firmware, Guard, Plan, SignatureRules, Sleeping, StartShadow,
};
use super::problem::{Problem, ProblemKind, Severity};
use super::provision;
use super::scope::{Scope, collect_names};
use super::secrets::Mask;
use super::snapshots::Snapshots;
use super::template::{self, Variables};
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
    let (root, mut problems) = yaml::parse_all(text, 0);
    let Some(root) = root else {
        return Parsed { plans: Vec::new(), problems, sources: sources.into_list() };
    };
    if root.data == Data::Null {
        problems
            .push(Problem::new(root.span, ProblemKind::Empty { what: "scenario in this file" }));
        return Parsed { plans: Vec::new(), problems, sources: sources.into_list() };
    }
    find_ambiguous(&root, text, &mut problems);
    let ambiguous: Vec<_> = problems.iter().map(|problem| problem.span).collect();
    variables::check_matrix(root.get("matrix"), &mut problems);
    let vars = variables::vars(root.get("vars"));
    let mut plans = Vec::new();
    for row in variables::rows(root.get("matrix")) {
        let mut known = vars.clone();
        known.extend(row.values.clone());
        let mut reader = Reader {
            file,
            sources: &mut sources,
            problems: Vec::new(),
            known: known.keys().cloned().collect(),
            open: vec![include::resolve("", file)],
            depth: 0,
            within: None,
        };
        let plan = reader.read(&variables::fill(&root, &known), &row);
        if let Some(plan) = &plan {
            advice::advise(plan, &root, &mut reader.problems);
        }
        plans.extend(plan.map(|plan| Plan { variables: known, ..plan }));
        // What a word is to be is said once.
        reader.problems.retain(|problem| !ambiguous.contains(&problem.span));
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

/// Reads the bytes of a scenario file, and those that it includes. Always returns, whatever they are.
#[must_use]
pub fn parse_bytes(bytes: &[u8], file: &str, load: &mut Load<'_>) -> Parsed {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return parse_with(text, file, load),
        Err(error) => error,
    };
    let good = String::from_utf8_lossy(bytes.get(..error.valid_up_to()).unwrap_or_default());
    let reason = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "it is UTF-16".to_owned(),
        _ => {
            let byte = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
            format!("the byte 0x{byte:02x} is not UTF-8")
        }
    };
    let line_start = good.rfind('\n').map_or(0, |at| at + 1);
    let span = Span {
        file: 0,
        start: good.len(),
        len: 0,
        line: good.matches('\n').count() + 1,
        column: good.get(line_start..).unwrap_or_default().chars().count() + 1,
    };
    let problems = vec![Problem::new(span, ProblemKind::NotYaml { reason })];
    let text = String::from_utf8_lossy(bytes).into_owned().into();
    let sources = vec![SourceText { path: file.to_owned(), text }];
    Parsed { plans: Vec::new(), problems, sources }
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
    /// The names of `vars` and of the row of the matrix.
    pub(super) known: Vec<String>,
    /// The files that are being read, the scenario first.
    pub(super) open: Vec<String>,
    /// How deep the step stands that is being read.
    pub(super) depth: usize,
    /// The limit that the file has for steps that say none.
    pub(super) within: Option<Duration>,
}

impl Reader<'_, '_> {
    fn read(&mut self, root: &Node, row: &Row) -> Option<Plan> {
        field::check_map(TOP, root, "a scenario", &mut self.problems);
        self.check_version(root);
        let mut scope = Scope::default();
        for secret in texts(root.get("secrets")) {
            scope.captures.insert(format!("secrets.{secret}"), None);
        }
        self.within = root.get("within").and_then(Node::text).and_then(time::parse_span);
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
            requires_cloud: required_cloud(root),
            firmware: firmware(root.get("firmware")),
            provision: provision::asked(root),
            tls: asks_for_tls.is_some_and(|tls| tls.data == Data::Bool(true))
                || fault_places.contains(&Place::Handshake),
            fault_places,
            fault_kinds: faults.iter().map(Kind::name).collect(),
            signatures: signatures(root.get("cloud")),
            endpoint: self.read_endpoint(root),
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
        for key in ["cloud", "board"] {
            if let Some(node) = root.get(key) {
                self.check_names(node, &Scope::default());
            }
        }
        let Some(firmware) = root.get("firmware") else { return };
        let secrets = texts(root.get("secrets"));
        let mut scope = Scope::default().with_rig();
        scope.captures.extend(secrets.iter().map(|name| (format!("secrets.{name}"), None)));
        for (key, value) in firmware.entries() {
            match key.name.as_str() {
                "provision" => self.check_names(value, &scope),
                _ => self.check_names(value, &Scope::default()),
            }
        }
    }

    fn read_endpoint(&mut self, root: &Node) -> Option<Endpoint> {
        let node = root.get("cloud")?.get("endpoint")?;
        let text = node.text()?;
        let endpoint = text.parse();
        if endpoint.is_err() {
            let wanted = "an endpoint, as https://PREFIX-ats.iot.REGION.amazonaws.com".to_owned();
            let kind = ProblemKind::WrongKind { wanted, got: format!("`{text}`") };
            self.problems.push(Problem::new(node.span, kind));
        }
        endpoint.ok()
    }

    fn read_invariants(&mut self, root: &Node) -> Vec<invariant::Rule> {
        let list = root.get("invariants");
        list.map_or_else(Vec::new, |list| invariant::read::rules(list, &mut self.problems))
    }

    fn warn_of_unused(&mut self, scope: &Scope, root: &Node) {
        let mut used = BTreeSet::new();
        collect_names(root, &mut used);
        for (name, span) in &scope.captures {
            let path = format!("{name}.");
            let is_used = || used.iter().any(|used| used == name || used.starts_with(&path));
            if let Some(span) = span.filter(|_| !is_used()) {
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

/// What a case asks for that no bench can do yet.
fn unmet(root: &Node) -> Option<String> {
    let count = root.get("boards")?.entries().len();
    Some(format!("the case needs {count} boards at once; a bench has one"))
}

/// How the cloud is to check signatures.
fn signatures(cloud: Option<&Node>) -> SignatureRules {
    let rules = cloud.and_then(|cloud| cloud.get("sigv4"));
    let get = |key: &str| rules.and_then(|rules| rules.get(key));
    SignatureRules {
        window: get("window").and_then(Node::text).and_then(time::parse_span),
        strict: get("strict").is_some_and(|strict| strict.data == Data::Bool(true)),
    }
}

/// The cloud that a case needs; a clock that can be moved and rules for signatures that can be set are the fake one's.
fn required_cloud(root: &Node) -> Option<CloudKind> {
    let requires = root.get("requires");
    match requires.and_then(|requires| requires.get("cloud")).and_then(Node::text) {
        Some("aws" | "real") => Some(CloudKind::Aws),
        Some(_) => Some(CloudKind::Fake),
        None => requires
            .and_then(|requires| requires.get("clock"))
            .or_else(|| root.get("cloud")?.get("sigv4"))
            .map(|_| CloudKind::Fake),
    }
}

fn firmware(node: Option<&Node>) -> Firmware {
    node.and_then(steps::read_firmware).unwrap_or_else(|| Firmware::of_image(IMAGE_DEFAULT))
}

fn shadows(cloud: Option<&Node>) -> BTreeMap<Option<String>, StartShadow> {
    let Some(cloud) = cloud else { return BTreeMap::new() };
    // Nothing is known yet that could be filled in; what is escaped stands for itself.
    let read = |node: &Node| {
        let StartShadow { desired, reported } = steps::read_shadow(node);
        let plain =
            |section: Option<Value>| Some(template::fill_json(&section?, &Variables::new()));
        StartShadow { desired: plain(desired), reported: plain(reported) }
    };
    let classic = cloud.get("shadow").map(|node| (None, read(node)));
    let named = cloud.get("named-shadows").map_or(&[][..], Node::entries);
    let named = named.iter().map(|(key, node)| (Some(key.name.clone()), read(node)));
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
