//! Tests from outside, in one binary because linking is slow. One module per topic.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::too_many_lines,
    reason = "a test fails by panicking; its helpers are shared as is handy; a walk or a table is read \
              from top to bottom"
)]

mod access_matrix;
mod account_access;
mod account_api;
mod account_disabled;
mod account_idp;
mod account_lists;
mod account_mail_limits;
mod account_privileges;
mod account_quota;
mod account_tenants;
mod account_usages;
mod account_users;
mod account_walk;
mod architecture;
mod audit;
mod audit_rules;
mod billing_life;
mod billing_rules;
mod billing_seed;
mod billing_taxes;
mod cli;
mod clock_jumps;
mod demo;
mod deployment;
mod docs_blocks;
mod docs_claims;
mod docs_commands;
mod docs_links;
mod docs_tour;
mod facts;
mod idempotency;
mod idempotency_faults;
mod moving;
mod moving_servers;
mod moving_store;
mod moving_support;
mod native_alerts;
mod native_emails;
mod native_explain;
mod native_quotas;
mod native_usages;
mod nodes;
mod nodes_away;
mod nodes_load;
mod nodes_mail;
mod nodes_start;
mod openapi;
mod openapi_examples;
mod outbox_colleagues;
mod outbox_nodes;
mod outbox_presence;
mod outbox_rules;
mod outbox_together;
mod own_pages;
mod partner_access;
mod partner_buying;
mod partner_plans;
mod partner_support;
mod preconditions;
mod preview;
mod put_preconditions;
mod query_rules;
mod redirect;
mod redirect_clicks;
mod redis_servers;
mod remembered;
mod render;
mod request_counts;
mod reseller_access;
mod reseller_change;
mod reseller_domains;
mod reseller_nodes;
mod reseller_plans;
mod reseller_races;
mod schemathesis;
mod server_drain;
mod server_h2;
mod server_limits;
mod server_slow;
mod server_support;
mod server_vectors;
mod smtp_cancel;
mod smtp_delivery;
mod smtp_faults;
mod smtp_pipelining;
mod smtp_policy;
mod smtp_sink;
mod store_contract;
mod store_crash;
mod store_embedded;
mod store_model;
mod store_redis;
mod support;
mod walk_access;
mod walk_bad_input;
mod walk_brand_smtp;
mod walk_clock;
mod walk_crash;
mod walk_expiry;
mod walk_life;
mod walk_links;
mod walk_logs;
mod walk_mail;
mod walk_reminders;
mod walk_seeds;
mod walks;
mod widget;
