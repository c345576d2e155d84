//! Buy URL and Buy link (seed 001).

/// How the parameters of a Buy link are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LinkProfile {
    /// The names of this service (seed 001 describes the parameters without naming them).
    #[default]
    Default,
    /// The names that the vendor publishes today, so that an existing shop keeps working.
    Acronis,
}

/// How several items stand in one Buy link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ListStyle {
    /// One parameter, values separated by commas.
    #[default]
    Comma,
    /// One parameter per value.
    Repeated,
}
