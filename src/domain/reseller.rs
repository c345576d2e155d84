//! Resellers (rule `reseller-plans`): price plans with their roles, and the domains that run under a plan.
//!
//! A role is named by a number that it keeps for life; users of a domain hold such numbers. Each
//! plan and each domain counts how many users hold each of its roles, so that one record tells
//! whether a role may be deleted.

pub mod book;
pub mod change;
pub mod domain;
pub mod name;
pub mod plan;
pub mod retention;
pub mod role;
