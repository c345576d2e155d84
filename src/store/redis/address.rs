//! Where a store of many nodes is: read from one URL.
//!
//! `redis://[user[:password]@]host[:port][/db]`, `redis-cluster://[…@]a:1,b:2,c:3`,
//! `redis-sentinel://[…@]a,b,c/name[/db]`; with `rediss` in place of `redis`, over TLS.

use std::fmt;

use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

/// The port of a Redis server.
const PORT: u16 = 6379;

/// The port of a Sentinel.
const SENTINEL_PORT: u16 = 26_379;

/// More nodes than this are not named in one URL; the rest of a cluster is found through them.
const MAX_NODES: usize = 64;

/// How the servers belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// One server, perhaps with replicas that nobody asks.
    Standalone,
    /// A cluster, whose other nodes are found through those named.
    Cluster,
    /// Whichever server the Sentinels call the master of this name.
    Sentinel {
        /// The name.
        master: String,
    },
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// A name, or an address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// The address of a store. `Debug` and `Display` leave the password out.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// How the servers belong together.
    pub kind: Kind,
    /// The servers, or the Sentinels; at least one.
    pub nodes: Vec<Node>,
    /// Whether connections are TLS.
    pub tls: bool,
    /// The ACL user.
    pub user: Option<String>,
    /// The password.
    pub password: Option<Zeroizing<String>>,
    /// The number of the database.
    pub db: u16,
}

