//! Steps of the tree to steps of the plan.

use std::time::Duration;

use super::field::{self, Shape};
use super::include;
use super::matcher;
use super::node::{Data, Key, Node, Span};
use super::parse::Reader;
use super::path::Path;
use super::plan::{Common, PlannedStep, Since};
use super::problem::{Problem, ProblemKind, nearest};
use super::scope::{Scope, common_name};
use super::template;
use super::top::{COMMON, PART};
use super::variables;
use crate::engine::steps::{self, Context, VERBS, Verb};
use crate::time;

/// How deep steps may stand inside steps.
const STEPS_DEPTH_MAX: usize = 8;

/// Verbs as other tools call them, with ours.
const ELSEWHERE: &[(&str, &str)] = &[
    ("delay", "wait"),
    ("exec", "run"),
    ("expect-serial", "expect-console"),
    ("sleep", "wait"),
    ("wait-serial", "expect-console"),
    ("write-serial", "write-console"),
];

impl Reader<'_, '_> {
    /// Reads a list of steps; `within` is the limit of those that have none of their own.
    pub(super) fn read_steps(
        &mut self,
        node: Option<&Node>,
        scope: &mut Scope,
        within: Option<Duration>,
    ) -> Vec<PlannedStep> {
        let items = match node.map(|node| &node.data) {
            Some(Data::List(items)) => items.as_slice(),
            _ => &[],
        };
        items.iter().filter_map(|item| self.read_step(item, scope, within)).collect()
    }

