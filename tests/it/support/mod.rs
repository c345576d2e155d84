//! What tests of several topics share.

pub(crate) mod accounts;
pub(crate) mod answer;
pub(crate) mod app;
pub(crate) mod backing;
pub(crate) mod binary;
pub(crate) mod browser;
pub(crate) mod host;
pub mod http;
pub(crate) mod inside;
pub(crate) mod member;
pub(crate) mod nodes;
pub(crate) mod objects;
pub(crate) mod operations;
pub(crate) mod pages;
pub(crate) mod python;
pub(crate) mod redis;
pub(crate) mod shared_store;
pub(crate) mod shell;
pub(crate) mod sink;
pub(crate) mod smtp_client;
pub(crate) mod smtp_conversation;
pub(crate) mod smtp_script;
pub mod world;
