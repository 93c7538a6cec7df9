//! What goes wrong, and how often: a profile, from a file.

use std::time::Duration;

use fake_shadow::fault::Fault;

use crate::scenario::fault as fault_words;
use crate::scenario::field::{self, Field, Shape, optional, required};
use crate::scenario::node::Node;
use crate::scenario::problem::Problem;
use crate::scenario::yaml;
use crate::time;

/// What goes wrong in a fleet, and how often.
#[derive(Debug, Clone)]
pub struct Profile {
    /// What it is called.
    pub name: String,
    /// What it is like, in a sentence.
    pub says: String,
    /// The network.
    pub network: Network,
    /// The supply.
    pub power: Power,
    /// The devices' clocks.
    pub clock: Clock,
    /// Faults of the cloud.
    pub faults: Vec<ProfileFault>,
}

/// The network between the devices and the cloud. Shares are in millionths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Network {
    /// How long a way takes at least.
    pub latency: Duration,
    /// By how much it may take longer.
    pub jitter: Duration,
    /// How often something sent is lost. It is sent again after 1 s, 2 s, 4 s and so on, as TCP does.
    pub loss: u32,
    /// How often a way ends in a reset of the connection.
    pub reset: u32,
}

/// The supply of the devices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Power {
    /// In how many of a million wakes it is cut.
    pub cut: u32,
    /// How long it stays off.
    pub off: Duration,
}

/// The clocks of the devices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Clock {
    /// By how much a sleep may be too long or too short, in millionths.
    pub sleep_off: u32,
    /// By how much the date may be off that a device is told, either way.
    pub date_off: Duration,
    /// In how many of a million wakes the date is wrong by more than the service bears.
    pub wrong: u32,
    /// By how much it is wrong then.
    pub wrong_by: Duration,
}

/// A fault of the cloud, and how often it is met.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileFault {
    /// The fault, with the requests that it is meant for; it acts on one.
    pub fault: Fault,
    /// Its words, as the cloud takes them.
    pub words: serde_json::Value,
    /// In how many of a million connections or requests that it is meant for it acts.
    pub chance: u32,
    /// When: for so long, at the end of each such period. `None` for always.
    pub window: Option<Window>,
}

/// A stretch of time that comes again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// How long from one to the next.
    pub every: Duration,
    /// How long it lasts.
    pub lasts: Duration,
}

/// The profiles that there are, with their files.
pub const PROFILES: &[(&str, &str)] = &[
    ("calm", include_str!("profiles/calm.yaml")),
    ("clock-drift", include_str!("profiles/clock-drift.yaml")),
    ("lossy", include_str!("profiles/lossy.yaml")),
    ("outage", include_str!("profiles/outage.yaml")),
    ("power-cuts", include_str!("profiles/power-cuts.yaml")),
    ("rough", include_str!("profiles/rough.yaml")),
    ("throttled", include_str!("profiles/throttled.yaml")),
];

/// The keys of a profile.
pub const FIELDS: &[Field] = &[
    required("name", Shape::Text, "what it is called"),
    optional("says", Shape::Text, "what it is like, in a sentence"),
    optional("network", Shape::Map(NETWORK), "the network between devices and cloud"),
    optional("power", Shape::Map(POWER), "the supply of the devices"),
    optional("clock", Shape::Map(CLOCK), "the clocks of the devices"),
    optional("faults", Shape::List(&Shape::Map(FAULT)), "faults of the cloud"),
];

const NETWORK: &[Field] = &[
    optional("latency", Shape::Span, "how long a way takes at least; default 25ms"),
    optional("jitter", Shape::Span, "by how much it may take longer; default 50ms"),
    optional("loss", Shape::Percent, "how often something sent is lost and sent again"),
    optional("reset", Shape::Percent, "how often a way ends in a reset of the connection"),
];

const POWER: &[Field] = &[
    required("cut", Shape::Percent, "in how many wakes the power is cut, at any of its edges"),
    optional("off", Shape::Span, "how long it stays off; default 5s"),
];

const CLOCK: &[Field] = &[
    optional("sleep-off", Shape::Percent, "by how much a sleep may be too long or too short"),
    optional("date-off", Shape::Span, "by how much the date may be off that a device is told"),
    optional("wrong", Shape::Percent, "in how many wakes the date is wrong"),
    optional("wrong-by", Shape::Span, "by how much it is wrong then; default 20m"),
];

