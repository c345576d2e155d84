//! The integration tests, one module per topic, in one binary (linking is slow).

mod render;
