//! Detection of host names that imitate another by mixing scripts.

/// The writing systems that the rule tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    /// `a`–`z`.
    Ascii,
    /// Latin letters beyond ASCII.
    Latin,
    Greek,
    Cyrillic,
    /// Chinese, Japanese and Korean, whose names mix several scripts by nature.
    EastAsian,
    /// Any other; told apart by blocks of 128 characters, which scripts do not share in practice.
    Other(u32),
}

/// Whether a label of `host` (in Unicode) mixes writing systems, as `pаypal` with a Cyrillic `а`
/// does. One script per label is allowed, Latin with ASCII, and East Asian scripts with ASCII
/// (the "highly restrictive" level of UTS 39 §5.2). Digits and hyphens go with every script.
/// A label that lies within one foreign script is allowed, whatever it looks like.
pub(super) fn mixes_scripts(host: &str) -> bool {
    host.split('.').any(|label| {
        let mut scripts = label.chars().filter_map(script);
        let Some(first) = scripts.next() else {
            return false;
        };
        let mut foreign = Some(first).filter(|script| *script != Script::Ascii);
        let mut ascii = first == Script::Ascii;
        for script in scripts {
            match foreign {
                _ if script == Script::Ascii => ascii = true,
                None => foreign = Some(script),
                Some(known) if known != script => return true,
                Some(_) => {}
            }
        }
        ascii && !matches!(foreign, None | Some(Script::Latin | Script::EastAsian))
    })
}

/// The script of a character; `None` for what belongs to all of them.
fn script(c: char) -> Option<Script> {
    match u32::from(c) {
        0x61..=0x7a | 0x41..=0x5a => Some(Script::Ascii),
        0x00..=0x7f | 0xb7 => None,
        0x80..=0x24f | 0x1e00..=0x1eff => Some(Script::Latin),
        // Combining marks go with the letter before them.
        0x300..=0x36f => None,
        0x370..=0x3ff | 0x1f00..=0x1fff => Some(Script::Greek),
        0x400..=0x52f | 0x1c80..=0x1c8f | 0x2de0..=0x2dff | 0xa640..=0xa69f => {
            Some(Script::Cyrillic)
        }
        0x1100..=0x11ff
        | 0x3005..=0x3007
        | 0x3040..=0x31bf
        | 0x31f0..=0x31ff
        | 0x3400..=0x4dbf
        | 0x4e00..=0x9fff
        | 0xac00..=0xd7ff
        | 0xf900..=0xfaff
        | 0x20000..=0x3ffff => Some(Script::EastAsian),
        other => Some(Script::Other(other / 128)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_labels_that_mix_scripts_are_refused() {
        for (host, mixed) in [
            ("shop.example.com", false),
            ("shop-24.example.com", false),
            ("127.0.0.1", false),
            ("bücher.example", false),
            ("магазин.example", false),
            ("магазин24.example", false),
            ("κατάστημα.example", false),
            ("日本語のお店.example", false),
            ("abcショップ.example", false),
            ("한국상점.example", false),
            ("חנות.example", false),
            // Cyrillic а, о, е among Latin letters.
            ("p\u{430}ypal.com", true),
            ("www.g\u{43e}\u{43e}gle.com", true),
            ("shop.exampl\u{435}.com", true),
            // Greek omicron.
            ("g\u{3bf}ogle.com", true),
            // Latin beyond ASCII with Cyrillic; Greek with Cyrillic; Japanese with Cyrillic.
            ("ü\u{430}.com", true),
            ("α\u{430}.com", true),
            ("日\u{430}.com", true),
            ("חנותshop.example", true),
        ] {
            assert_eq!(mixes_scripts(host), mixed, "{host}");
        }
    }
}
