//! Telemetry for operators: log lines and metrics.

pub mod logs;
pub mod metrics;