impl Address {
    /// Reads a URL.
    ///
    /// # Errors
    /// What is wrong with it and what to write; never the password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").ok_or_else(forms)?;
        let (tls, kind) = match scheme {
            "redis" => (false, Kind::Standalone),
            "rediss" => (true, Kind::Standalone),
            "redis-cluster" => (false, Kind::Cluster),
            "rediss-cluster" => (true, Kind::Cluster),
            "redis-sentinel" => (false, unnamed()),
            "rediss-sentinel" => (true, unnamed()),
            _ => return Err(forms()),
        };
        let (authority, path) = match rest.split_once('/') {
            Some((authority, path)) => (authority, Some(path)),
            None => (rest, None),
        };
        // A password may hold an `@` that was not encoded; hosts never do.
        let (credentials, hosts) = match authority.rsplit_once('@') {
            Some((credentials, hosts)) => (Some(credentials), hosts),
            None => (None, authority),
        };
        let (kind, db) = path_of(kind, path.unwrap_or_default())?;
        let nodes = nodes_of(&kind, hosts)?;
        let (user, password) = credentials
            .map(credentials_of)
            .transpose()?
            .unwrap_or_default();
        Ok(Self {
            kind,
            nodes,
            tls,
            user,
            password,
            db,
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secure = if self.tls { "s" } else { "" };
        match &self.kind {
            Kind::Standalone => write!(f, "redis{secure}://")?,
            Kind::Cluster => write!(f, "redis{secure}-cluster://")?,
            Kind::Sentinel { .. } => write!(f, "redis{secure}-sentinel://")?,
        }
        for (number, Node { host, port }) in self.nodes.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            match host.contains(':') {
                true => write!(f, "{comma}[{host}]:{port}")?,
                false => write!(f, "{comma}{host}:{port}")?,
            }
        }
        match &self.kind {
            Kind::Sentinel { master } => write!(f, "/{master}/{}", self.db),
            Kind::Standalone => write!(f, "/{}", self.db),
            Kind::Cluster => Ok(()),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn forms() -> String {
    "write redis://host:port, redis-cluster://a:port,b:port or redis-sentinel://a,b,c/master-name; \
     with rediss in place of redis, over TLS"
        .to_owned()
}

fn unnamed() -> Kind {
    Kind::Sentinel {
        master: String::new(),
    }
}

/// The master's name and the number of the database.
fn path_of(kind: Kind, path: &str) -> Result<(Kind, u16), String> {
    let path = path.trim_end_matches('/');
    if path.contains(['?', '#']) {
        return Err("has parameters; there are none, see the settings under [redis]".to_owned());
    }
    match kind {
        Kind::Standalone => Ok((kind, db_of(path)?)),
        Kind::Cluster if path.is_empty() || path == "0" => Ok((kind, 0)),
        Kind::Cluster => Err("names a database; a cluster has only 0".to_owned()),
        Kind::Sentinel { .. } => {
            let (name, db) = path.split_once('/').unwrap_or((path, ""));
            if name.is_empty() {
                let why = "names no master: write redis-sentinel://a,b,c/master-name";
                return Err(why.to_owned());
            }
            let master = decoded(name)?;
            Ok((Kind::Sentinel { master }, db_of(db)?))
        }
    }
}

fn db_of(text: &str) -> Result<u16, String> {
    if text.is_empty() {
        return Ok(0);
    }
    let number = text.parse();
    number.map_err(|_| format!("names the database {text:?}, which is no number"))
}

fn nodes_of(kind: &Kind, hosts: &str) -> Result<Vec<Node>, String> {
    let default_port = match kind {
        Kind::Sentinel { .. } => SENTINEL_PORT,
        Kind::Standalone | Kind::Cluster => PORT,
    };
    let nodes: Result<Vec<Node>, String> = hosts
        .split(',')
        .map(|host| node_of(host.trim(), default_port))
        .collect();
    let nodes = nodes?;
    if nodes.len() > MAX_NODES {
        return Err(format!(
            "names more than {MAX_NODES} servers; a few are enough"
        ));
    }
    if *kind == Kind::Standalone && nodes.len() > 1 {
        let why = "names several servers: write redis-cluster:// or redis-sentinel:// for them";
        return Err(why.to_owned());
    }
    Ok(nodes)
}

fn node_of(text: &str, default_port: u16) -> Result<Node, String> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or("has a [ without a ]")?;
            (host, rest.strip_prefix(':'))
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    if host.is_empty() || host.contains(char::is_whitespace) {
        return Err("names no host; write host:port".to_owned());
    }
    let port = match port {
        None => default_port,
        Some(port) => port
            .parse()
            .ok()
            .filter(|port| *port != 0)
            .ok_or_else(|| format!("has {port:?} for the port of {host}"))?,
    };
    let host = host.to_owned();
    Ok(Node { host, port })
}

type Credentials = (Option<String>, Option<Zeroizing<String>>);

fn credentials_of(text: &str) -> Result<Credentials, String> {
    let (user, password) = match text.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (text, None),
    };
    let user = (!user.is_empty()).then(|| decoded(user)).transpose()?;
    let password = password.map(decoded).transpose()?.map(Zeroizing::new);
    Ok((user, password))
}

fn decoded(text: &str) -> Result<String, String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| "has a name that is not UTF-8 when decoded".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match Address::parse(text) {
            Ok(address) => {
                let password = address.password.as_deref().map(String::as_str);
                format!("{address} {:?} {password:?}", address.user.as_deref())
            }
            Err(why) => format!("{text} {why}"),
        }
    }

    #[test]
    fn urls_are_read() {
        for (text, expected) in [
            ("redis://a", "redis://a:6379/0 None None"),
            ("redis://a:1/3", "redis://a:1/3 None None"),
            ("rediss://[::1]:2/", "rediss://[::1]:2/0 None None"),
            ("redis://:p%40ss@a", "redis://a:6379/0 None Some(\"p@ss\")"),
            (
                "redis://u:p@ss@a",
                "redis://a:6379/0 Some(\"u\") Some(\"p@ss\")",
            ),
            (
                "redis-cluster://a:1,b,c:3",
                "redis-cluster://a:1,b:6379,c:3 None None",
            ),
            (
                "rediss-cluster://u:p@a:1/",
                "rediss-cluster://a:1 Some(\"u\") Some(\"p\")",
            ),
            (
                "redis-sentinel://a,b:2/m",
                "redis-sentinel://a:26379,b:2/m/0 None None",
            ),
            (
                "redis-sentinel://a/m%20x/2",
                "redis-sentinel://a:26379/m x/2 None None",
            ),
        ] {
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn bad_urls_say_why() {
        for (text, word) in [
            ("", "write redis://"),
            ("localhost:6379", "write redis://"),
            ("http://a", "write redis://"),
            ("redis://", "no host"),
            ("redis://a,b", "redis-cluster://"),
            ("redis://a:x", "port"),
            ("redis://a:0", "port"),
            ("redis://a/x", "no number"),
            ("redis://a/0?x=1", "parameters"),
            ("redis-cluster://a/1", "only 0"),
            ("redis-sentinel://a", "no master"),
            ("redis://[::1", "without"),
        ] {
            assert!(shown(text).contains(word), "{}", shown(text));
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        let address = Address::parse("redis://user:geheim@a").unwrap();
        assert!(!format!("{address} {address:?}").contains("geheim"));
        let bad = Address::parse("redis://user:geheim@a:x").unwrap_err();
        assert!(!bad.contains("geheim"), "{bad}");
    }
}
