//! Integration tests: one binary, a module per topic. They speak to the library from outside, over
//! real sockets.

mod smtp_cancel;
mod smtp_delivery;
mod smtp_faults;
mod smtp_policy;
mod smtp_sink;
mod support;
