//! The address of the client of a request, also behind proxies.
//!
//! Connection limits and rate limits count by it. A proxy in a trusted network may name the
//! client in `Forwarded` (RFC 7239) or `X-Forwarded-For`. What anybody else writes there is
//! ignored, so that nobody can choose an address.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The networks whose proxies may name the client of a request.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Trusts these networks. An IPv4 network that is written as mapped IPv6 is taken as IPv4.
    #[must_use]
    pub fn new(networks: &[IpNet]) -> Self {
        Self(networks.iter().copied().map(canonical).collect())
    }

    /// Whether this is the address of a trusted proxy.
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The address of the client of a request that came from `peer`.
    ///
    /// The headers are read from the right, because each proxy appends whom it heard: as long as
    /// an address is a trusted proxy's, the one before it counts. A part that cannot be read ends
    /// the walk. Where both headers are there and disagree, a client may have sent the one that the
    /// proxy does not write, so neither is believed.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return peer;
        }
        let forwarded = self.walk(peer, headers, FORWARDED, forwarded_for);
        let x_forwarded_for = self.walk(peer, headers, X_FORWARDED_FOR, address_of);
        match (forwarded, x_forwarded_for) {
            (Some(one), Some(other)) if one != other => peer,
            (found, other) => found.or(other).unwrap_or(peer),
        }
    }

    /// Follows the entries of a header, the last one first, for as long as proxies are trusted;
    /// `None` without such a header.
    fn walk(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
        name: HeaderName,
        read: fn(&str) -> Option<IpAddr>,
    ) -> Option<IpAddr> {
        let mut nearest = None;
        for line in headers.get_all(name).iter().rev() {
            let mut rest = line.as_bytes();
            let mut trusted = nearest.unwrap_or(peer);
            while !rest.is_empty() {
                let entry;
                (rest, entry) = split_last(rest);
                let entry = entry.trim_ascii();
                // RFC 9110 §5.6.1: empty elements of a list are ignored.
                if entry.is_empty() {
                    continue;
                }
                let Some(address) = std::str::from_utf8(entry).ok().and_then(read) else {
                    return Some(trusted);
                };
                trusted = address.to_canonical();
                if !self.trusts(trusted) {
                    return Some(trusted);
                }
            }
            nearest = Some(trusted);
        }
        nearest
    }
}

fn canonical(network: IpNet) -> IpNet {
    const MAPPED_BITS: u8 = 96;
    let address = network.addr().to_canonical();
    let length = network.prefix_len();
    if network.addr().is_ipv6() && address.is_ipv4() && length >= MAPPED_BITS {
        return IpNet::new(address, length - MAPPED_BITS).unwrap_or(network);
    }
    network
}

/// Splits off what follows the last comma that is not in quotes, seen from the right: what stands
/// further left was written by others, and an open quote there changes nothing here.
fn split_last(list: &[u8]) -> (&[u8], &[u8]) {
    let mut is_quoted = false;
    let comma = list.iter().rposition(|byte| {
        is_quoted ^= *byte == b'"';
        *byte == b',' && !is_quoted
    });
    let split = comma.and_then(|at| list.split_at_checked(at));
    split.map_or((&[], list), |(left, right)| {
        (left, right.strip_prefix(b",").unwrap_or(right))
    })
}

/// The address in the one `for` parameter of an element of `Forwarded` (RFC 7239 §4).
fn forwarded_for(element: &str) -> Option<IpAddr> {
    // An escaped quote could hide a separator; no proxy needs one.
    if element.contains('\\') {
        return None;
    }
    let mut is_quoted = false;
    let parameters = element.split(|c| {
        is_quoted ^= c == '"';
        c == ';' && !is_quoted
    });
    let mut found = None;
    for parameter in parameters {
        let (name, value) = parameter.split_once('=')?;
        if name.trim_matches([' ', '\t']).eq_ignore_ascii_case("for") {
            let value = value.trim_matches([' ', '\t']);
            let quoted = value.strip_prefix('"').map(|rest| rest.strip_suffix('"'));
            let address = address_of(quoted.unwrap_or(Some(value))?)?;
            if found.replace(address).is_some() {
                return None;
            }
        }
    }
    found
}

/// An address with or without a port: `192.0.2.7`, `192.0.2.7:80`, `2001:db8::1`, `[2001:db8::1]`,
/// `[2001:db8::1]:80`. `None` for names, `unknown` and everything else.
fn address_of(node: &str) -> Option<IpAddr> {
    if let Ok(address) = node.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(with_port) = node.parse::<SocketAddr>() {
        return Some(with_port.ip());
    }
    let inner = node.strip_prefix('[')?.strip_suffix(']')?;
    inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
}

