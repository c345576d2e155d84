//! The ways out: mail that was decided is handed to an SMTP server, and is not lost before.

pub mod smtp;
