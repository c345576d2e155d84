//! Address policy of tenants' SMTP servers (guards against server-side request forgery).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::{Host, NOT_A_HOST};

/// The ports a tenant's SMTP server may have: relay, submission with TLS (RFC 8314), submission,
/// and the customary alternative where 25 is blocked.
const TENANT_PORTS: [u16; 4] = [25, 465, 587, 2525];

/// Why an address is refused. For logs, never for tenants: it would map the network for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// `0.0.0.0/8`, `::`.
    #[error("unspecified address")]
    Unspecified,
    /// This machine.
    #[error("loopback address")]
    Loopback,
    /// RFC 1918, unique local (RFC 4193) and the former site-local addresses.
    #[error("private address")]
    Private,
    /// `169.254.0.0/16`, where most clouds keep their metadata service, and `fe80::/10`.
    #[error("link-local address")]
    LinkLocal,
    /// `100.64.0.0/10`, carrier-grade NAT (RFC 6598).
    #[error("carrier-grade NAT address")]
    SharedNat,
    /// To many at once.
    #[error("multicast or broadcast address")]
    Multicast,
    /// A cloud's metadata or control service at a public-looking address.
    #[error("cloud metadata address")]
    Metadata,
    /// Documentation, benchmarks, tunnels, and everything else that is no global unicast address.
    #[error("special-purpose address")]
    Special,
}

/// Whether a tenant's server may be at `address`: a global unicast address, or one that the
/// operator allows. IPv4 addresses inside IPv6 ones (mapped, NAT64, 6to4) are judged as what they
/// are. Ranges: IANA special-purpose registries (RFC 6890).
///
/// # Errors
/// [`Refused`], the kind of address it is.
pub fn check_address(address: IpAddr, allowed: &[IpNet]) -> Result<(), Refused> {
    let address = address.to_canonical();
    if allowed.iter().any(|net| net.contains(&address)) {
        return Ok(());
    }
    match address {
        IpAddr::V4(v4) => check_v4(v4),
        IpAddr::V6(v6) => check_v6(v6),
    }
}

/// Whether a tenant may name `port` on `address`: one of 25, 465, 587 and 2525, or any port where the
/// operator allows the address.
#[must_use]
pub fn is_port_allowed(port: u16, address: IpAddr, allowed: &[IpNet]) -> bool {
    let address = address.to_canonical();
    TENANT_PORTS.contains(&port) || allowed.iter().any(|net| net.contains(&address))
}

/// Why a tenant's mail server can never be used. The texts are for whoever writes it, and do not say
/// what kind of address it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// No host name and no address.
    #[error("{NOT_A_HOST}")]
    Host,
    /// An address that is refused whenever it is used.
    #[error("is an address that a mail server may not have here; write that of a public server")]
    Address,
    /// A port that is refused whenever it is used.
    #[error("must be 25, 465, 587 or 2525")]
    Port,
}

impl Unusable {
    /// The option that it is about, as the wire names it.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Host | Self::Address => "smtp_server",
            Self::Port => "smtp_port",
        }
    }
}

/// Whether a tenant's server can be used, as far as its name says: the rules that are asked again of
/// each address it has when a mail is sent.
///
/// # Errors
/// [`Unusable`].
pub fn check_tenant_server(host: &str, port: u16, allowed: &[IpNet]) -> Result<(), Unusable> {
    let address = match Host::parse(host).ok_or(Unusable::Host)? {
        Host::Address(address) => address,
        Host::Name(name) if is_localhost(name.as_str()) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        // The name may turn out to be in a network that is allowed, where every port is.
        Host::Name(_) if TENANT_PORTS.contains(&port) || !allowed.is_empty() => return Ok(()),
        Host::Name(_) => return Err(Unusable::Port),
    };
    check_address(address, allowed).map_err(|_| Unusable::Address)?;
    match is_port_allowed(port, address, allowed) {
        true => Ok(()),
        false => Err(Unusable::Port),
    }
}

fn is_localhost(name: &str) -> bool {
    name.rsplit('.').next() == Some("localhost")
}

fn check_v4(address: Ipv4Addr) -> Result<(), Refused> {
    let octets = address.octets();
    let refused = match octets {
        [0, ..] => Refused::Unspecified,
        [127, ..] => Refused::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Refused::Private,
        [169, 254, ..] => Refused::LinkLocal,
        [100, 64..=127, ..] => Refused::SharedNat,
        [168, 63, 129, 16] => Refused::Metadata,
        // IETF protocol assignments, AS112, AMT, 6to4 relays, AS112 again.
        [192, 0, 0, _] | [192, 31, 196, _] | [192, 52, 193, _] | [192, 88, 99, _] => {
            Refused::Special
        }
        [192, 175, 48, _] => Refused::Special,
        // Documentation (RFC 5737) and benchmarks (RFC 2544).
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [198, 18..=19, ..] => {
            Refused::Special
        }
        [224..=239, ..] | [255, 255, 255, 255] => Refused::Multicast,
        [240..=255, ..] => Refused::Special,
        _ => return Ok(()),
    };
    Err(refused)
}

fn check_v6(address: Ipv6Addr) -> Result<(), Refused> {
    let s = address.segments();
    let refused = match s {
        [0, 0, 0, 0, 0, 0, 0, 0] => Refused::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => Refused::Loopback,
        // NAT64 (RFC 6052) and 6to4 (RFC 3056) lead to the IPv4 address they hold.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => return check_v4(embedded(high, low)),
        [0x2002, high, low, ..] => return check_v4(embedded(high, low)),
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => Refused::Private,
        [0xfe80..=0xfebf, ..] => Refused::LinkLocal,
        [0xff00..=0xffff, ..] => Refused::Multicast,
        // IETF protocol assignments, among them Teredo, benchmarks and ORCHID (RFC 2928).
        [0x2001, 0..=0x1ff, ..] => Refused::Special,
        // Documentation (RFC 3849, RFC 9637).
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Refused::Special,
        // ISATAP (RFC 5214) holds an IPv4 address in the interface identifier.
        [0x2000..=0x3fff, _, _, _, 0 | 0x200, 0x5efe, high, low] => {
            return check_v4(embedded(high, low));
        }
        [0x2000..=0x3fff, ..] => return Ok(()),
        _ => Refused::Special,
    };
    Err(refused)
}

