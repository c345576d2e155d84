//! The outbox sends mail in five stages, one file each. The use case named with a stage decides;
//! its decisions are stored with the mail, counted, and shown to operators.
//!
//! 1. **FanOut**, [`crate::usecases::fan_out`]: notices become mails, one for each recipient and window.
//! 2. **Claim**, `claim.rs` and [`crate::usecases::deliver::claim`]: this node claims mails that are due.
//! 3. **Compose**, `compose.rs` and [`crate::usecases::compose`]: a mail is rendered, or cancelled.
//! 4. **Send**, `send.rs` and `smtp`: a mail server accepts the mail, or not.
//! 5. **Record**, `record.rs` and [`crate::usecases::deliver::record`]: sent, retried, dead or cancelled.
//!
//! `worker.rs` runs the stages. `due.rs` finds the due mails to claim, `route.rs` picks the mail server,
//! and `queue.rs` holds the mails of one route until a connection is free.

mod claim;
mod compose;
mod due;
pub mod message;
mod queue;
mod record;
pub mod route;
mod send;
pub mod smtp;
pub mod worker;
