//! Resellers (rule `reseller-plans`): price plans with their roles, and domains under a plan.
//!
//! A role has a number that it keeps for life; users of a domain hold such numbers. Each plan and
//! each domain counts how many users hold each of its roles, so one record tells whether a role may
//! be deleted. Use cases call this and write plan, domain and roles in one commit.

pub mod book;
pub mod change;
pub mod domain;
pub mod name;
pub mod plan;
pub mod retention;
pub mod role;
