//! The service in this process: a test reaches its store, and gives it the time instead of waiting
//! for it. It has no mail server.

use std::ffi::OsString;

use upsell::app::{self, Running};
use upsell::config::{Config, Sources};

use super::app::TestApp;

/// Starts it with these settings, and those that say where its store is, on free ports.
pub(crate) async fn start(
    settings: &[(&str, &str)],
    mut environment: Vec<(OsString, OsString)>,
) -> Running {
    let ports = [
        ("UPSELL_LISTEN", "127.0.0.1:0"),
        ("UPSELL_OPS_LISTEN", "127.0.0.1:0"),
    ];
    let pair = |(name, value): &(&str, &str)| (OsString::from(name), OsString::from(value));
    environment.extend(ports.iter().chain(settings).map(pair));
    let sources = Sources {
        flags: vec![],
        environment,
        file: None,
        read_file: &|_| unreachable!("no secret is in a file"),
    };
    let loaded = Config::load(sources).unwrap();
    app::start(&loaded.config).await.unwrap()
}

/// Starts it on the data of `app`, which must be stopped; it says that it is reached where `app` is.
pub(crate) async fn inside(app: &TestApp) -> Running {
    let data = app.data();
    let settings = [
        ("UPSELL_DATA", data.as_str()),
        ("UPSELL_PUBLIC_URL", app.base.as_str()),
    ];
    start(&settings, app.store_settings()).await
}
