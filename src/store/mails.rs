//! Changes of the outbox: mails with the indexes of queue, states and leases, the open mail of a recipient,
//! notices, and what is remembered of recipients.

use super::engine::{Changes, Expect, Key};
use super::record::Stored;
use super::{Found, keys};
use crate::domain::notification::{Mail, MailState, Notice, Recipient};

/// The index entries that lead to a mail.
fn marks_of_mail(mail: &Mail) -> Vec<(Key, Vec<u8>)> {
    let mut marks = vec![(
        keys::mail_by_state(mail.state, mail.created_at, mail.id),
        Vec::new(),
    )];
    match mail.state {
        MailState::Queued => {
            // The tenant says where the mail belongs when brands change, without a look at the mail.
            let tenant = mail.tenant_id.bytes().to_vec();
            marks.push((keys::mail_due(mail.route, mail.due_at, mail.id), tenant));
            let owner = mail.lease.map(|lease| lease.owner);
            marks.extend(owner.map(|owner| (keys::nodes::lease(owner, mail.id), Vec::new())));
        }
        MailState::Sent | MailState::Cancelled | MailState::Dead => {}
    }
    marks
}

impl Changes {
    /// Stores a notice for the fan-out. One that says the same is the same record.
    pub fn put_notice(&mut self, notice: &Notice) -> &mut Self {
        self.put(keys::notice(notice), Vec::new())
    }

    /// Stores a new mail.
    pub fn create_mail(&mut self, mail: Mail) -> &mut Self {
        for (mark, body) in marks_of_mail(&mail) {
            self.put(mark, body);
        }
        let key = keys::mail(mail.id);
        self.expect(key.clone(), Expect::Absent)
            .put(key, mail.encode())
    }

    /// Stores a changed mail.
    pub fn update_mail(&mut self, old: &Found<Mail>, new: &Mail) -> &mut Self {
        let (before, after) = (marks_of_mail(old), marks_of_mail(new));
        for (mark, _) in before.iter().filter(|mark| !after.contains(mark)) {
            self.delete(mark.clone());
        }
        for (mark, body) in after.into_iter().filter(|mark| !before.contains(mark)) {
            self.put(mark, body);
        }
        let key = keys::mail(new.id);
        self.expect(key.clone(), Expect::Revision(old.revision))
            .put(key, new.encode())
    }

    /// Removes a mail.
    pub fn delete_mail(&mut self, old: &Found<Mail>) -> &mut Self {
        for (mark, _) in marks_of_mail(old) {
            self.delete(mark);
        }
        self.expect(keys::mail(old.id), Expect::Revision(old.revision));
        self.delete(keys::mail(old.id))
    }

    /// Stores what is remembered of a recipient, and when to remind them.
    pub fn put_recipient(&mut self, old: Option<&Found<Recipient>>, new: Recipient) -> &mut Self {
        let due = |recipient: &Recipient| {
            recipient
                .reminder_due_at
                .map(|at| keys::reminder_due(at, recipient.user_id))
        };
        if let Some(mark) = old.and_then(|old| due(old)) {
            self.delete(mark);
        }
        if let Some(mark) = due(&new) {
            self.put(mark, Vec::new());
        }
        let key = keys::recipient(new.user_id);
        self.expect(key.clone(), super::unchanged(old))
            .put(key, new.encode())
    }
}
