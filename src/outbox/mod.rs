//! The way out for mail, in five stages. Each has one file; the decisions are in the use case that it
//! names, and what they say is stored with the mail, counted, and shown to operators.
//!
//! 1. **FanOut**, [`crate::usecases::fan_out`]: notices become mails, one for each recipient and window.
//! 2. **Claim**, `claim.rs` and [`crate::usecases::deliver::claim`]: due mails are taken, so that nobody else sends them.
//! 3. **Compose**, `compose.rs` and [`crate::usecases::compose`]: a mail is rendered from what is true then, or cancelled.
//! 4. **Send**, `send.rs` and `smtp`: a mail server takes it, or does not.
//! 5. **Record**, `record.rs` and [`crate::usecases::deliver::record`]: sent, tried again later, given up, or cancelled.
//!
//! `worker.rs` runs them; `due.rs` finds what is due, `route.rs` through which server it goes, and
//! `queue.rs` holds it until a connection is free.

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
