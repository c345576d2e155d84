//! The section `[usage_names]`: which item the vendor's usage names count towards. Its keys are
//! open, so it is no declared section.

use super::problem::Problem;
use super::source::Given;
use crate::domain::meter::UsageNames;
use crate::domain::quota::Item;

/// The name of the section.
pub(super) const SECTION: &str = "usage_names";

/// What holds where nothing else is configured.
pub(super) const DEFAULTS: [(&str, Item); 5] = [
    ("storage", Item::StorageSize),
    ("workstations", Item::PhysicalMachines),
    ("servers", Item::PhysicalServers),
    ("vms", Item::VirtualMachines),
    ("mobiles", Item::MobileDevices),
];

/// The defaults, with the given names added, changed, or (`none`) taken away.
pub(super) fn read(given: &Given, problems: &mut Vec<Problem>) -> UsageNames {
    let defaults = DEFAULTS.into_iter();
    let mut names: UsageNames = defaults.map(|(name, item)| (name.into(), item)).collect();
    for (path, given) in given {
        let Some(name) = name_in(path) else { continue };
        match given.text.parse() {
            Ok(item) => {
                names.insert(name.into(), item);
            }
            Err(_) if given.text == "none" => {
                names.remove(name);
            }
            Err(error) => problems.push(Problem::Value {
                origin: given.origin.clone(),
                path: path.clone(),
                shown: format!("{:?}", given.text),
                reason: format!("{error}, or none"),
            }),
        }
    }
    names
}

/// The usage name in a path of this section, where it is one: lower-case ASCII letters, digits
/// and `_`, at most 64, so that every name has an environment variable.
pub(super) fn name_in(path: &str) -> Option<&str> {
    let name = path.strip_prefix(SECTION)?.strip_prefix('.')?;
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    ((1..=64).contains(&name.len()) && name.bytes().all(allowed)).then_some(name)
}

/// The path that an environment variable of this section stands for.
pub(super) fn path_of_variable(variable: &str) -> Option<String> {
    let name = variable.strip_prefix("UPSELL_USAGE_NAMES_")?;
    let path = format!("{SECTION}.{}", name.to_ascii_lowercase());
    name_in(&path).is_some().then_some(path)
}