    fn read_step(
        &mut self,
        node: &Node,
        scope: &mut Scope,
        within: Option<Duration>,
    ) -> Option<PlannedStep> {
        let Data::Map(entries) = &node.data else {
            let wanted = "a step, as `expect-request: GET shadow`".to_owned();
            let kind = ProblemKind::WrongKind { wanted, got: node.kind().to_owned() };
            self.problems.push(Problem::new(node.span, kind));
            return None;
        };
        let Some((verb, span, value)) = self.find_verb(node, entries) else {
            scope.add(node);
            return None;
        };
        let before = self.problems.len();
        self.check_keys(node, verb);
        verb.shape.check(value, &format!("`{}`", verb.name), &mut self.problems);
        let common = self.read_common(node, scope);
        let common = Common { within: common.within.or(within), ..common };
        let inner = self.read_inner((verb, value), &common, scope);
        self.check_step_names(node, (verb, value), scope);
        let step = if self.problems.len() == before {
            (verb.read)(&Context { node: value, step: node, inner: &inner }, &mut self.problems)
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

    /// The verb of a step, where it stands, and what stands behind it.
    fn find_verb<'n>(
        &mut self,
        node: &Node,
        entries: &'n [(Key, Node)],
    ) -> Option<(&'static Verb, Span, &'n Node)> {
        let verbs: Vec<_> = entries
            .iter()
            .filter_map(|(key, value)| steps::find(&key.name).map(|verb| (verb, key, value)))
            .collect();
        match verbs.as_slice() {
            [] => {
                self.no_verb(node);
                self.check_common(node);
                None
            }
            [(verb, key, value)] => Some((*verb, key.span, *value)),
            [(_, first, _), (_, second, _), ..] => {
                let kind = ProblemKind::SeveralVerbs {
                    first: first.name.clone(),
                    second: second.name.clone(),
                };
                self.problems.push(Problem::new(second.span, kind));
                None
            }
        }
    }

    /// The steps inside a step: in a list behind its verb, under `steps`, or in the file that it includes.
    fn read_inner(
        &mut self,
        (verb, value): (&Verb, &Node),
        common: &Common,
        scope: &mut Scope,
    ) -> Vec<PlannedStep> {
        let list = match verb.shape {
            _ if verb.name == "include" => return self.read_include(value, scope),
            Shape::Steps => value,
            Shape::Map(_) => match nested_list(verb, value) {
                Some(list) => list,
                None => return Vec::new(),
            },
            _ => return Vec::new(),
        };
        if self.depth == STEPS_DEPTH_MAX {
            let kind = ProblemKind::TooDeep { depth_max: STEPS_DEPTH_MAX };
            self.problems.push(Problem::new(list.span, kind));
            return Vec::new();
        }
        if matches!(&list.data, Data::List(items) if items.is_empty()) {
            self.problems.push(Problem::new(list.span, ProblemKind::Empty { what: "steps" }));
        }
        self.depth += 1;
        // Steps that run side by side share the limit; those in a row each have their own.
        let within = common.within.filter(|_| matches!(verb.shape, Shape::Steps));
        let steps = self.read_steps(Some(list), scope, within);
        self.depth -= 1;
        steps
    }

    /// The steps of an included file, with its `vars` filled in.
    fn read_include(&mut self, node: &Node, scope: &mut Scope) -> Vec<PlannedStep> {
        let file = node.get("file").unwrap_or(node);
        let Some(named) = file.text() else { return Vec::new() };
        let from = self.sources.get(file.span.file).map_or("", |source| source.path.as_str());
        let path = include::resolve(from, named);
        if let Some(at) = self.open.iter().position(|open| *open == path) {
            let chain = self.open[at..].iter().chain([&path]).cloned().collect();
            self.problems.push(Problem::new(file.span, ProblemKind::IncludeCycle { chain }));
            return Vec::new();
        }
        if self.open.len() > include::DEPTH_MAX {
            let kind = ProblemKind::IncludeDepth { depth_max: include::DEPTH_MAX };
            self.problems.push(Problem::new(file.span, kind));
            return Vec::new();
        }
        let (tree, mut problems) = self.sources.include(&path, file.span);
        self.problems.append(&mut problems);
        let Some(tree) = tree else { return Vec::new() };
        let mut known = variables::vars(tree.get("vars"));
        known.extend(variables::vars(node.get("vars")));
        let tree = variables::fill(&tree, &known);
        field::check_map(PART, &tree, "a file to include", &mut self.problems);
        self.check_version(&tree);
        self.open.push(path);
        let steps = self.read_steps(tree.get("steps"), scope, None);
        self.open.pop();
        steps
    }

    /// No key of the step is a verb: the key that is nearest to one is a misspelled one.
    fn no_verb(&mut self, node: &Node) {
        let is_common = |name: &str| COMMON.iter().any(|field| field.name == name);
        let strange = node.entries().iter().find(|(key, _)| !is_common(&key.name));
        let problem = match strange {
            None => Problem::new(node.span, ProblemKind::VerbMissing),
            Some((key, _)) => {
                let known_elsewhere = ELSEWHERE.iter().find(|(name, _)| *name == key.name);
                let nearest = known_elsewhere
                    .map(|(_, ours)| (*ours).to_owned())
                    .or_else(|| nearest(&key.name, VERBS.iter().map(|verb| verb.name)));
                let place = "a step".to_owned();
                Problem::new(
                    key.span,
                    ProblemKind::UnknownKey { key: key.name.clone(), place, nearest },
                )
            }
        };
        self.problems.push(problem);
    }

    /// The keys beside a verb that nobody knows are still checked, so that one look mends the whole step.
    fn check_common(&mut self, node: &Node) {
        for (key, value) in node.entries() {
            if let Some(field) = COMMON.iter().find(|field| field.name == key.name) {
                field.shape.check(value, &format!("`{}`", field.name), &mut self.problems);
            }
        }
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

    /// The names that a step uses itself; steps inside it have looked at theirs, each with what the ones before it define.
    fn check_step_names(&mut self, node: &Node, (verb, value): (&Verb, &Node), scope: &Scope) {
        if verb.name == "flash" {
            return self.check_names(node, &scope.clone().with_rig());
        }
        let inner = match verb.shape {
            Shape::Steps => Some(value),
            _ => nested_list(verb, value),
        };
        let Some(inner) = inner else { return self.check_names(node, scope) };
        let others = node.entries().iter().filter(|(key, _)| key.name != verb.name);
        let beside_list = value.entries().iter();
        for (_, value) in others.chain(beside_list) {
            if !std::ptr::eq(value, inner) {
                self.check_names(value, scope);
            }
        }
    }

    /// Every `${name}` must be captured before it is used; `vars` and `matrix` are filled in already.
    pub(super) fn check_names(&mut self, node: &Node, scope: &Scope) {
        match &node.data {
            Data::Text(text) => {
                if template::is_unclosed(text) {
                    let kind = ProblemKind::UnclosedVariable { text: text.clone() };
                    self.problems.push(Problem::new(node.span, kind));
                }
                for name in template::names(text) {
                    if !scope.has(name) {
                        let kind = ProblemKind::UnknownVariable {
                            name: name.to_owned(),
                            nearest: nearest(
                                name,
                                scope.captures.keys().chain(&self.known).map(String::as_str),
                            ),
                        };
                        self.problems.push(Problem::new(node.span, kind));
                    }
                }
            }
            Data::List(items) => items.iter().for_each(|item| self.check_names(item, scope)),
            Data::Map(entries) => {
                let filled = entries.iter().filter(|(key, _)| key.name != matcher::LITERAL);
                filled.for_each(|(_, value)| self.check_names(value, scope));
            }
            Data::Null | Data::Bool(_) | Data::Number(_) => {}
        }
    }

    fn read_common(&mut self, node: &Node, scope: &Scope) -> Common {
        let span = |key: &str| node.get(key).and_then(Node::text).and_then(time::parse_span);
        let capture = node.get("capture").map_or(&[][..], Node::entries);
        Common {
            within: span("within"),
            within_of_file: self.within,
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

    /// The step as it stands on its line.
    fn title(&self, span: Span) -> String {
        let text = self.sources.get(span.file).map_or("", |source| &source.text);
        let line = text.lines().nth(span.line.saturating_sub(1)).unwrap_or_default();
        line.trim()
            .trim_start_matches("- ")
            .split(" #")
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    }
}

/// The list of steps inside the map behind a verb.
fn nested_list<'n>(verb: &Verb, value: &'n Node) -> Option<&'n Node> {
    let Shape::Map(fields) = verb.shape else { return None };
    let field = fields.iter().find(|field| matches!(field.shape, Shape::Steps))?;
    value.get(field.name)
}
