//! Log lines on standard error, as text or JSON. They hold no secret and no whole address.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{Layer, Registry};

use crate::config::{Log, LogFormat};

/// Writes the log lines of this process to standard error from now on.
///
/// # Errors
/// When it was called before.
pub fn init(log: &Log) -> Result<(), TryInitError> {
    subscriber(log, std::io::stderr).try_init()
}

/// The same for any writer.
pub fn subscriber<W>(log: &Log, writer: W) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        // Colour codes are noise in journald and in files, where most log lines end.
        .with_ansi(false);
    let layer: Box<dyn Layer<Registry> + Send + Sync> = match log.format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => layer
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed(),
    };
    Registry::default().with(layer.with_filter(log.level.clone()))
}

/// A network address as log lines show it: its network, `198.51.100.0/24` or `2001:db8:1::/48`.
pub struct RedactedIp(pub IpAddr);

impl fmt::Display for RedactedIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.0.to_canonical();
        let length = if address.is_ipv4() { 24 } else { 48 };
        match IpNet::new(address, length) {
            Ok(network) => write!(f, "{}", network.trunc()),
            Err(_) => f.write_str("***"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::config::{Config, Override, Sources};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(format: &str, level: &str) -> String {
        let loaded = Config::load(Sources {
            flags: vec![
                Override::set("log.format", format),
                Override::set("log.level", level),
            ],
            environment: Vec::new(),
            file: None,
            read_file: &|_| Err(io::ErrorKind::NotFound.into()),
        });
        let lines = Lines::default();
        let sink = lines.clone();
        let subscriber = subscriber(&loaded.unwrap().config.log, move || sink.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(to = "somebody", "sent");
            tracing::debug!("detail");
        });
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn text_and_json_lines_obey_the_level() {
        let text = written("text", "info");
        assert!(text.ends_with("sent to=\"somebody\"\n"), "{text:?}");
        assert_eq!(text.lines().count(), 1);
        assert_eq!(written("text", "warn"), "");
        assert_eq!(written("text", "warn,upsell=debug").lines().count(), 2);
        let json: serde_json::Value = serde_json::from_str(&written("json", "info")).unwrap();
        assert_eq!(json["message"], "sent");
        assert_eq!(json["to"], "somebody");
        assert_eq!(json["level"], "INFO");
    }

    #[test]
    fn network_addresses_are_masked() {
        for (address, shown) in [
            ("198.51.100.77", "198.51.100.0/24"),
            ("::ffff:198.51.100.77", "198.51.100.0/24"),
            ("2001:db8:1:2::7", "2001:db8:1::/48"),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(RedactedIp(address).to_string(), shown);
        }
    }
}
