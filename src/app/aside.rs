//! Work that nobody waits for: on a thread of its own, behind all others.

use std::thread;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::threads;

/// Runs `work` to its end, with what time the other threads leave.
pub(super) async fn run(name: &str, work: impl Future<Output = ()> + Send + 'static) {
    let (done, end) = oneshot::channel();
    let runtime = Handle::current();
    let begun = thread::Builder::new().name(name.to_owned()).spawn(move || {
        threads::stand_back();
        threads::stand_back();
        runtime.block_on(work);
        // Who no longer waits for it need not be told.
        let _gone = done.send(());
    });
    match begun {
        // An error means that it panicked, which has been reported.
        Ok(_) => drop(end.await),
        Err(error) => tracing::warn!(name, %error, "no thread could be started; done without"),
    }
}
