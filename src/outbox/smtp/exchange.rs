//! One mail over an open connection: its envelope, its content, and what the server says to each.
//!
//! Where the server offers PIPELINING (RFC 2920), MAIL, RCPT and DATA go in one packet; and the
//! envelope of the next mail goes in the same packet as the end of this one, which §3.1 allows by
//! name. Each answer is still read in its turn and within its own time, and content is only sent
//! when all three answers are yes. A server that answers too much or too little is found out before
//! anything is handed over, since DATA alone is answered by 354.

use std::time::Duration;

use super::content;
use super::error::{Cause, SendError, Stage};
use super::reply::Reply;
use super::session::{Session, at, expect, positive};
use super::settings::{Settings, Timeouts};
use crate::domain::contact::EmailAddress;

/// From whom and to whom. One recipient: a refused one must not take others down with it.
#[derive(Clone)]
pub struct Envelope {
    /// Where bounces go (the return path).
    pub from: EmailAddress,
    /// The recipient.
    pub to: EmailAddress,
}

/// A mail that is ready for the wire.
pub struct PreparedMail {
    pub(super) envelope: Envelope,
    /// Everything after the 354, the final dot included.
    pub(super) content: Vec<u8>,
}

impl PreparedMail {
    /// Checks `message`, a complete RFC 5322 message of at most `max_bytes`, and mends its line
    /// ends.
    pub(super) fn new(
        envelope: Envelope,
        message: &[u8],
        max_bytes: usize,
    ) -> Result<Self, SendError> {
        let content = content::stuffed(message, max_bytes).map_err(at(Stage::Content))?;
        Ok(Self { envelope, content })
    }
}

/// What is said before a mail's content: MAIL, RCPT and DATA.
#[derive(PartialEq, Eq)]
pub(super) struct Opening(pub(super) [String; 3]);

const RSET: &str = "RSET\r\n";

impl Session {
    /// Hands over `prepared`. The opening of `next` may be sent ahead: the next mail over this
    /// connection must then be that one.
    pub(super) async fn send(
        &mut self,
        prepared: &PreparedMail,
        next: Option<&PreparedMail>,
        settings: &Settings,
    ) -> Result<Reply, SendError> {
        let times = &settings.timeouts;
        let opening = self.opening(prepared).map_err(at(Stage::Mail))?;
        // Whatever ends this early leaves a connection where nobody can go on.
        self.is_usable = false;
        self.begin(&opening, times).await?;
        if let Some(error) = self.refusal(&opening, times).await? {
            self.is_usable = !error.is_farewell();
            return Err(error);
        }
        // A mail that cannot be sent here hears so in its turn.
        let next = next.filter(|_| self.may_send_ahead(settings));
        let ahead = next.and_then(|next| self.opening(next).ok());
        self.hand_over(&prepared.content, ahead.as_ref(), times)
            .await?;
        self.ahead = ahead;
        let reply = self.wire.reply(times.final_dot).await;
        let reply = reply.map_err(at(Stage::FinalDot))?;
        self.mails = self.mails.saturating_add(1);
        let answered = positive(reply, Stage::FinalDot);
        self.is_usable = match &answered {
            Ok(_) => true,
            Err(error) => error.is_in_step() && !error.is_farewell(),
        };
        answered
    }

    /// Whether the opening of another mail may follow the mail that goes out now.
    pub(super) fn may_send_ahead(&self, settings: &Settings) -> bool {
        self.pipelines && self.mails.saturating_add(1) < settings.mails_per_connection
    }

    /// Has the server forget a mail that it refused, and says the opening where it goes in one
    /// packet, unless it went ahead with the mail before.
    async fn begin(&mut self, opening: &Opening, times: &Timeouts) -> Result<(), SendError> {
        let failed = at(Stage::Mail);
        let needs_reset = std::mem::take(&mut self.needs_reset);
        match self.ahead.take() {
            Some(ahead) if ahead == *opening => return Ok(()),
            // Another mail is open here, and this content must not go to its recipient.
            Some(_) => return Err(failed(Cause::Closed)),
            None if self.pipelines => {
                let reset = if needs_reset { RSET } else { "" };
                let group = [reset, &opening.0.concat()].concat();
                self.wire.say(group, times.mail).await.map_err(&failed)?;
            }
            None => {}
        }
        if needs_reset {
            let reply = self.answer(RSET, times.mail).await.map_err(&failed)?;
            if !reply.is_positive() {
                return Err(failed(Cause::NoReset(reply)));
            }
        }
        Ok(())
    }

    /// The answer to a command, which is said now unless it went in one packet with others.
    async fn answer(&mut self, command: &str, time: Duration) -> Result<Reply, Cause> {
        if self.pipelines {
            self.wire.reply(time).await
        } else {
            self.wire.command(command, time).await
        }
    }

    /// The answers to the opening. `Some`: the server refused the mail, and the connection can carry
    /// another. The first refusal is the mail's, whatever comes after it.
    async fn refusal(
        &mut self,
        Opening([mail, rcpt, data]): &Opening,
        times: &Timeouts,
    ) -> Result<Option<SendError>, SendError> {
        let mut refused = None;
        let mut accepted = Vec::new();
        for (command, stage, time) in [
            (mail, Stage::Mail, times.mail),
            (rcpt, Stage::Rcpt, times.rcpt),
            (data, Stage::Data, times.data),
        ] {
            if refused.is_some() && !self.pipelines {
                break;
            }
            let answered = match self.answer(command, time).await {
                Ok(reply) if stage == Stage::Data => {
                    expect(reply, stage, |reply| reply.code() == 354)
                }
                Ok(reply) => positive(reply, stage),
                Err(cause) => return Err(refused.unwrap_or_else(|| at(stage)(cause))),
            };
            match answered {
                Ok(_) => accepted.push(stage),
                Err(_) if refused.is_some() => {}
                // The server said no in its turn, so that the conversation can go on.
                Err(error) if error.is_in_step() => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        if !self.wire.is_in_step() {
            let cause = Cause::Protocol("more than one reply to a command");
            return Err(refused.unwrap_or_else(|| at(Stage::Data)(cause)));
        }
        let Some(refused) = refused else {
            return Ok(None);
        };
        self.needs_reset = accepted.contains(&Stage::Mail);
        let wants_content = accepted.contains(&Stage::Data);
        if wants_content && (accepted.contains(&Stage::Rcpt) || !self.ends_empty(times).await) {
            // Content would go to that recipient; there is no other way out of here.
            return Err(refused);
        }
        Ok(Some(refused))
    }

    /// The server wants content for a mail that it gave no recipient: an empty one ends that
    /// (RFC 2920 §3.1). Whether it did.
    async fn ends_empty(&mut self, times: &Timeouts) -> bool {
        let ended = self.wire.command(".\r\n", times.final_dot).await;
        self.needs_reset = false;
        ended.is_ok()
    }

    /// Sends the content, and in the packet of its end what goes ahead.
    async fn hand_over(
        &mut self,
        content: &[u8],
        ahead: Option<&Opening>,
        times: &Timeouts,
    ) -> Result<(), SendError> {
        let last = self.wire.all_but_last_block(content, times.block).await;
        let last = last.map_err(at(Stage::Content))?;
        // From here on the server may have the whole message.
        let written = match ahead {
            None => self.wire.say(last, times.block).await,
            Some(ahead) => {
                let both = [last, ahead.0.concat().as_bytes()].concat();
                self.wire.say(both, times.block).await
            }
        };
        written.map_err(at(Stage::FinalDot))
    }
}
