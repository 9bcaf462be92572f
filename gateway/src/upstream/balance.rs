//! Which instance gets the next request.

use super::instance::Instance;
use crate::settings::Balance;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An instance with its share.
#[derive(Debug)]
pub(crate) struct Member {
    /// The instance.
    pub(crate) instance: Arc<Instance>,
    /// Its share beside the others'.
    pub(crate) weight: u32,
}

/// Chooses among the members of an upstream, whose places it deals in.
#[derive(Debug)]
pub(super) struct Chooser {
    kind: Balance,
    /// The places in the order of their turns, each as often as its weight says.
    turns: Box<[usize]>,
    turn: AtomicUsize,
}

impl Chooser {
    pub(super) fn new(kind: Balance, weights: &[u32]) -> Self {
        Self {
            kind,
            turns: turns_of(weights),
            turn: AtomicUsize::new(0),
        }
    }

    /// Tries places in a good order until `take` takes one.
    pub(super) fn choose<T>(
        &self,
        members: &[Member],
        usable: impl Fn(usize, &Member) -> bool,
        take: impl Fn(usize, &Member) -> Option<T>,
    ) -> Option<T> {
        match self.kind {
            Balance::RoundRobin => self.in_turn(members, usable, take),
            Balance::LeastRequests => self.least_busy(members, usable, take),
        }
    }

    /// A turn that falls on an instance out of use is used up, so that all others share its requests.
    fn in_turn<T>(
        &self,
        members: &[Member],
        usable: impl Fn(usize, &Member) -> bool,
        take: impl Fn(usize, &Member) -> Option<T>,
    ) -> Option<T> {
        let at = |place: usize| {
            let member = members.get(place)?;
            usable(place, member).then(|| take(place, member))?
        };
        for _ in &self.turns {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            let turn = turn.checked_rem(self.turns.len()).unwrap_or_default();
            let place = self.turns.get(turn).copied().unwrap_or_default();
            if let Some(taken) = at(place) {
                return Some(taken);
            }
        }
        // Other threads may have used up the turns of the only one left.
        (0..members.len()).find_map(at)
    }

    /// Ties go to each in turn. Who turns out to be full is passed over in a second look.
    fn least_busy<T>(
        &self,
        members: &[Member],
        usable: impl Fn(usize, &Member) -> bool,
        take: impl Fn(usize, &Member) -> Option<T>,
    ) -> Option<T> {
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        let first = first.checked_rem(members.len()).unwrap_or_default();
        let mut places = (first..members.len()).chain(0..first);
        let load = |member: &Member| {
            let next = member.instance.in_flight().saturating_add(1);
            u64::try_from(next)
                .unwrap_or(u64::MAX)
                .saturating_mul(1_000)
                / u64::from(member.weight.max(1))
        };
        let least = places
            .clone()
            .filter_map(|place| Some((place, members.get(place)?)))
            .filter(|(place, member)| usable(*place, member))
            .min_by_key(|(_, member)| load(member));
        let (place, member) = least?;
        take(place, member).or_else(|| {
            places.find_map(|place| {
                let member = members.get(place)?;
                usable(place, member).then(|| take(place, member))?
            })
        })
    }
}

/// Smooth turns: each time everybody gains his weight, and the richest takes the turn and pays for all.
fn turns_of(weights: &[u32]) -> Box<[usize]> {
    let total: i64 = weights.iter().copied().map(i64::from).sum();
    let mut credits = vec![0_i64; weights.len()];
    let mut turns = Vec::new();
    for _ in 0..total {
        for (credit, weight) in credits.iter_mut().zip(weights) {
            *credit = credit.saturating_add(i64::from(*weight));
        }
        let richest = credits.iter().max().copied().unwrap_or_default();
        let place = credits.iter().position(|credit| *credit == richest);
        let place = place.unwrap_or_default();
        if let Some(credit) = credits.get_mut(place) {
            *credit = credit.saturating_sub(total);
        }
        turns.push(place);
    }
    turns.into_boxed_slice()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_follow_the_weights_and_are_spread() {
        assert_eq!(*turns_of(&[1, 1, 1]), [0, 1, 2]);
        assert_eq!(*turns_of(&[5, 1, 1]), [0, 0, 1, 0, 2, 0, 0]);
        assert_eq!(*turns_of(&[7]), [0; 7]);
        assert_eq!(turns_of(&[100, 50]).len(), 150);
    }
}
