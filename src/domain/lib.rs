//! The pure core: values and decisions, without I/O, clock or async; `now` is an argument. Use
//! cases call the decisions; the store keeps the values, by their serde or in binary forms. It
//! imports std, serde, `uuid`, `url` and itself, nothing else.
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

mod as_text;
pub mod audit;
pub mod billing;
pub mod brand;
pub mod click;
pub mod client;
pub mod contact;
pub mod decimal;
pub mod evaluate;
pub mod ids;
pub mod item_set;
pub mod link;
pub mod mail;
pub mod meter;
mod named;
pub mod node;
pub mod plan;
pub mod proposal;
pub mod quota;
pub mod reseller;
pub mod rules;
pub mod snooze;
pub mod tenant;
pub mod text;
pub mod time;
pub mod user;
