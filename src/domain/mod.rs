//! The pure core: values and decisions. No I/O, no clock, no async. What is stored derives serde,
//! so that the store keeps it as it is.

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
pub mod meter;
mod named;
pub mod node;
pub mod notification;
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
