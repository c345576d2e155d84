//! "Did you mean …?": the known name nearest to a mistyped one.

use strsim::osa_distance;

/// `; did you mean …?` with the known name nearest to `written`, or where to look when none is
/// near.
pub(super) fn hint<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> String {
    // No setting is that long, and comparing takes time by the square.
    let known = known.filter(|_| written.len() <= 100);
    // A slip is a character too many, too few or wrong, or two swapped. A third of the letters wrong
    // is no slip any more.
    let limit = (written.chars().count() / 3).clamp(1, 4);
    known
        .map(|name| (osa_distance(written, name), name))
        .filter(|(distance, name)| *distance <= limit || same_key(written, name))
        .min()
        .map_or_else(
            || "; `upsell check-config --list` shows all names".to_owned(),
            |(_, name)| format!("; did you mean `{name}`?"),
        )
}

/// The right key in the wrong section.
fn same_key(written: &str, name: &str) -> bool {
    let key = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    key(written) == key(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered() {
        let known = ["smtp.port", "smtp.password", "mail.group_wait", "data"];
        for (written, expected) in [
            ("smtp.prot", "; did you mean `smtp.port`?"),
            ("smtp.pasword", "; did you mean `smtp.password`?"),
            ("smtp.group_wait", "; did you mean `mail.group_wait`?"),
            ("port", "; did you mean `smtp.port`?"),
            ("date", "; did you mean `data`?"),
            ("zzzzzz", "; `upsell check-config --list` shows all names"),
        ] {
            assert_eq!(hint(written, known.into_iter()), expected);
        }
    }
}
