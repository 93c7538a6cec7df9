//! `delete-shadow`: the shadow is gone.

use std::sync::Arc;

use super::{Step, Verb};
use crate::engine::action::Action;
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::Shape;
use crate::scenario::problem::{Problem, ProblemKind};
use crate::scenario::request_pattern::{self, Target};

pub(super) const VERB: Verb = Verb {
    name: "delete-shadow",
    shape: Shape::Text,
    beside: &[],
    doc: "Deletes the classic shadow (`shadow`) or a named one (`shadow/NAME`), as an app does.",
    example: "delete-shadow: shadow",
    read: |context, problems| {
        let text = context.node.text()?;
        match request_pattern::parse_short(&format!("DELETE {text}")).map(|pattern| pattern.target)
        {
            Ok(Target::Classic) => Some(Arc::new(DeleteShadow { name: None })),
            Ok(Target::Named(name)) => Some(Arc::new(DeleteShadow { name: Some(name) })),
            Ok(Target::List) | Err(_) => {
                let wanted = "shadow, or shadow/NAME".to_owned();
                let kind = ProblemKind::WrongKind { wanted, got: format!("`{text}`") };
                problems.push(Problem::new(context.node.span, kind));
                None
            }
        }
    },
};

#[derive(Debug)]
struct DeleteShadow {
    name: Option<String>,
}

impl Step for DeleteShadow {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        run.act_once(|_| Action::DeleteShadow { name: self.name.clone() })
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("the shadow was not deleted")
    }
}
