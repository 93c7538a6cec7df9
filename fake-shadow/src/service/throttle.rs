//! Throttling: so many requests a second for the account, and so many for each thing.

use std::collections::BTreeMap;

use super::refused::{Refused, Throttled};
use crate::clock::UnixMillis;
use crate::operation::Operation;
use crate::settings::Throttle;
use crate::shadow::ThingName;

/// How many things are kept account of at once; those that have not been asked for within a second need none.
const THINGS_MAX: usize = 100_000;

/// What has been asked for of late.
#[derive(Debug, Clone, Default)]
pub(super) struct Throttling {
    account: Option<Bucket>,
    things: BTreeMap<ThingName, Bucket>,
}

/// A bucket of tokens, filled at a rate and as large as what fills it within a second.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Thousandths of tokens: what a rate of 1 a second makes in a millisecond.
    thousandths: u64,
    at: UnixMillis,
}

/// Thousandths that one request takes.
const REQUEST: u64 = 1000;

impl Throttling {
    /// Lets a request pass that came in `now`, by the caller's clock, or refuses it; one that is refused counts for nothing.
    pub(super) fn admit(
        &mut self,
        now: UnixMillis,
        operation: &Operation,
        throttle: Throttle,
    ) -> Result<(), Refused> {
        let Some(thing) = operation.thing_of_shadows() else { return Ok(()) };
        let refused = |throttled| Err(Refused::Throttled(throttled));
        let account =
            throttle.account_per_second.map(|rate| Bucket::filled(self.account, rate, now));
        if let (Some(rate), Some(None)) =
            (throttle.account_per_second, account.map(Bucket::less_one))
        {
            return refused(Throttled::Account { per_second: rate });
        }
        if let Some(rate) = throttle.thing_per_second {
            self.forget_full_ones(now);
            let bucket = Bucket::filled(self.things.get(thing).copied(), rate, now);
            let Some(bucket) = bucket.less_one() else {
                return refused(Throttled::Thing { thing: thing.clone(), per_second: rate });
            };
            self.things.insert(thing.clone(), bucket);
        }
        self.account = account.and_then(Bucket::less_one);
        Ok(())
    }

    fn forget_full_ones(&mut self, now: UnixMillis) {
        if self.things.len() >= THINGS_MAX {
            self.things.retain(|_, bucket| now.0.saturating_sub(bucket.at.0) < 1000);
        }
    }
}

impl Bucket {
    /// A bucket as it is `now`, a new one being full. A clock that was set back fills nothing.
    fn filled(before: Option<Self>, rate: u32, now: UnixMillis) -> Self {
        let most = u64::from(rate) * REQUEST;
        let thousandths = before.map_or(most, |bucket| {
            let ms = u64::try_from(now.0.saturating_sub(bucket.at.0)).unwrap_or(0);
            most.min(bucket.thousandths.saturating_add(ms.saturating_mul(u64::from(rate))))
        });
        Self { thousandths, at: now }
    }

    /// The bucket after a request; none if it has too little for one.
    fn less_one(self) -> Option<Self> {
        Some(Self { thousandths: self.thousandths.checked_sub(REQUEST)?, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shadow::ShadowId;

    /// How many of so many requests about a thing pass at each time.
    fn check(throttle: Throttle, requests: &[(i64, &str, usize)], expected: &[usize]) {
        let mut throttling = Throttling::default();
        let passed: Vec<usize> = requests
            .iter()
            .map(|(ms, thing, count)| {
                let operation = Operation::GetThingShadow(ShadowId::classic(thing).unwrap());
                let pass =
                    |_: &usize| throttling.admit(UnixMillis(*ms), &operation, throttle).is_ok();
                (0..*count).filter(pass).count()
            })
            .collect();
        assert_eq!(passed, expected, "{throttle:?} {requests:?}");
    }

    const THING: Throttle = Throttle { account_per_second: None, thing_per_second: Some(20) };
    const ACCOUNT: Throttle = Throttle { account_per_second: Some(3), thing_per_second: None };

    #[test]
    fn nothing_is_throttled_by_default() {
        check(Throttle::default(), &[(0, "a", 1000)], &[1000]);
    }

    #[test]
    fn each_thing_has_its_own_rate() {
        check(THING, &[(0, "a", 30), (0, "b", 30), (49, "a", 5), (50, "a", 5)], &[20, 20, 0, 1]);
        check(THING, &[(0, "a", 30), (1000, "a", 30), (99_000, "a", 30)], &[20, 20, 20]);
    }

    #[test]
    fn all_things_share_the_rate_of_the_account() {
        check(ACCOUNT, &[(0, "a", 2), (0, "b", 2), (334, "c", 2)], &[2, 1, 1]);
    }

    #[test]
    fn a_request_that_one_rate_refuses_costs_nothing_of_the_other() {
        let both = Throttle { account_per_second: Some(4), thing_per_second: Some(2) };
        check(both, &[(0, "a", 9), (0, "b", 9), (0, "c", 9)], &[2, 2, 0]);
    }

    #[test]
    fn a_clock_that_is_set_back_gives_nothing_and_takes_nothing() {
        check(THING, &[(9_000, "a", 19), (0, "a", 9), (50, "a", 9)], &[19, 1, 1]);
    }
}
