//! Which port each endpoint gets: the one it had, else the one it prefers, else the next free.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, bail};

/// The outcome of choosing: the ports, and a sentence for each that had to move.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) ports: BTreeMap<String, u16>,
    pub(crate) moved: Vec<String>,
}

/// Chooses a port for every endpoint. `kept` are the ports of the last start.
pub(crate) fn choose(
    endpoints: &[(String, u16)],
    kept: &BTreeMap<String, u16>,
    is_free: impl Fn(u16) -> bool,
) -> anyhow::Result<Choice> {
    let mut choice = Choice::default();
    // A port that moves steps over what the others are about to use.
    let spoken_for: BTreeSet<u16> = endpoints
        .iter()
        .map(|(name, preferred)| kept.get(name).copied().unwrap_or(*preferred))
        .collect();
    for (name, preferred) in endpoints {
        let wanted = kept.get(name).copied().unwrap_or(*preferred);
        let already: BTreeSet<u16> = choice.ports.values().copied().collect();
        if is_free(wanted) && !already.contains(&wanted) {
            choice.ports.insert(name.clone(), wanted);
            continue;
        }
        let next = (wanted.saturating_add(1)..u16::MAX)
            .find(|port| !spoken_for.contains(port) && !already.contains(port) && is_free(*port));
        let Some(next) = next else {
            bail!("no free port above {wanted} for {name}")
        };
        choice
            .moved
            .push(format!("port {wanted} is taken: {name} moves to {next}"));
        choice.ports.insert(name.clone(), next);
    }
    Ok(choice)
}

/// Chooses again for these endpoints, just before they are used; the others keep theirs.
pub(crate) fn choose_again(
    names: &[&str],
    endpoints: &[(String, u16)],
    chosen: &BTreeMap<String, u16>,
    is_free: impl Fn(u16) -> bool,
) -> anyhow::Result<Choice> {
    let others: BTreeSet<u16> = chosen
        .iter()
        .filter(|(name, _)| !names.contains(&name.as_str()))
        .map(|(_, port)| *port)
        .collect();
    choose(endpoints, chosen, |port| {
        others.contains(&port) || is_free(port)
    })
}

/// Free means: nobody answers there, and it can be bound.
pub(crate) fn is_free(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address).is_ok()
        && TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_err()
}

/// The preferred ports, moved together by `MVP_PORT_OFFSET` (for a second installation).
pub(crate) fn preferred() -> anyhow::Result<Vec<(String, u16)>> {
    let offset: u16 = match std::env::var("MVP_PORT_OFFSET") {
        Ok(text) => text
            .parse()
            .context("MVP_PORT_OFFSET is not a number from 0 to 65535")?,
        Err(_) => 0,
    };
    crate::catalogue::endpoints()
        .into_iter()
        .map(|(name, port)| {
            let moved = port
                .checked_add(offset)
                .context("MVP_PORT_OFFSET is too large")?;
            Ok((name, moved))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints() -> Vec<(String, u16)> {
        vec![("a".to_owned(), 100), ("b".to_owned(), 101)]
    }

    #[test]
    fn free_ports_are_taken_as_preferred() {
        let choice = choose(&endpoints(), &BTreeMap::new(), |_| true).unwrap();
        assert_eq!(choice.ports["a"], 100);
        assert!(choice.moved.is_empty());
    }

    #[test]
    fn a_taken_port_moves_past_its_neighbours_and_says_so() {
        let choice = choose(&endpoints(), &BTreeMap::new(), |port| port != 100).unwrap();
        assert_eq!((choice.ports["a"], choice.ports["b"]), (102, 101));
        assert_eq!(choice.moved, ["port 100 is taken: a moves to 102"]);
    }

    #[test]
    fn the_port_of_the_last_start_is_kept_while_free() {
        let kept = BTreeMap::from([("a".to_owned(), 150)]);
        assert_eq!(
            choose(&endpoints(), &kept, |_| true).unwrap().ports["a"],
            150
        );
        assert_eq!(
            choose(&endpoints(), &kept, |port| port != 150)
                .unwrap()
                .ports["a"],
            151
        );
    }

    #[test]
    fn a_later_choice_moves_only_what_it_is_asked_for() {
        let chosen = BTreeMap::from([("a".to_owned(), 100), ("b".to_owned(), 101)]);
        // 100 is in use because a runs by now; 101 and 102 were taken by strangers meanwhile.
        let again = choose_again(&["b"], &endpoints(), &chosen, |port| port > 102).unwrap();
        assert_eq!((again.ports["a"], again.ports["b"]), (100, 103));
        assert_eq!(again.moved, ["port 101 is taken: b moves to 103"]);
    }

    #[test]
    fn a_listener_makes_its_port_taken() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(!is_free(port));
    }
}
