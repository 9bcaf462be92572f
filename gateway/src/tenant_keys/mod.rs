//! API keys of tenants: whose they are is asked of the tenants platform once, kept here, and kept right by its events.
//!
//! A kept answer is right as of the last word of the feed, or of its own asking, whichever is later. Up to `keep_s` after that it
//! is used as it is, but never longer than `ask_again_s` after its own asking, whatever the feed says; then the platform is asked
//! again, and while it is away a known key still serves up to `keep_away_s` after that word. A key that is not known then is not let in.

mod clock;
mod feed;
mod known;
mod ledger;
mod own_key;
mod platform;
mod settings;
mod shelf;
mod usage;

pub(crate) use known::Known;
pub(crate) use own_key::OwnKey;
pub use settings::TenantKeySettings;
pub(crate) use settings::validate;

use crate::policy::{Counts, Told};
use crate::refusal::Refusal;
use clock::Clock;
use known::{Kept, Verdict};
use ledger::Ledger;
use platform::Platform;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shelf::{Print, Shelf};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use usage::Usage;
use uuid::Uuid;

/// How every key of a tenant begins.
const PREFIX: &str = "mvp_live_";
/// Longer than any key.
const LONGEST: usize = 128;
/// For how long a key that is not valid is refused without asking.
const REFUSED_FOR: Duration = Duration::from_secs(5);
/// For the report of what was used last.
const LAST_REPORT: Duration = Duration::from_secs(2);
/// Questions on their way at once; more are turned away, for they may be somebody who guesses.
const QUESTIONS: usize = 256;

/// What is asked of the platform, and where the answer goes.
struct Question {
    key: String,
    answer: oneshot::Sender<Option<Verdict>>,
}

/// The keys of tenants.
pub(crate) struct TenantKeys {
    shelf: Shelf,
    questions: mpsc::Sender<Question>,
    usage: Usage,
    platform: Platform,
    /// Which gateway this is, among those that count together; another one after each start.
    gateway: String,
    clock: Clock,
    keep: Duration,
    keep_away: Duration,
    ask_again: Duration,
    max_keys: u64,
}

impl TenantKeys {
    /// Begins to follow the platform. Needs a tokio runtime, which does all the talking.
    pub(crate) fn begin(
        settings: &TenantKeySettings,
        own_key: OwnKey,
    ) -> Result<Arc<Self>, String> {
        let platform = Platform::new(settings, own_key, Ledger::default())?;
        let (questions, asked) = mpsc::channel(QUESTIONS);
        let keys = Arc::new(Self::new(settings, platform.clone(), questions));
        tokio::spawn(platform::answer(platform.clone(), asked));
        tokio::spawn(feed::follow(Arc::downgrade(&keys), platform.clone()));
        tokio::spawn(usage::report(Arc::downgrade(&keys), platform));
        Ok(keys)
    }

    fn new(
        settings: &TenantKeySettings,
        platform: Platform,
        questions: mpsc::Sender<Question>,
    ) -> Self {
        Self {
            shelf: Shelf::new(settings.max_keys),
            questions,
            usage: Usage::default(),
            platform,
            gateway: Uuid::new_v4().to_string(),
            clock: Clock::start(),
            keep: Duration::from_secs(settings.keep_s),
            keep_away: Duration::from_secs(settings.keep_away_s),
            ask_again: Duration::from_secs(settings.ask_again_s),
            max_keys: settings.max_keys,
        }
    }

    /// How things stand, for the operator; no key is in it.
    pub(crate) fn tell(&self) -> Value {
        json!({
            "kept": self.kept(),
            "max_keys": self.max_keys,
            "questions_waiting": QUESTIONS.saturating_sub(self.questions.capacity()),
            "confirmed_s_ago": self.clock.was_heard().then(|| self.since_confirmed().as_secs()),
            "platform_is_away": self.clock.is_away(),
            "keep_s": self.keep.as_secs(),
            "keep_away_s": self.keep_away.as_secs(),
            "ask_again_s": self.ask_again.as_secs(),
        })
    }

    /// How many answers are kept.
    pub(crate) fn kept(&self) -> u64 {
        self.shelf.count()
    }

    /// For how long the feed has not said that they are still right; since the start, when it never did.
    pub(crate) fn since_confirmed(&self) -> Duration {
        self.clock.since_heard()
    }

    /// Has the platform asked about every key again.
    pub(crate) fn forget_all(&self) {
        self.shelf.forget(|_| true);
    }

    /// Whether a text may be a key of a tenant.
    pub(crate) fn is_one(key: &str) -> bool {
        key.starts_with(PREFIX) && key.len() <= LONGEST
    }

