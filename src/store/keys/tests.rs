use super::*;
use crate::domain::mail::{MailState, Notice};
use crate::store::engine::{Record, Revision};

#[test]
fn order_of_keys_is_order_of_times() {
    let id = MailId::random();
    let at = |secs| Timestamp::from_secs(secs);
    let newest_first = |secs| mail_by_state(MailState::Sent, at(secs), id);
    assert!(newest_first(2) < newest_first(1));
}

#[test]
fn the_queue_is_ordered_by_route_and_then_by_time() {
    let (id, tenant) = (MailId::random(), TenantId::random());
    let at = |secs| Timestamp::from_secs(secs);
    let own = Some(tenant);
    let keys = [
        mail_due(None, at(255), id),
        mail_due(None, at(256), id),
        mails_due_until(None, at(256)),
        end_of_route(None),
        mail_due(own, at(1), id),
        end_of_route(own),
    ];
    assert!(keys.is_sorted(), "{keys:?}");
    let record = Record {
        revision: Revision(1),
        body: tenant.bytes().to_vec(),
    };
    for route in [None, own] {
        let key = mail_due(route, at(7), id);
        assert!(key.0.starts_with(&mails_due_by(route).0));
        let entry = QueueEntry {
            route,
            due_at: at(7),
            id,
            tenant_id: own,
        };
        assert_eq!(QueueEntry::read(&key, &record), Some(entry));
    }
    assert_eq!(QueueEntry::read(&mails_due(), &record), None);
}

#[test]
fn a_search_prefix_is_a_prefix_of_its_texts() {
    let account = AccountId::Tenant(TenantId::random());
    let stored = search_text("  FooBar GmbH", account);
    assert!(stored.0.starts_with(&search_prefix("foob").0));
    assert!(!stored.0.starts_with(&search_prefix("bar").0));
    assert_eq!(stored.trailing_account(), Some(account));
}

#[test]
fn index_keys_read_back() {
    let id = MailId::random();
    let at = Timestamp::from_secs(1_234_567);
    let mail = mail_by_state(MailState::Dead, at, id);
    assert_eq!(mail.created_and_mail(), Some((at, id)));
    let closed = clicks::closed_day(TenantId::random(), 77, 3);
    assert_eq!(closed.day_and_number(), Some((77, 3)));
    assert_eq!(revoked_expiry(at, "jti").text_after_time(), Some("jti"));
}

#[test]
fn a_notice_is_in_its_key() {
    use crate::domain::quota::{Item, Level};
    let said = |account, entered: &[(Item, Level)]| Notice {
        account,
        entered: entered.to_vec(),
        created_at: Timestamp::from_micros(1_234_567),
    };
    let storage = (Item::StorageSize, Level::Soon);
    let mobiles = (Item::MobileDevices, Level::HardExceeded);
    for account in [
        AccountId::Tenant(TenantId::random()),
        AccountId::User(UserId::random()),
    ] {
        let notices = [&[storage][..], &[mobiles], &[storage, mobiles]];
        let notices = notices.map(|entered| said(account, entered));
        for one in &notices {
            let key = notice(one);
            assert_eq!(notice_of(&key).as_ref(), Some(one));
            // What cannot be read is nothing, rather than another notice.
            let mut damaged = key.clone();
            damaged.0[9] = 5;
            assert_eq!(notice_of(&damaged), None);
            let odd = Key([&key.0[..9], &key.0[10..]].concat());
            assert_eq!(notice_of(&odd), None);
        }
        let keys = notices.each_ref().map(notice);
        assert!(keys[0] != keys[1] && keys[1] != keys[2]);
    }
}