const FAULT: &[Field] = &[
    required(
        "fault",
        Shape::OneOf(&[Shape::Text, Shape::Object]),
        "the fault, in the words of the cloud",
    ),
    required("chance", Shape::Percent, "how often it acts on what it is meant for"),
    optional("every", Shape::Span, "it acts only for a while, once in each such period"),
    optional("for", Shape::Span, "how long it acts then, at the end of the period"),
];

impl Profile {
    /// The profile of that name; `None` if there is none.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        let (_, text) = PROFILES.iter().find(|(known, _)| *known == name)?;
        Self::parse(text).ok()
    }

    /// Reads a profile.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let root = yaml::parse(text, 0).map_err(|problem| vec![*problem])?;
        let mut problems = Vec::new();
        field::check_map(FIELDS, &root, "a profile", &mut problems);
        let text = |key: &str| root.get(key).and_then(Node::text).unwrap_or_default().to_owned();
        let none = || Node { span: root.span, data: crate::scenario::node::Data::Map(Vec::new()) };
        let part = |key: &str| root.get(key).cloned().unwrap_or_else(none);
        let (network, power, clock) = (part("network"), part("power"), part("clock"));
        let faults = root.get("faults").map_or(&[][..], Node::items);
        let profile = Self {
            name: text("name"),
            says: text("says"),
            network: Network {
                latency: span(&network, "latency").unwrap_or(Duration::from_millis(25)),
                jitter: span(&network, "jitter").unwrap_or(Duration::from_millis(50)),
                loss: share(&network, "loss"),
                reset: share(&network, "reset"),
            },
            power: Power {
                cut: share(&power, "cut"),
                off: span(&power, "off").unwrap_or(Duration::from_secs(5)),
            },
            clock: Clock {
                sleep_off: share(&clock, "sleep-off"),
                date_off: span(&clock, "date-off").unwrap_or_default(),
                wrong: share(&clock, "wrong"),
                wrong_by: span(&clock, "wrong-by").unwrap_or(Duration::from_secs(20 * 60)),
            },
            faults: faults.iter().filter_map(|node| read_fault(node, &mut problems)).collect(),
        };
        if problems.is_empty() { Ok(profile) } else { Err(problems) }
    }
}

fn read_fault(node: &Node, problems: &mut Vec<Problem>) -> Option<ProfileFault> {
    let words = node.get("fault")?;
    let description = fault_words::description(words);
    if let Err(problem) = fault_words::check(words, &description) {
        problems.push(*problem);
    }
    let window =
        span(node, "every").zip(span(node, "for")).map(|(every, lasts)| Window { every, lasts });
    let fault = Fault::read(&description).ok()?;
    Some(ProfileFault {
        fault: Fault { times: Some(1), ..fault },
        words: description,
        chance: share(node, "chance"),
        window,
    })
}

fn span(node: &Node, key: &str) -> Option<Duration> {
    node.get(key)?.text().and_then(time::parse_span)
}

/// A share in millionths.
fn share(node: &Node, key: &str) -> u32 {
    let percent = node.get(key).and_then(Node::text).and_then(field::percent).unwrap_or_default();
    (percent * 10_000.0).round() as u32
}

impl Window {
    /// Whether it is open at a point of the run.
    #[must_use]
    pub const fn is_open(self, since_start: Duration) -> bool {
        let every = self.every.as_micros();
        every > 0 && since_start.as_micros() % every + self.lasts.as_micros() >= every
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_read_and_has_its_name_and_a_sentence() {
        for (name, text) in PROFILES {
            let profile = Profile::parse(text).unwrap_or_else(|error| panic!("{name}: {error:?}"));
            assert_eq!(profile.name, *name);
            assert!(profile.says.ends_with('.'), "{name}");
        }
    }

    #[test]
    fn all_that_is_wrong_with_a_profile_is_told() {
        let text = "name: x\nnetwork: { loss: 5 }\nfaults: [{ fault: { sttaus: 503 }, chance: 1% }]\nextra: 1\n";
        assert_eq!(Profile::parse(text).map_err(|problems| problems.len()).err(), Some(3));
    }

    #[test]
    fn a_window_is_open_at_the_end_of_its_period() {
        let minutes = |count: u64| Duration::from_secs(count * 60);
        let window = Window { every: minutes(60), lasts: minutes(5) };
        let open: Vec<_> = (0..130).filter(|at| window.is_open(minutes(*at))).collect();
        assert_eq!(open, [55, 56, 57, 58, 59, 115, 116, 117, 118, 119]);
    }
}
