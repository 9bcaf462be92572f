//! A deadline that is moved for every request and costs a timer only when it is reached.
//!
//! Resetting a tokio timer takes a lock each time. Here the timer stays where it was armed; when it
//! fires early it is armed again for the moment that counts.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::time::{Instant, Sleep};

/// A movable moment that a task can wait for.
#[derive(Debug, Default)]
pub(crate) struct Deadline {
    at: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    /// Moves the deadline.
    pub(crate) fn set(&mut self, at: Instant) {
        self.at = Some(at);
    }

    /// Takes the deadline away.
    pub(crate) fn clear(&mut self) {
        self.at = None;
    }

    /// Whether there is a deadline.
    pub(crate) fn is_set(&self) -> bool {
        self.at.is_some()
    }

    /// Ready once the deadline has passed; otherwise the task is woken when it does.
    pub(crate) fn poll_passed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.at else {
            return Poll::Pending;
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if timer.deadline() > at {
            timer.as_mut().reset(at);
        }
        while timer.as_mut().poll(cx).is_ready() {
            if timer.deadline() >= at {
                self.at = None;
                return Poll::Ready(());
            }
            timer.as_mut().reset(at);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::time::Duration;

    #[tokio::test]
    async fn a_deadline_moved_later_passes_at_the_later_moment() {
        let start = Instant::now();
        let mut deadline = Deadline::default();
        deadline.set(start + Duration::from_millis(20));
        poll_fn(|cx| {
            assert!(deadline.poll_passed(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        deadline.set(start + Duration::from_millis(80));
        poll_fn(|cx| deadline.poll_passed(cx)).await;
        assert!(start.elapsed() >= Duration::from_millis(80));
    }

    #[tokio::test]
    async fn a_deadline_moved_earlier_passes_at_the_earlier_moment() {
        let start = Instant::now();
        let mut deadline = Deadline::default();
        deadline.set(start + Duration::from_secs(30));
        poll_fn(|cx| {
            assert!(deadline.poll_passed(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        deadline.set(start + Duration::from_millis(20));
        poll_fn(|cx| deadline.poll_passed(cx)).await;
        assert!(start.elapsed() < Duration::from_secs(20));
    }
}