fn embedded(high: u16, low: u16) -> Ipv4Addr {
    let [a, b] = high.to_be_bytes();
    let [c, d] = low.to_be_bytes();
    Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the reason, addresses that are refused for it.
    const REFUSED: &[(Refused, &str)] = &[
        (Refused::Unspecified, "0.0.0.0 0.255.255.255 ::"),
        (
            Refused::Private,
            "10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255 \
             ::ffff:10.1.2.3 64:ff9b::10.0.0.1 2002:a00:1::1 2002:c0a8:101::1 \
             2a00:1450::5efe:10.0.0.1 fc00::1 fd00:ec2::254 fdff:ffff::1 fec0::1",
        ),
        (
            Refused::SharedNat,
            "100.64.0.0 100.100.100.200 100.127.255.255",
        ),
        (
            Refused::Loopback,
            "127.0.0.1 127.255.255.255 ::1 ::ffff:127.0.0.1 64:ff9b::127.0.0.1 2002:7f00:1::1 \
             2a00:1450::200:5efe:127.0.0.1",
        ),
        (Refused::Metadata, "168.63.129.16"),
        (
            Refused::LinkLocal,
            "169.254.0.0 169.254.169.254 ::ffff:169.254.169.254 64:ff9b::169.254.169.254 \
             fe80::1 febf::1",
        ),
        (
            Refused::Special,
            "192.0.0.192 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.175.48.1 \
             198.18.0.0 198.19.255.255 198.51.100.1 203.0.113.1 240.0.0.1 ::2 ::7f00:1 \
             ::ffff:0:127.0.0.1 64:ff9b:1::1 100::1 2001::1 2001:2::1 2001:10::1 2001:20::1 \
             2001:1ff::1 2001:db8::1 3fff::1 3fff:fff::1 4000::1 5f00::1",
        ),
        (
            Refused::Multicast,
            "224.0.0.1 239.255.255.255 255.255.255.255 ff02::1",
        ),
    ];

    const ALLOWED: &str = "1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 \
         126.255.255.255 128.0.0.0 \
         168.63.129.15 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.1 \
         192.0.3.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255 \
         ::ffff:1.1.1.1 64:ff9b::1.1.1.1 2001:200::1 2001:4860:4860::8888 2002:101:101::1 \
         2606:4700::1111 2a00:1450::5efe:1.1.1.1 3fff:1000::1";

    #[test]
    fn every_kind_of_address_is_judged() {
        let judged = |text: &str| check_address(text.parse().unwrap(), &[]);
        for (kind, texts) in REFUSED {
            for text in texts.split(' ') {
                assert_eq!(judged(text), Err(*kind), "{text}");
            }
        }
        for text in ALLOWED.split(' ') {
            assert_eq!(judged(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_tenants_server_is_refused_when_it_is_written() {
        use Unusable::{Address, Port};
        let inside: Vec<IpNet> = vec!["127.0.0.0/8".parse().unwrap()];
        let host = Unusable::Host;
        // What comes of it without, and with, the loopback network being allowed.
        for (server, port, strict, opened) in [
            ("smtp.example.com", 587, Ok(()), Ok(())),
            ("smtp.example.com", 2525, Ok(()), Ok(())),
            ("smtp.example.com", 6379, Err(Port), Ok(())),
            ("1.1.1.1", 25, Ok(()), Ok(())),
            ("1.1.1.1", 26, Err(Port), Err(Port)),
            ("127.0.0.1", 25, Err(Address), Ok(())),
            ("127.0.0.1", 26, Err(Address), Ok(())),
            ("localhost", 25, Err(Address), Ok(())),
            ("mail.localhost", 25, Err(Address), Ok(())),
            ("169.254.169.254", 25, Err(Address), Err(Address)),
            ("fe80::1", 25, Err(Address), Err(Address)),
            ("10.1.2.3", 587, Err(Address), Err(Address)),
            ("127.1", 25, Err(host), Err(host)),
            ("2130706433", 25, Err(host), Err(host)),
            ("0x7f000001", 25, Err(host), Err(host)),
        ] {
            let check = |allowed| check_tenant_server(server, port, allowed);
            assert_eq!(check(&[]), strict, "{server}:{port}");
            assert_eq!(check(&inside), opened, "{server}:{port}");
        }
    }

    #[test]
    fn the_operator_opens_exactly_the_range_named() {
        let allowed: Vec<IpNet> =
            vec!["10.1.0.0/16".parse().unwrap(), "fd00::/64".parse().unwrap()];
        for (text, good) in [
            ("10.1.0.0", true),
            ("10.1.255.255", true),
            ("::ffff:10.1.2.3", true),
            ("10.2.0.0", false),
            ("64:ff9b::10.1.2.3", false),
            ("fd00::9", true),
            ("fd00:0:0:1::9", false),
        ] {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(check_address(address, &allowed).is_ok(), good, "{text}");
            assert_eq!(is_port_allowed(2, address, &allowed), good, "{text}");
        }
        for port in TENANT_PORTS {
            assert!(is_port_allowed(port, "1.1.1.1".parse().unwrap(), &[]));
        }
        assert!(!is_port_allowed(6379, "1.1.1.1".parse().unwrap(), &[]));
    }
}
