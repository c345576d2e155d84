//! The service in this process, where a test gives it the time instead of waiting for it. It has
//! no mail server.

use upsell::app::{self, Running};
use upsell::config::{Config, Override, Sources};

use super::app::TestApp;

/// Starts it on the data of `app`, which must be stopped; it says that it is reached where `app` is.
pub(crate) async fn inside(app: &TestApp) -> Running {
    let sources = Sources {
        flags: vec![
            Override::set("data", &app.data()),
            Override::set("listen", "127.0.0.1:0"),
            Override::set("ops_listen", "127.0.0.1:0"),
            Override::set("public_url", &app.base),
        ],
        environment: app.store_settings(),
        file: None,
        read_file: &|_| unreachable!("no secret is in a file"),
    };
    let loaded = Config::load(sources).unwrap();
    app::start(&loaded.config).await.unwrap()
}
