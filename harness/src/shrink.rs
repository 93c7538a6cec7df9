//! Shrinking: from a list of things that together make something fail, to a part of it of which nothing can be left out.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

/// What came out of shrinking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shrunk<T> {
    /// What is left, in its order.
    pub parts: Vec<T>,
    /// How many trials it took.
    pub trials: usize,
    /// Whether leaving out any single one makes it hold; not so where the trials ran out.
    pub is_minimal: bool,
}

/// Leaves out as much as can be left out so that it still fails, by delta debugging: first halves, then smaller and smaller
/// shares, then single parts (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002). Deterministic;
/// asks `fails` at most `trials_max` times. The whole list is taken to fail, and is not tried.
pub fn shrink<T: Clone>(
    parts: Vec<T>,
    trials_max: usize,
    fails: &mut dyn FnMut(&[T]) -> bool,
) -> Shrunk<T> {
    let mut parts = parts;
    let mut trials = 0;
    let mut shares = 1;
    while !parts.is_empty() {
        let length = parts.len().div_ceil(shares);
        let mut start = 0;
        let mut is_smaller = false;
        while start < parts.len() {
            if trials == trials_max {
                return Shrunk { parts, trials, is_minimal: false };
            }
            let rest: Vec<T> = parts
                .iter()
                .take(start)
                .chain(parts.iter().skip(start + length))
                .cloned()
                .collect();
            trials += 1;
            if fails(&rest) {
                parts = rest;
                is_smaller = true;
            } else {
                start += length;
            }
        }
        // Only a round of single parts in which none could be left out shows that none can.
        match length {
            1 if !is_smaller => break,
            1 => {}
            _ => shares = (shares * 2).min(parts.len().max(1)),
        }
    }
    Shrunk { parts, trials, is_minimal: true }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(of: u32, needed: &[u32]) {
        let mut fails = |parts: &[u32]| needed.iter().all(|part| parts.contains(part));
        let shrunk = shrink((0..of).collect(), 10_000, &mut fails);
        assert_eq!((shrunk.parts.as_slice(), shrunk.is_minimal), (needed, true));
    }

    #[test]
    fn what_is_needed_is_left_and_nothing_else() {
        check(0, &[]);
        check(100, &[]);
        check(100, &[42]);
        check(100, &[0, 50, 99]);
        check(7, &[0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn the_trials_are_bounded() {
        let shrunk = shrink((0..100).collect(), 5, &mut |parts: &[i32]| parts.contains(&42));
        assert!(shrunk.trials == 5 && !shrunk.is_minimal && shrunk.parts.contains(&42));
    }

    proptest! {
        /// Also where parts stand for each other, as with failures that have more than one way.
        #[test]
        fn nothing_of_what_is_left_can_be_left_out(
            of in 0_usize..40,
            first in proptest::collection::vec(0_usize..40, 0..5),
            second in proptest::collection::vec(0_usize..40, 0..5),
        ) {
            let fails = |parts: &[usize]| {
                [&first, &second].iter().any(|way| way.iter().all(|part| parts.contains(part)))
            };
            let all: Vec<usize> = (0..of).collect();
            prop_assume!(fails(&all));
            let shrunk = shrink(all, 10_000, &mut |parts| fails(parts));
            prop_assert!(fails(&shrunk.parts));
            for left_out in 0..shrunk.parts.len() {
                let mut rest = shrunk.parts.clone();
                rest.remove(left_out);
                prop_assert!(!fails(&rest));
            }
        }
    }
}
