//! Claim: leases due mails of a route's queue, and reads the views of their recipients together.
//! [`deliver::claim`] decides which.

use tokio::time::Instant;

use super::queue::Taken;
use super::send::Sender;
use super::worker::Outbox;
use crate::domain::ids::UserId;
use crate::usecases::{deliver, view};

impl Sender {
    /// Claims the next mails of the queue.
    pub(super) async fn take_more(&self) {
        let ids = self.queue.to_take();
        let Outbox { env, clock, .. } = &self.outbox;
        let now = clock();
        // Looked at before, so that what is taken meanwhile is not of a later term than it seems.
        let term = env.term(now).unwrap_or_default();
        let mails = deliver::claim(env, &ids, now).await;
        let mails = mails.unwrap_or_else(|error| {
            tracing::warn!(%error, "no mails could be taken; they are met again");
            Vec::new()
        });
        // Together: users of one tenant share most of it.
        let users: Vec<UserId> = mails.iter().map(|mail| mail.user_id).collect();
        let since = Instant::now();
        let views = view::load_many(env, &users).await.unwrap_or_default();
        let views = views
            .into_iter()
            .map(Some)
            .chain(std::iter::repeat_with(|| None));
        let taken = mails.into_iter().zip(views);
        let taken = taken.map(|(mail, view)| Taken {
            mail,
            term,
            since,
            view,
        });
        self.queue.took(taken);
    }

    /// Whether the mail is still this node's to begin: since it was taken, the others had no reason
    /// to take the node for dead.
    pub(super) fn may_begin(&self, taken: &Taken) -> bool {
        let Outbox { env, clock, .. } = &self.outbox;
        env.term(clock()) == Some(taken.term)
    }
}
