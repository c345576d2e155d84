//! A server that stalls holds one connection, not all of its own; once it is well it has all again.

use std::time::Duration;

use upsell::outbox::smtp::Encryption;

use crate::outbox_together::{fan_out, told};
use crate::support::app::eventually;
use crate::support::outbox::Running;
use crate::support::smtp_client::{impatient, target};
use crate::support::smtp_script::{Act, At, Setup, SmtpScript};

const PEOPLE: usize = 80;

/// The connections that one server has.
const CONNECTIONS: usize = 10;

/// How long a stage may take: enough for a busy machine.
const PATIENCE: Duration = Duration::from_millis(1_500);

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stalls_is_probed_by_one_connection_and_recovers_at_once() {
    let (world, _) = told(PEOPLE).await;
    fan_out(&world).await;
    // Slow enough that connections are open side by side.
    let setup = Setup {
        pause: Duration::from_millis(5),
        ..Setup::default()
    };
    let server = SmtpScript::with(setup).await;
    server.always(At::Mail, Act::Stall);
    let target = target(&server, Encryption::None);
    let mailer = impatient(&server, PATIENCE);
    let running = Running::start(&world.env, mailer, Some(target), 30);

    // At first nobody knows; from the first time-outs on there is one at a time, and the one that
    // it replaces may not have hung up yet.
    server.until_reached(At::Mail, CONNECTIONS).await;
    eventually("it is probed", async || {
        (server.connections() > CONNECTIONS).then_some(())
    })
    .await;
    let mut most = 0;
    eventually("it is probed again and again", async || {
        // All that came before the first time-out are gone by the second probe.
        if server.connections() > CONNECTIONS + 1 {
            most = most.max(server.open());
        }
        (server.connections() >= CONNECTIONS + 4).then_some(())
    })
    .await;
    assert!(most <= 2, "{most} connections to a server that stalls");

    server.relent();
    let mut most = 0;
    eventually("the mails arrive", async || {
        most = most.max(server.open());
        (server.taken().len() >= PEOPLE - 2 * CONNECTIONS).then_some(())
    })
    .await;
    assert!(most > 2, "{most} connections to a server that is well");
    running.stop().await;
}
