//! The arguments of `export` and `import`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::ConfigArgs;

/// Help of `export`, for its `after_help`.
pub const EXPORT_HELP: &str = "\
Stop the service first. Until it is whole, the file is called FILE.part; an export that was cut is
continued with --resume, as long as the service did not run in between. The keys of the deployment
(keys.json in the data directory) are not in it: copy them yourself.

Examples:
  upsell export --data /var/lib/upsell /mnt/upsell.export
  upsell export --data /var/lib/upsell --resume /mnt/upsell.export
  upsell export --data /var/lib/upsell - | zstd > /mnt/upsell.export.zst";

/// Help of `import`, for its `after_help`.
pub const IMPORT_HELP: &str = "\
The store must be empty: name a directory with nothing in it but the keys.json of the deployment that
the export was made of. `upsell serve` refuses the store until the import is finished.

Examples:
  upsell import --data /var/lib/upsell-new /mnt/upsell.export
  upsell import --data /var/lib/upsell-new --resume /mnt/upsell.export
  zstd -dc /mnt/upsell.export.zst | upsell import --data /var/lib/upsell-new -";

/// Of `export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The file to write; - is standard output.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Go on with an export that was cut, behind the last part of it that is whole.
    #[arg(long)]
    pub resume: bool,
    /// Replace a file of that name.
    #[arg(long)]
    pub force: bool,
}

/// Of `import`.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The file that `upsell export` wrote; - is standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Go on with an import that was cut, with the same file.
    #[arg(long)]
    pub resume: bool,
}

/// Whether the file is standard input or output.
#[must_use]
pub fn is_standard(file: &Path) -> bool {
    file.as_os_str() == "-"
}
