//! Keys that end are asked for again before they do.

use std::fmt;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use super::chain::{Account, AccountWants};
use crate::clock::UnixMillis;
use crate::sigv4::Credential;
use crate::system_time::system_time;

/// The keys of an account as they are now. Clones share them, so that whoever signs has the newest.
#[derive(Clone)]
pub struct Keys(Arc<RwLock<Credential>>);

impl Keys {
    /// Keys that somebody may replace.
    #[must_use]
    pub fn new(credential: Credential) -> Self {
        Self(Arc::new(RwLock::new(credential)))
    }

    /// The keys to sign with.
    #[must_use]
    pub fn now(&self) -> Credential {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces them, for all clones.
    pub fn replace(&self, credential: Credential) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = credential;
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.now().fmt(formatter)
    }
}

/// When keys are asked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenewalTimes {
    /// How long before their end. Default: 5 min; an instance has new ones by then ("IAM roles for Amazon EC2": at least five minutes before the
    /// old ones expire).
    pub before: Duration,
    /// How long after a try that brought no better ones, and the shortest time between two tries. Default: 1 min.
    pub again: Duration,
}

impl Default for RenewalTimes {
    fn default() -> Self {
        Self { before: Duration::from_secs(300), again: Duration::from_secs(60) }
    }
}

impl RenewalTimes {
    /// When to ask next for keys that were asked for at `now`; `None` for those that do not end.
    #[must_use]
    pub fn next(self, credential: &Credential, now: UnixMillis) -> Option<UnixMillis> {
        let before = i64::try_from(self.before.as_millis()).unwrap_or(i64::MAX);
        let due = UnixMillis(credential.expires_at?.0.saturating_sub(before));
        Some(due.max(now.after(self.again)))
    }
}

/// Asks for keys again as long as it is not dropped.
#[derive(Debug)]
#[must_use = "nobody renews the keys when this is dropped"]
pub struct Renewal {
    _ends: Sender<()>,
}

impl Renewal {
    /// Renews keys that end, on a thread of its own, by the chain that found them. `told` hears what came of each try, in words for a
    /// person: where the new ones are from, or why there are none; the old ones stay then.
    pub fn start(
        keys: &Keys,
        wants: AccountWants,
        variable: impl Fn(&str) -> Option<String> + Send + 'static,
        times: RenewalTimes,
        told: impl Fn(Result<String, String>) + Send + 'static,
    ) -> Self {
        let (ends, is_over) = mpsc::channel();
        let keys = keys.clone();
        thread::spawn(move || {
            while let Some(due) = times.next(&keys.now(), system_time()) {
                let left = u64::try_from(due.0.saturating_sub(system_time().0)).unwrap_or(0);
                let waited = is_over.recv_timeout(Duration::from_millis(left));
                if waited != Err(RecvTimeoutError::Timeout) {
                    return;
                }
                let words = match Account::find(&wants, &variable, system_time()) {
                    Ok(Account { credential, source, .. }) => {
                        let key = credential.access_key_id.clone();
                        keys.replace(credential);
                        Ok(format!("the keys that end soon are replaced by {key}, from {source}"))
                    }
                    Err(error) => Err(format!("keys that end soon could not be renewed: {error}")),
                };
                told(words);
            }
        });
        Self { _ends: ends }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::from_secs(1_795_190_924);

    fn next(left: Option<u64>) -> Option<i64> {
        let mut credential = Credential::temporary("A", "s", "t");
        credential.expires_at = left.map(|left| NOW.after(Duration::from_secs(left)));
        RenewalTimes::default().next(&credential, NOW).map(|at| (at.0 - NOW.0) / 1000)
    }

    #[test]
    fn keys_are_asked_for_five_minutes_before_their_end_and_once_a_minute_at_most() {
        assert_eq!(next(None), None);
        assert_eq!(next(Some(3600)), Some(3300));
        assert_eq!(next(Some(301)), Some(60));
        assert_eq!(next(Some(0)), Some(60));
    }

    /// A program that gives a fresh key each time it is asked, good for four minutes, and fails at the third.
    #[test]
    fn whoever_signs_has_the_newest_keys_and_keeps_them_when_there_are_no_newer() {
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join("config");
        let ends_at = system_time().after(Duration::from_secs(240)).0 / 1000;
        let script = format!(
            "[default]\nregion = r\ncredential_process = cd {}; echo >> asked; n=$(wc -l < asked); test $n -lt 3 && printf \
             '{{\"Version\":1,\"AccessKeyId\":\"KEY%s\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\",\"Expiration\":\"%s\"}}' $n \
             $(date -u -d @{ends_at} +%Y-%m-%dT%H:%M:%SZ)\n",
            home.path().display()
        );
        std::fs::write(&config, script).unwrap();
        let variable = move |name: &str| match name {
            "AWS_CONFIG_FILE" => Some(config.display().to_string()),
            "AWS_SHARED_CREDENTIALS_FILE" => Some("/nowhere".to_owned()),
            _ => None,
        };
        let wants = AccountWants { profile: Some("default".to_owned()), region: None };
        let keys = Keys::new(Account::find(&wants, &variable, system_time()).unwrap().credential);
        let signer = keys.clone();
        assert_eq!(signer.now().access_key_id, "KEY1");
        let (sender, heard) = mpsc::channel();
        let times = RenewalTimes { again: Duration::from_millis(1), ..RenewalTimes::default() };
        let renewal = Renewal::start(&keys, wants, variable, times, move |words| {
            let _left = sender.send(words);
        });
        let patience = Duration::from_secs(60);
        let words = heard.recv_timeout(patience).unwrap().unwrap();
        assert_eq!(words, "the keys that end soon are replaced by KEY2, from the profile default");
        let error = heard.recv_timeout(patience).unwrap().unwrap_err();
        assert!(error.contains("exit status: 1"), "{error}");
        assert_eq!(signer.now().access_key_id, "KEY2");
        // The thread ends, and with it what it tells.
        drop(renewal);
        while heard.recv_timeout(patience).is_ok() {}
        assert_eq!(heard.try_recv(), Err(mpsc::TryRecvError::Disconnected));
    }
}
