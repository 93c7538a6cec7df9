//! The formats that `--report FORMAT=PATH` knows.

use super::{RunReport, github, html, json, junit, tap};

/// The format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Annotations on standard output, and a step summary in Markdown.
    Github,
    /// One page that needs nothing else.
    Html,
    /// For programs; `docs/report.v1.json` is its schema.
    Json,
    /// For CI systems.
    Junit,
    /// The Test Anything Protocol, version 14.
    Tap,
}

impl Format {
    /// All formats, in the order in which help texts name them.
    pub const ALL: [Self; 5] = [Self::Junit, Self::Json, Self::Html, Self::Tap, Self::Github];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Html => "html",
            Self::Json => "json",
            Self::Junit => "junit",
            Self::Tap => "tap",
        }
    }

    /// The format of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The text of a report; for [`Format::Github`] the step summary.
    ///
    /// # Errors
    ///
    /// What the library that writes the format says; it does not happen with text.
    pub fn render(self, run: &RunReport) -> Result<String, RenderError> {
        match self {
            Self::Github => Ok(github::summary(run)),
            Self::Html => html::render(run).map_err(RenderError::Html),
            Self::Json => Ok(json::render(run)),
            Self::Junit => junit::render(&run.cases).map_err(RenderError::Junit),
            Self::Tap => Ok(tap::render(run)),
        }
    }
}

/// A report could not be written as text.
#[derive(Debug)]
pub enum RenderError {
    /// What the library of templates says.
    Html(askama::Error),
    /// What the XML library says.
    Junit(quick_junit::SerializeError),
}

impl std::fmt::Display for RenderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Html(error) => write!(f, "failed to write the HTML report: {error}"),
            Self::Junit(error) => write!(f, "failed to write the JUnit report: {error}"),
        }
    }
}

impl std::error::Error for RenderError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Html(error) => Some(error),
            Self::Junit(error) => Some(error),
        }
    }
}
