//! Language tags, and the `Accept-Language` header.

use std::fmt;

/// A language tag (BCP 47): a language, perhaps a script, perhaps a region. Variants and
/// extensions are read over: no text depends on them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lang {
    language: String,
    script: Option<String>,
    region: Option<String>,
}

/// Longest tag that is looked at, in bytes (RFC 5646 §4.4.1 expects 35 to do).
const TAG_MAX_BYTES: usize = 64;

/// How many entries of an `Accept-Language` header are looked at.
const ACCEPT_MAX_ENTRIES: usize = 16;

impl Lang {
    /// `"de"`, `"de-AT"`, `"pt_BR"`, `"zh-Hant-TW"`, in any case. `None` where the text does not
    /// begin with a language of two or three letters.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        let tag = tag.trim();
        if tag.len() > TAG_MAX_BYTES {
            return None;
        }
        let mut subtags = tag.split(['-', '_']).peekable();
        let language = subtags
            .next()
            .filter(|text| matches!(text.len(), 2 | 3) && is_alphabetic(text))?
            .to_ascii_lowercase();
        let script = subtags
            .next_if(|text| text.len() == 4 && is_alphabetic(text))
            .map(title_case);
        let region = subtags
            .next_if(|text| {
                (text.len() == 2 && is_alphabetic(text))
                    || (text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit()))
            })
            .map(str::to_ascii_uppercase);
        Some(Self {
            language,
            script,
            region,
        })
    }

    /// The languages of an `Accept-Language` header (RFC 9110 §12.5.4), best first. Entries that
    /// are no language, `*` and those with quality 0 are left out.
    #[must_use]
    pub fn accepted(header: &str) -> Vec<Self> {
        let mut weighed: Vec<(u16, Self)> = header
            .split(',')
            .take(ACCEPT_MAX_ENTRIES)
            .filter_map(|entry| {
                let mut parts = entry.split(';');
                let lang = Self::parse(parts.next()?)?;
                let quality = parts
                    .find_map(|part| part.trim().strip_prefix("q="))
                    .map_or(Some(1000), quality_permille)?;
                (quality > 0).then_some((quality, lang))
            })
            .collect();
        // Stable: equal qualities keep the order of the header.
        weighed.sort_by_key(|(quality, _)| std::cmp::Reverse(*quality));
        weighed.into_iter().map(|(_, lang)| lang).collect()
    }

    /// The primary language: `"pt"` of `"pt-BR"`.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.language
    }

    /// The tags to look for, from the most to the least specific.
    pub(crate) fn candidates(&self) -> Vec<String> {
        let Self {
            language,
            script,
            region,
        } = self;
        let mut tags = Vec::with_capacity(4);
        if let (Some(script), Some(region)) = (script, region) {
            tags.push(format!("{language}-{script}-{region}"));
        }
        tags.extend(script.iter().map(|script| format!("{language}-{script}")));
        tags.extend(region.iter().map(|region| format!("{language}-{region}")));
        tags.push(language.clone());
        tags
    }
}

/// English.
impl Default for Lang {
    fn default() -> Self {
        Self {
            language: "en".to_owned(),
            script: None,
            region: None,
        }
    }
}

/// The tag in its usual case.
impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.language)?;
        for subtag in self.script.iter().chain(&self.region) {
            write!(f, "-{subtag}")?;
        }
        Ok(())
    }
}

fn is_alphabetic(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn title_case(text: &str) -> String {
    let (first, rest) = text.split_at(1);
    first.to_ascii_uppercase() + &rest.to_ascii_lowercase()
}

/// `"0.8"` as 800; `None` where it is not a quality of RFC 9110 §12.4.2.
fn quality_permille(text: &str) -> Option<u16> {
    let (whole, decimals) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let is_number = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    match whole {
        "1" if is_number => Some(1000),
        "0" if is_number => format!("{decimals:0<3}").parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_parsed_and_fall_back() {
        for (tag, shown, candidates) in [
            ("de", "de", vec!["de"]),
            ("DE_at", "de-AT", vec!["de-AT", "de"]),
            ("pt-BR", "pt-BR", vec!["pt-BR", "pt"]),
            (
                "zh-hant-tw",
                "zh-Hant-TW",
                vec!["zh-Hant-TW", "zh-Hant", "zh-TW", "zh"],
            ),
            ("es-419", "es-419", vec!["es-419", "es"]),
            ("de-DE-1996-x-foo", "de-DE", vec!["de-DE", "de"]),
        ] {
            let lang = Lang::parse(tag).unwrap();
            assert_eq!(lang.to_string(), shown);
            assert_eq!(lang.candidates(), candidates);
        }
        for wrong in [
            "",
            "e",
            "engl",
            "12",
            "*",
            "€€",
            "\r\n",
            "../../etc",
            &"a-".repeat(40),
        ] {
            assert_eq!(Lang::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn accepted_languages_come_best_first() {
        let tags = |header| -> Vec<String> {
            Lang::accepted(header)
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        assert_eq!(
            tags("en;q=0.7, de-AT, fr;q=0.8,*;q=0.5"),
            ["de-AT", "fr", "en"]
        );
        assert_eq!(tags("de;q=0, en;q=2, fr;q=x, it"), ["it"]);
        assert_eq!(tags(""), Vec::<String>::new());
        assert_eq!(tags(&"aa,".repeat(1000)).len(), ACCEPT_MAX_ENTRIES);
    }
}
