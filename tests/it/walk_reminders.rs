//! Reminders: a standing alert is told again after the repeat interval, counted from the last mail
//! that was sent. The interval is days, so the clock is given here instead of waited for.

use std::time::Duration;

use upsell::app::system_clock;
use upsell::domain::ids::MailId;
use upsell::domain::mail::{MailKind, MailState};
use upsell::usecases::compose::{Due, compose};
use upsell::usecases::deliver::{Remind, remind_next};

use crate::support::accounts::{Account, PLAIN};
use crate::support::app::{TestApp, eventually};
use crate::support::inside::inside;
use crate::support::sink::Sink;

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn a_standing_alert_is_told_again_a_week_after_the_last_mail() {
    let sink = Sink::start().await;
    let mut app = TestApp::with_sink(&sink, &[]).await;
    let tenant = app.create_customer().await;
    let user = app.create_user(&tenant, PLAIN).await;
    app.set_quota(Account::Tenant(&tenant), "storage", 100)
        .await;
    let before = system_clock();
    app.report_usage(Account::Tenant(&tenant), "storage", 100)
        .await;
    eventually("the mail counts as sent", async || {
        app.emails("sent").await.pop()
    })
    .await;
    app.sigterm().await;

    let running = inside(&app).await;
    let env = &running.env;
    let week = before.plus(7 * DAY);
    let Ok(Remind::NotBefore(due)) = remind_next(env, &mut None, before.plus(6 * DAY)).await else {
        panic!("a reminder came early, or none will come");
    };
    assert!(
        due >= week && due.since(week) < Duration::from_secs(60),
        "{due:?}"
    );
    assert_eq!(remind_next(env, &mut None, due).await, Ok(Remind::Done));
    assert_eq!(
        remind_next(env, &mut None, due).await,
        Ok(Remind::Idle),
        "once"
    );

    let queue = env.store.engine();
    let entries = queue
        .scan(
            &upsell::store::keys::mails_by_state(MailState::Queued),
            None,
            10,
        )
        .await
        .unwrap();
    assert_eq!(entries.len(), 1);
    let (_, id) = entries[0].0.created_and_mail().unwrap();
    let id: MailId = id;
    let mail = env.store.mail(id).await.unwrap().unwrap();
    assert_eq!(mail.kind, MailKind::Reminder);
    assert_eq!(mail.user_id.to_string(), user.id);
    let Ok(Due::Send(composed)) = compose(env, &mail, due).await else {
        panic!("the reminder is not sent");
    };
    assert!(
        composed.text.contains("* Storage: Exceeded"),
        "{}",
        composed.text
    );
    running.stop().await.unwrap();
}

#[tokio::test]
async fn nobody_is_reminded_of_what_is_over() {
    let sink = Sink::start().await;
    let mut app = TestApp::with_sink(&sink, &[]).await;
    let tenant = app.create_customer().await;
    app.create_user(&tenant, PLAIN).await;
    app.set_quota(Account::Tenant(&tenant), "storage", 100)
        .await;
    app.report_usage(Account::Tenant(&tenant), "storage", 100)
        .await;
    eventually("the mail counts as sent", async || {
        app.emails("sent").await.pop()
    })
    .await;
    app.report_usage(Account::Tenant(&tenant), "storage", 1)
        .await;
    app.sigterm().await;

    let running = inside(&app).await;
    let later = system_clock().plus(8 * DAY);
    assert_eq!(
        remind_next(&running.env, &mut None, later).await,
        Ok(Remind::Done)
    );
    let queued = upsell::store::keys::mails_by_state(MailState::Queued);
    let entries = running.env.store.engine().scan(&queued, None, 10).await;
    assert!(entries.unwrap().is_empty());
    running.stop().await.unwrap();
}
