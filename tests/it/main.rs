//! Integration tests: one binary, because linking is what takes the time.

mod architecture;
mod cli;