/// The address that limits count by: one host or household has a whole IPv6 /64.
#[must_use]
pub fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn proxies() -> TrustedProxies {
        let networks = ["10.0.0.0/8", "fd00::/8", "::ffff:192.168.0.0/112"];
        TrustedProxies::new(&networks.map(|network| network.parse().unwrap()))
    }

    fn client(peer: &str, lines: &[(&'static str, &str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let peer = peer.parse().unwrap();
        proxies().client(peer, &headers).to_string()
    }

    const XFF: &str = "x-forwarded-for";
    const FWD: &str = "forwarded";

    #[test]
    fn strangers_name_nobody() {
        for peer in ["203.0.113.9", "2001:db8::9", "11.0.0.1", "192.167.0.1"] {
            let lines = [(XFF, "198.51.100.1"), (FWD, "for=198.51.100.1")];
            assert_eq!(client(peer, &lines), peer);
        }
        assert!(!TrustedProxies::default().trusts([127, 0, 0, 1].into()));
    }

    #[test]
    fn a_trusted_proxy_names_the_client() {
        for peer in ["10.1.2.3", "::ffff:10.1.2.3", "fd00::1", "192.168.0.200"] {
            for value in [
                "198.51.100.1",
                "198.51.100.1:4711",
                "::ffff:198.51.100.1",
                "[::ffff:198.51.100.1]:4711",
                " 198.51.100.1\t",
                "198.51.100.1,",
                "203.0.113.66, 198.51.100.1",
                "nonsense, 198.51.100.1",
                "\", 198.51.100.1",
                "198.51.100.1, 10.0.0.1",
                "203.0.113.66, 198.51.100.1, 10.0.0.1, fd00::7, [fd00::8]:9",
                "203.0.113.66,,198.51.100.1, ,10.0.0.1,",
            ] {
                assert_eq!(client(peer, &[(XFF, value)]), "198.51.100.1", "{value}");
            }
        }
        let lines = [
            (XFF, "203.0.113.66"),
            (XFF, "198.51.100.1"),
            (XFF, "10.0.0.1"),
        ];
        assert_eq!(client("10.0.0.2", &lines), "198.51.100.1");
    }

    #[test]
    fn forwarded_is_read_as_its_standard_says() {
        for (value, found) in [
            ("for=198.51.100.1", "198.51.100.1"),
            ("For=\"198.51.100.1:4711\"; proto=https", "198.51.100.1"),
            ("for=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            (
                "proto=http;by=10.0.0.2;FOR=\"[2001:db8::1]\"",
                "2001:db8::1",
            ),
            (
                "for=203.0.113.66, for=198.51.100.1;host=\"a,b;for=203.0.113.66\"",
                "198.51.100.1",
            ),
            (
                "for=198.51.100.1, for=10.0.0.1, for=\"[fd00::7]\"",
                "198.51.100.1",
            ),
            // An open quote of a client does not hide what the proxy appended.
            ("for=\"203.0.113.66, for=198.51.100.1", "198.51.100.1"),
            ("for=\"203.0.113.66\\\", for=198.51.100.1", "198.51.100.1"),
        ] {
            assert_eq!(client("10.0.0.2", &[(FWD, value)]), found, "{value}");
        }
    }

    #[test]
    fn what_cannot_be_read_leaves_the_nearest_trusted_answer() {
        for value in [
            "unknown",
            "for=unknown",
            "for=_hidden",
            "for=_hidden, for=10.9.9.9",
            "for=198.51.100.1;for=198.51.100.2",
            "for=\"198.51.100.1",
            "for=198.51.100.1\"",
            "for=\"198.51.100.1\\\"\"",
            "proto=http",
            "for",
            "for=\"[2001:db8::1%eth0]\"",
            "for=198.51.100.1:99999",
            "for=\u{e4}",
        ] {
            let found = client("10.0.0.2", &[(FWD, value)]);
            let nearest = if value.ends_with("10.9.9.9") {
                "10.9.9.9"
            } else {
                "10.0.0.2"
            };
            assert_eq!(found, nearest, "{value}");
        }
        for value in [
            "",
            ",",
            "shop.example",
            "198.51.100.1:",
            "198.51.100",
            "198.51.100.1 x",
        ] {
            assert_eq!(client("10.0.0.2", &[(XFF, value)]), "10.0.0.2", "{value}");
        }
        assert_eq!(client("10.0.0.2", &[(XFF, "x, 10.0.0.1")]), "10.0.0.1");
        assert_eq!(client("10.0.0.2", &[(XFF, "10.0.0.1")]), "10.0.0.1");
        // It ends the walk: what stands further left is not believed.
        let hidden = "198.51.100.1, x, 10.0.0.1";
        assert_eq!(client("10.0.0.2", &[(XFF, hidden)]), "10.0.0.1");
        let unknown = "for=198.51.100.1, for=unknown";
        assert_eq!(client("10.0.0.2", &[(FWD, unknown)]), "10.0.0.2");
    }

    #[test]
    fn headers_that_disagree_are_not_believed() {
        let agree = [(XFF, "198.51.100.1"), (FWD, "for=198.51.100.1")];
        assert_eq!(client("10.0.0.2", &agree), "198.51.100.1");
        let disagree = [(XFF, "198.51.100.1"), (FWD, "for=203.0.113.66")];
        assert_eq!(client("10.0.0.2", &disagree), "10.0.0.2");
    }

    #[test]
    fn one_household_counts_as_one() {
        for (address, expected) in [
            ("198.51.100.1", "198.51.100.1"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2::", "2001:db8:1:2::"),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(counted(address).to_string(), expected);
        }
    }
}
