//! The way out for mail: notices become mails, mails are composed when they are due, and a mail
//! server takes them or they are tried again. See `usecases::{fan_out, compose, deliver}` for the
//! decisions; here is what runs them.

mod due;
pub mod message;
mod queue;
mod results;
pub mod route;
mod sending;
pub mod smtp;
pub mod worker;
