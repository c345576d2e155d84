//! The service in this process, where a test gives it the time instead of waiting for it. It has
//! no mail server.

use upsell::app::{self, Running};
use upsell::config::{Config, Override, Sources};

use super::app::TestApp;

/// Starts it on the data of `app`, which must be stopped; it says that it is reached where `app` is.
pub(crate) async fn inside(app: &TestApp) -> Running {
    let flag = |path: &str, value: &str| Override {
        path: path.to_owned(),
        value: value.to_owned(),
        flag: format!("--set {path}"),
    };
    let sources = Sources {
        flags: vec![
            flag("data", &app.data()),
            flag("listen", "127.0.0.1:0"),
            flag("ops_listen", "127.0.0.1:0"),
            flag("public_url", &app.base),
        ],
        environment: Vec::new(),
        file: None,
        read_file: &|_| unreachable!("no secret is in a file"),
    };
    let loaded = Config::load(sources).unwrap();
    app::start(&loaded.config).await.unwrap()
}
