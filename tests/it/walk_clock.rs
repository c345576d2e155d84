//! A clock that ran eight days ahead and was set back: reports and mails go on at once.

use std::time::Duration;

use serde_json::json;
use upsell::app::system_clock;
use upsell::domain::client::ApiScopes;
use upsell::domain::ids::{AccountId, ClientId, MailId, TenantId, UserId};
use upsell::domain::mail::{Cause, Mail, MailKind};
use upsell::domain::meter::UsageKey;
use upsell::domain::quota::{Item, Level};
use upsell::store::engine::Changes;
use upsell::usecases::access::Caller;
use upsell::usecases::report_usage::{Mode, UsageReport, report_usages};

use crate::support::accounts::{Account, PLAIN};
use crate::support::app::{TestApp, eventually};
use crate::support::inside::inside;
use crate::support::sink::Sink;
use crate::support::world::cx;

const EIGHT_DAYS: Duration = Duration::from_secs(8 * 86_400);

#[tokio::test]
async fn reports_and_mails_go_on_when_a_clock_that_ran_ahead_is_set_back() {
    let sink = Sink::start().await;
    let mut app = TestApp::with_sink(&sink, &[]).await;
    let tenant = app.create_customer().await;
    let user = app.create_user(&tenant, PLAIN).await;
    let account = Account::Tenant(&tenant);
    app.set_quota(account, "storage", 100).await;
    app.sigterm().await;

    // What the service stores while its clock is ahead.
    let running = inside(&app).await;
    let env = &running.env;
    let ahead = system_clock().plus(EIGHT_DAYS);
    let tenant_id: TenantId = tenant.id.parse().unwrap();
    let user_id: UserId = user.id.parse().unwrap();
    let root: TenantId = app.first.tenant_id.parse().unwrap();
    let caller = Caller::of_client(ClientId::random(), root, ApiScopes::all());
    let report = UsageReport {
        account: AccountId::Tenant(tenant_id),
        key: UsageKey {
            usage_name: "storage".into(),
            edition: None,
            infra_id: None,
        },
        absolute: 100,
        observed_at: None,
    };
    let done = report_usages(cx(env, &caller, ahead), vec![report], Mode::Commit).await;
    assert!(done.lines[0].is_ok(), "{done:?}");
    let id = MailId::random();
    let due_at = ahead.plus(env.settings.group_wait);
    let to = (tenant_id, user_id);
    let mut mail = Mail::new(id, MailKind::Quota, to, ahead, due_at);
    mail.add(Cause {
        account: AccountId::Tenant(tenant_id),
        item: Item::StorageSize,
        level: Level::Exceeded,
    });
    let mut changes = Changes::new();
    changes.create_mail(mail);
    env.store.commit(changes).await.unwrap();
    running.stop().await.unwrap();

    app.restart().await;
    let token = app.token_of(&app.first).await;
    app.token = token;
    eventually("the mail of the time ahead is sent", async || {
        let mut sent = app.emails("sent").await.into_iter();
        sent.find(|mail| mail["id"] == json!(id.to_string()))
    })
    .await;
    assert_eq!(app.alerts(&user).await.len(), 1);
    let answer = app.report(&[(account, "storage", 1)]).await;
    assert_eq!(answer["accepted"], json!(1), "{answer}");
    assert_eq!(answer["skipped"], json!(0), "{answer}");
    assert_eq!(app.alerts(&user).await.len(), 0);
}

#[tokio::test]
async fn a_collector_may_be_ahead_by_what_the_setting_says() {
    let app = TestApp::start(&[("UPSELL_LIMITS_MAX_CLOCK_SKEW", "2m")]).await;
    let tenant = app.create_customer().await;
    let now = system_clock();
    for (seconds, is_taken) in [(60, true), (0, false), (180, false)] {
        let at = now.plus(Duration::from_secs(seconds));
        let at = chrono::DateTime::from_timestamp_micros(at.micros()).unwrap();
        let record = json!([{
            "tenant_id": tenant.id, "usage_name": "storage", "value": 1,
            "observed_at": at.to_rfc3339(),
        }]);
        let answer = app.post("/api/upsell/v1/usages", &record).await.expect(200);
        let answer = answer.json();
        assert_eq!(
            answer["accepted"] == json!(1),
            is_taken,
            "{seconds}: {answer}"
        );
        if seconds == 180 {
            let why = answer["rejected"][0]["error"]["detail"].to_string();
            assert!(why.contains("limits.max_clock_skew"), "{why}");
        }
    }
    // Without a time it is taken whatever came before.
    let answer = app
        .report(&[(Account::Tenant(&tenant), "storage", 2)])
        .await;
    assert_eq!(answer["accepted"], json!(1), "{answer}");
}
