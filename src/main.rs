//! The `upsell` binary: parse arguments, hand over.

fn main() {}
