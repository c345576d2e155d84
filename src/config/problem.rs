//! The errors of a configuration: where each is, what is wrong and what to do.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Origin {
    /// No source gave one.
    #[default]
    Default,
    /// The configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// The environment variable of this name.
    Environment(String),
    /// The command-line flag of this name, as the user typed it.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => f.write_str(name),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// One mistake in a configuration.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}: {source}; check the path and its permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no TOML.
    #[error("{origin}: {message}; see https://toml.io for the syntax")]
    Syntax {
        /// Where.
        origin: Origin,
        /// What the parser says.
        message: String,
    },
    /// There is no such setting.
    #[error("{origin}: there is no setting `{path}`{hint}")]
    Unknown {
        /// Where.
        origin: Origin,
        /// The name as written.
        path: String,
        /// `; did you mean …?`, or where to look.
        hint: String,
    },
    /// A setting where a section belongs, a table where a value belongs, and the like.
    #[error("{origin}: {reason}")]
    Shape {
        /// Where.
        origin: Origin,
        /// What is wrong and what to write instead.
        reason: String,
    },
    /// The value is not acceptable.
    #[error("{origin}: `{path}` = {shown}: {reason}")]
    Value {
        /// Where.
        origin: Origin,
        /// The setting.
        path: String,
        /// The text given; a secret is not shown.
        shown: String,
        /// What is wrong and what to write instead.
        reason: String,
    },
    /// A file that a setting names cannot be read.
    #[error("{origin}: cannot read {}: {source}; check the path and its permissions", path.display())]
    NamedFile {
        /// Which setting names the file.
        origin: Origin,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Settings that are right one by one and wrong together.
    #[error("{0}")]
    Together(String),
}

/// Everything that is wrong with a configuration; never empty.
#[derive(Debug)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.first().map(|problem| problem as _)
    }
}