    /// Whose key it is; refused where it may not do what is wanted, or not from there, or its plan ends.
    pub(crate) async fn admit(
        self: &Arc<Self>,
        key: &str,
        (scope, address): (&str, IpAddr),
        counts: &Counts<'_>,
        told: &mut Told,
    ) -> Result<Arc<Known>, Refusal> {
        let print: Print = Sha256::digest(key.as_bytes()).into();
        let known = match self.shelf.get(&print) {
            Some(kept) if self.is_fresh(&kept) => kept.verdict.clone(),
            Some(kept) if self.serves_away(&kept) => self.ask_again(key, print, &kept).await,
            _ => self.ask(key, print).await.ok_or(Refusal::KeysAway)?,
        };
        let known = known?;
        known.permit(scope, address)?;
        let tenant = known.tenant.to_str().unwrap_or_default();
        let who = (tenant, self.gateway.as_str());
        known.plan.judge(counts, who, &known.spent, told).await?;
        self.usage.add(&known.id);
        Ok(known)
    }

    /// Reports what has not been reported, before the gateway ends; the platform gets a moment for it.
    pub(crate) async fn report_last(&self) {
        let reported = usage::report_once(self, &self.platform);
        if tokio::time::timeout(LAST_REPORT, reported).await.is_err() {
            tracing::warn!("the last requests of tenants could not be reported");
        }
    }

    fn is_fresh(&self, kept: &Kept) -> bool {
        match &kept.verdict {
            Ok(_) => self.age(kept) < self.keep && kept.asked.elapsed() < self.ask_again,
            Err(_) => kept.asked.elapsed() < REFUSED_FOR,
        }
    }

    /// Since when it is not certain that the answer is still right.
    fn age(&self, kept: &Kept) -> Duration {
        self.clock.since_confirmed(kept.asked)
    }

    fn serves_away(&self, kept: &Kept) -> bool {
        kept.verdict.is_ok() && self.age(kept) < self.keep_away
    }

    /// What is known of a key, asked for once more. One request a key waits for that, and none while the platform is known to
    /// be away.
    async fn ask_again(self: &Arc<Self>, key: &str, print: Print, kept: &Arc<Kept>) -> Verdict {
        if kept.is_asked_again.swap(true, Ordering::AcqRel) {
            return kept.verdict.clone();
        }
        let (keys, key, before) = (Arc::clone(self), key.to_owned(), Arc::clone(kept));
        // A task of its own: it goes on when the client has left.
        let asking = tokio::spawn(async move {
            let verdict = keys.ask(&key, print).await;
            before.is_asked_again.store(false, Ordering::Release);
            verdict
        });
        let verdict = if self.clock.is_away() {
            None
        } else {
            asking.await.ok().flatten()
        };
        verdict.unwrap_or_else(|| kept.verdict.clone())
    }

    /// Asks the platform; `None` when it does not say.
    async fn ask(&self, key: &str, print: Print) -> Option<Verdict> {
        let (answer, answered) = oneshot::channel();
        let question = Question {
            key: key.to_owned(),
            answer,
        };
        let (asked_in, asked) = (self.shelf.epoch(), Instant::now());
        // Where too many ask, nothing is known of the platform.
        self.questions.try_send(question).ok()?;
        let verdict = answered.await.ok().flatten();
        match &verdict {
            Some(verdict) => {
                let kept = Kept::new(verdict.clone(), asked);
                self.shelf.keep(print, kept, asked_in);
            }
            None => self.clock.note_away(),
        }
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use access::KeyFile;

    #[test]
    fn a_full_queue_of_questions_says_nothing_of_the_platform_and_no_answer_does() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "mvp_svc_gateway_0123456789abcdef").unwrap();
        let settings = json!({"url": "http://127.0.0.1:1", "key_file": "x"});
        let settings = serde_json::from_value(settings).unwrap();
        let own_key = OwnKey::read(KeyFile::new(file.path()), false).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let platform = Platform::new(&settings, own_key, Ledger::default()).unwrap();
            let (questions, mut asked) = mpsc::channel(1);
            let keys = Arc::new(TenantKeys::new(&settings, platform, questions));
            let first = tokio::spawn({
                let keys = Arc::clone(&keys);
                async move { keys.ask("mvp_live_first", [1; 32]).await }
            });
            while keys.questions.capacity() > 0 {
                tokio::task::yield_now().await;
            }
            assert!(keys.ask("mvp_live_second", [2; 32]).await.is_none());
            assert!(!keys.clock.is_away());
            // Dropped without an answer, as when the platform does not say.
            drop(asked.recv().await);
            assert!(first.await.unwrap().is_none());
            assert!(keys.clock.is_away());
        });
    }
}
