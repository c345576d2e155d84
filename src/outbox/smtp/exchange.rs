//! One mail over an open connection: its envelope, its content, and what the server says to each.
//!
//! Where the server offers PIPELINING (RFC 2920), MAIL, RCPT and DATA go in one packet; and the
//! envelope of the next mail goes in the same packet as the end of this one, which §3.1 allows by
//! name. Each answer is still read in its turn and within its own time, and content is only sent
//! when all three answers are yes. A server that answers too much or too little is found out before
//! anything is handed over, since DATA alone is answered by 354.

use super::content::Content;
use super::envelope::Envelope;
use super::error::{Cause, SendError, Stage};
use super::reply::Reply;
use super::session::{Session, at, expect, positive};
use super::settings::{Settings, Timeouts};

/// A mail that is ready for the wire.
#[derive(Debug)]
pub struct PreparedMail {
    pub(super) envelope: Envelope,
    pub(super) content: Content,
}

impl PreparedMail {
    /// Checks `message`, a complete RFC 5322 message of at most `max_bytes`, and mends its line
    /// ends.
    pub(super) fn new(
        envelope: Envelope,
        message: &[u8],
        max_bytes: usize,
    ) -> Result<Self, SendError> {
        let content = Content::new(message, max_bytes).map_err(at(Stage::Content))?;
        Ok(Self { envelope, content })
    }
}

/// The commands before a mail's content.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Opening {
    mail: String,
    rcpt: String,
}

impl Opening {
    fn in_one(&self) -> String {
        [self.mail.as_str(), self.rcpt.as_str(), DATA].concat()
    }
}

const RSET: &str = "RSET\r\n";
const DATA: &str = "DATA\r\n";

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
        let refused = if self.pipelines {
            self.open_at_once(opening, times).await?
        } else {
            self.open_in_steps(&opening, times).await?
        };
        if let Some(error) = refused {
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

    fn opening(&self, prepared: &PreparedMail) -> Result<Opening, Cause> {
        Ok(Opening {
            mail: self.mail_command(&prepared.envelope, &prepared.content)?,
            rcpt: format!("RCPT TO:<{}>\r\n", prepared.envelope.to.as_str()),
        })
    }

    /// Says MAIL, RCPT and DATA one after the other. `Some`: the server refused the mail, and the
    /// connection can carry another.
    async fn open_in_steps(
        &mut self,
        opening: &Opening,
        times: &Timeouts,
    ) -> Result<Option<SendError>, SendError> {
        let wire = &mut self.wire;
        if std::mem::take(&mut self.needs_reset) {
            let reply = wire.command(RSET, times.mail).await;
            was_reset(reply.map_err(at(Stage::Mail))?)?;
        }
        let reply = wire.command(&opening.mail, times.mail).await;
        let reply = reply.map_err(at(Stage::Mail))?;
        if let Err(error) = positive(reply, Stage::Mail) {
            return refusal(error);
        }
        let reply = wire.command(&opening.rcpt, times.rcpt).await;
        let reply = reply.map_err(at(Stage::Rcpt))?;
        if let Err(error) = positive(reply, Stage::Rcpt) {
            self.needs_reset = true;
            return refusal(error);
        }
        let reply = wire.command(DATA, times.data).await;
        let reply = reply.map_err(at(Stage::Data))?;
        if let Err(error) = go_ahead(reply) {
            self.needs_reset = true;
            return refusal(error);
        }
        Ok(None)
    }

    /// Says MAIL, RCPT and DATA in one packet, unless that went ahead with the mail before, and
    /// reads the answers. `Some` as in [`Session::open_in_steps`].
    async fn open_at_once(
        &mut self,
        opening: Opening,
        times: &Timeouts,
    ) -> Result<Option<SendError>, SendError> {
        let with_reset = std::mem::take(&mut self.needs_reset);
        match self.ahead.take() {
            Some(ahead) if ahead == opening => {}
            // Another mail is open here, and this content must not go to its recipient.
            Some(_) => return Err(at(Stage::Mail)(Cause::Closed)),
            None => {
                let reset = if with_reset { RSET } else { "" };
                let group = [reset, &opening.in_one()].concat();
                let said = self.wire.say(&group, times.mail).await;
                said.map_err(at(Stage::Mail))?;
                if with_reset {
                    let reply = self.wire.reply(times.mail).await;
                    was_reset(reply.map_err(at(Stage::Mail))?)?;
                }
            }
        }
        self.answers_at_once(times).await
    }

    /// The answers to MAIL, RCPT and DATA that went in one packet. The first refusal is the mail's,
    /// whatever comes after it.
    async fn answers_at_once(&mut self, times: &Timeouts) -> Result<Option<SendError>, SendError> {
        let mail = self.wire.reply(times.mail).await.map_err(at(Stage::Mail))?;
        let mut refused = match positive(mail, Stage::Mail) {
            Ok(_) => None,
            Err(error) => refusal(error)?,
        };
        let is_begun = refused.is_none();
        let rcpt = match self.wire.reply(times.rcpt).await {
            Ok(rcpt) => positive(rcpt, Stage::Rcpt),
            Err(cause) => return Err(refused.unwrap_or_else(|| at(Stage::Rcpt)(cause))),
        };
        let has_recipient = rcpt.is_ok();
        if let (None, Err(error)) = (&refused, rcpt) {
            refused = refusal(error)?;
        }
        let data = match self.wire.reply(times.data).await {
            Ok(data) if self.wire.is_in_step() => data,
            Ok(_) => {
                let cause = Cause::Protocol("more than one reply to a command");
                return Err(refused.unwrap_or_else(|| at(Stage::Data)(cause)));
            }
            Err(cause) => return Err(refused.unwrap_or_else(|| at(Stage::Data)(cause))),
        };
        let waits_for_content = data.code() == 354;
        let refused = match (refused, go_ahead(data)) {
            (None, Ok(_)) => return Ok(None),
            (None, Err(error)) => return self.refused_data(error),
            (Some(refused), _) => refused,
        };
        self.needs_reset = is_begun;
        if waits_for_content && (has_recipient || !self.ends_empty(times).await) {
            // Content would go to that recipient; there is no other way out of here.
            return Err(refused);
        }
        Ok(Some(refused))
    }

    fn refused_data(&mut self, error: SendError) -> Result<Option<SendError>, SendError> {
        self.needs_reset = true;
        refusal(error)
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
        content: &Content,
        ahead: Option<&Opening>,
        times: &Timeouts,
    ) -> Result<(), SendError> {
        let bytes = content.wire();
        let last = self.wire.all_but_last_block(bytes, times.block).await;
        let last = last.map_err(at(Stage::Content))?;
        // From here on the server may have the whole message.
        let written = match ahead {
            None => self.wire.last_block(last, times.block).await,
            Some(ahead) => {
                let both = [last, ahead.in_one().as_bytes()].concat();
                self.wire.last_block(&both, times.block).await
            }
        };
        written.map_err(at(Stage::FinalDot))
    }
}

/// Whether the server said no in its turn, so that the conversation can go on.
fn refusal(error: SendError) -> Result<Option<SendError>, SendError> {
    if error.is_in_step() {
        Ok(Some(error))
    } else {
        Err(error)
    }
}

fn go_ahead(reply: Reply) -> Result<Reply, SendError> {
    expect(reply, Stage::Data, |reply| reply.code() == 354)
}

fn was_reset(reply: Reply) -> Result<(), SendError> {
    if reply.is_positive() {
        Ok(())
    } else {
        Err(at(Stage::Mail)(Cause::NoReset(reply)))
    }
}
