//! The summary line and the exit code.

use std::time::Duration;

use super::{CaseReport, Status};

/// How many cases ended how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Everything was as described.
    pub passed: usize,
    /// The device did something else.
    pub failed: usize,
    /// The rig could not do its part.
    pub errors: usize,
    /// The bench cannot do it.
    pub skipped: usize,
    /// Somebody stopped it.
    pub interrupted: usize,
}

impl Summary {
    /// Counts cases.
    #[must_use]
    pub fn of<'a>(cases: impl IntoIterator<Item = &'a CaseReport>) -> Self {
        let mut summary = Self::default();
        for case in cases {
            match case.status() {
                Status::Pass => summary.passed += 1,
                Status::Fail => summary.failed += 1,
                Status::Error => summary.errors += 1,
                Status::Skip => summary.skipped += 1,
                Status::Interrupted => summary.interrupted += 1,
            }
        }
        summary
    }

    /// The line that ends a run: `12 passed, 1 failed, 0 errors, 2 skipped in 1.24s`.
    #[must_use]
    pub fn line(&self, took: Duration) -> String {
        let Self { passed, failed, errors, skipped, .. } = self;
        let took = took.as_secs_f64();
        format!(
            "{passed} passed, {failed} failed, {errors} errors, {skipped} skipped in {took:.2}s"
        )
    }

    /// The exit code: 130 interrupted, 5 the rig failed, 100 the firmware failed a check, 0 otherwise.
    ///
    /// The rig goes first: what a broken rig says about firmware proves nothing.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match (self.interrupted, self.errors, self.failed) {
            (0, 0, 0) => 0,
            (0, 0, _) => 100,
            (0, _, _) => 5,
            (_, _, _) => 130,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_reads_as_promised() {
        let summary = Summary { passed: 12, failed: 1, skipped: 2, ..Summary::default() };
        let line = summary.line(Duration::from_millis(1240));
        assert_eq!(line, "12 passed, 1 failed, 0 errors, 2 skipped in 1.24s");
    }

    #[test]
    fn a_broken_rig_outweighs_a_failed_check() {
        let code = |failed, errors, interrupted| {
            Summary { failed, errors, interrupted, ..Summary::default() }.exit_code()
        };
        assert_eq!(code(0, 0, 0), 0);
        assert_eq!(code(1, 0, 0), 100);
        assert_eq!(code(1, 1, 0), 5);
        assert_eq!(code(1, 1, 1), 130);
    }
}
