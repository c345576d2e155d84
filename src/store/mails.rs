//! Changes of the outbox: mails with the indexes of queue, states and leases, notices, and the
//! reminders of recipients.

use super::engine::{Changes, Expect};
use super::index::{Entry, leads_to, mark};
use super::{Found, keys, unchanged};
use crate::domain::mail::{Mail, MailState, Notice, Recipient};

/// The index entries that lead to a mail.
fn entries_of_mail(mail: &Mail) -> Vec<Entry> {
    let mut entries = vec![mark(keys::mail_by_state(
        mail.state,
        mail.created_at,
        mail.id,
    ))];
    match mail.state {
        MailState::Queued => {
            // The tenant says where the mail belongs when brands change, without a look at the mail.
            let due = keys::mail_due(mail.route, mail.due_at, mail.id);
            entries.push(leads_to(due, mail.tenant_id.uuid()));
            let owner = mail.lease.map(|lease| lease.owner);
            entries.extend(owner.map(|owner| mark(keys::nodes::lease(owner, mail.id))));
        }
        MailState::Sent | MailState::Cancelled | MailState::Dead => {}
    }
    entries
}

impl Changes {
    /// Stores a notice for the fan-out. One that says the same is the same record.
    pub fn put_notice(&mut self, notice: &Notice) -> &mut Self {
        self.put(keys::notice(notice), Vec::new())
    }

    /// Stores a new mail.
    pub fn create_mail(&mut self, mail: Mail) -> &mut Self {
        self.replace_entries(vec![], entries_of_mail(&mail)).save(
            keys::mail(mail.id),
            Expect::Absent,
            &mail,
        )
    }

    /// Stores a changed mail.
    pub fn update_mail(&mut self, old: &Found<Mail>, new: &Mail) -> &mut Self {
        self.replace_entries(entries_of_mail(old), entries_of_mail(new))
            .save(keys::mail(new.id), old.expected(), new)
    }

    /// Removes a mail.
    pub fn delete_mail(&mut self, old: &Found<Mail>) -> &mut Self {
        self.replace_entries(entries_of_mail(old), vec![])
            .remove(keys::mail(old.id), old.revision)
    }

    /// Stores when a recipient was sent mail, and when to remind them.
    pub fn put_recipient(&mut self, old: Option<&Found<Recipient>>, new: Recipient) -> &mut Self {
        let entries = |recipient: &Recipient| -> Vec<Entry> {
            let due = recipient.reminder_due_at.into_iter();
            due.map(|at| mark(keys::reminder_due(at, recipient.user_id)))
                .collect()
        };
        let before = old.map(|old| entries(old)).unwrap_or_default();
        self.replace_entries(before, entries(&new)).save(
            keys::recipient(new.user_id),
            unchanged(old),
            &new,
        )
    }
}
