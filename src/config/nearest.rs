//! "Did you mean …?"

/// `; did you mean …?` with the known name nearest to `written`, or where to look when none is
/// near.
pub(super) fn hint<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> String {
    // No setting is that long, and comparing takes time by the square.
    let known = known.filter(|_| written.len() <= 100);
    // A third of the letters wrong is no slip any more.
    let limit = (written.chars().count() / 3).clamp(1, 4);
    known
        .map(|name| (distance(written, name), name))
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

/// How many slips apart two texts are: a character too many, too few or wrong, or two swapped
/// (optimal string alignment).
#[expect(clippy::indexing_slicing, reason = "i and j run over the two texts")]
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i);
        for j in 1..=b.len() {
            let wrong = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (last[j - 1] + wrong).min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before_last[j - 2] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("port", "port", 0),
            ("prot", "port", 1),
            ("ab", "ba", 1),
            ("abcd", "badc", 2),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

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
