//! `upsell` tells the people of a backup cloud that a quota is full or will soon be, and takes the
//! one who may buy to the shop. See `ARCHITECTURE.md` for the map.
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::get_unwrap,
        clippy::panic,
        clippy::unreachable,
        clippy::expect_used
    )
)]

pub mod account_table;
pub mod app;
pub mod cli;
pub mod config;
pub mod http;
pub mod keyring;
pub mod outbox;
pub mod panics;
pub mod reference;
pub mod render;
pub mod smtp_host;
pub mod store;
pub mod systemd;
pub mod telemetry;
pub mod threads;
pub mod tracked_link;
pub mod usecases;

pub use upsell_domain as domain;
