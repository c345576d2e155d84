"""The harness behind `benches/compare/run`."""
