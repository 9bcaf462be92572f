//! From where a key may be used.

use ipnet::IpNet;
use std::net::IpAddr;

const MOST: usize = 50;

/// Networks as they are kept, or what is wrong with them.
pub(crate) fn checked(networks: &[String]) -> Result<Vec<String>, String> {
    if networks.len() > MOST {
        return Err("must be at most 50 networks".to_owned());
    }
    networks
        .iter()
        .map(|text| {
            network(text)
                .map(|network| network.trunc().to_string())
                .ok_or_else(|| format!("{text:?} is no network; one is like 203.0.113.0/24"))
        })
        .collect()
}

/// Whether an address is in one of the networks; without any, every address is.
pub(crate) fn permit(networks: &[String], address: IpAddr) -> bool {
    let address = address.to_canonical();
    networks.is_empty()
        || networks
            .iter()
            .filter_map(|text| network(text))
            .any(|network| network.contains(&address))
}

/// A network, or a single address.
fn network(text: &str) -> Option<IpNet> {
    text.parse()
        .ok()
        .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_kept_in_their_plain_form() {
        let given = ["203.0.113.9/24", "2001:db8::1", "198.51.100.7"].map(str::to_owned);
        let kept = checked(&given).unwrap();
        assert_eq!(
            kept,
            ["203.0.113.0/24", "2001:db8::1/128", "198.51.100.7/32"]
        );
        assert!(checked(&["203.0.113.0/33".to_owned()]).is_err());
        assert!(checked(&["example.com".to_owned()]).is_err());
    }

    #[test]
    fn an_address_is_in_its_network_however_it_is_written() {
        let networks = ["203.0.113.0/24".to_owned(), "2001:db8::/32".to_owned()];
        let permits = |address: &str| permit(&networks, address.parse().unwrap());
        assert!(permits("203.0.113.200"));
        assert!(permits("::ffff:203.0.113.200"));
        assert!(permits("2001:db8:1::1"));
        assert!(!permits("203.0.114.1"));
        assert!(permit(&[], "127.0.0.1".parse().unwrap()));
    }
}
