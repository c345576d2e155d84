//! Makes text from outside harmless: no control characters, no direction overrides, bounded length.
//! The result is safe in a subject and in a page.

use std::borrow::Cow;

/// Longest name of a person, company or service that is shown, in characters.
pub(crate) const NAME_MAX_CHARS: usize = 80;

/// Longest subject line, in characters, before the mail library encodes it.
pub(crate) const SUBJECT_MAX_CHARS: usize = 200;

/// Width at which the text part of a mail is wrapped (RFC 5322 §2.1.1 asks for at most 78).
pub(crate) const WRAP_COLUMNS: usize = 76;

/// One line: every run of white space, control characters and line separators becomes one space;
/// invisible characters that reorder or hide text are dropped.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(1024));
    let mut gap = false;
    for c in text.chars().filter(|c| !is_deceptive(*c)) {
        if c.is_control() || is_breaking_space(c) {
            gap = true;
            continue;
        }
        if gap && !line.is_empty() {
            line.push(' ');
        }
        gap = false;
        line.push(c);
    }
    line
}

/// [`one_line`], cut to `max_chars` characters, the last of which is then an ellipsis.
pub(crate) fn short(text: &str, max_chars: usize) -> String {
    // Names of megabytes are not walked to their end: a few times the limit shows all that a
    // name of ordinary composition can show.
    let bounded: String = text.chars().take(max_chars.saturating_mul(8)).collect();
    let was_cut = bounded.len() < text.len();
    let line = one_line(&bounded);
    if !was_cut && line.chars().count() <= max_chars {
        return line;
    }
    let mut cut: String = line.chars().take(max_chars.saturating_sub(1)).collect();
    // A joiner left at the end would join the ellipsis.
    cut.truncate(cut.trim_end_matches(['\u{200d}', ' ']).len());
    cut.push('…');
    cut
}

/// A name as it is shown: one line of at most [`NAME_MAX_CHARS`].
pub(crate) fn name(text: &str) -> String {
    short(text, NAME_MAX_CHARS)
}

/// The last line of defence, applied to every value a template prints: control and deceptive
/// characters become nothing, line breaks become spaces.
pub(crate) fn neutralise(text: &str) -> Cow<'_, str> {
    let is_odd = |c: char| c.is_control() || is_deceptive(c) || is_line_separator(c);
    // Most values are of ASCII alone, where this is quick to see.
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain || !text.contains(is_odd) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(one_line(text))
    }
}

/// [`neutralise`], and what would be markup is text, in an element as in an attribute in quotes.
pub(crate) fn markup(text: &str) -> Cow<'_, str> {
    let is_special = |byte| matches!(byte, b'<' | b'>' | b'"' | b'&' | b'\'' | b'`' | b'=');
    let text = neutralise(text);
    if text.bytes().any(is_special) {
        Cow::Owned(handlebars::html_escape(&text))
    } else {
        text
    }
}

/// White space that may be collapsed. The no-break spaces are not: numbers are written with them.
fn is_breaking_space(c: char) -> bool {
    c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{202f}')
}

const fn is_line_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Characters that show nothing but change how others look: direction marks, embeddings,
/// overrides and isolates (UAX #9), zero-width space and no-break space, soft hyphen, word
/// joiners and invisible operators, interlinear annotation, language tags, noncharacters.
/// The joiners U+200C and U+200D stay: emoji and several scripts are written with them.
const fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffc}' | '\u{fdd0}'..='\u{fdef}' | '\u{e0000}'..='\u{e007f}')
        || (c as u32) & 0xfffe == 0xfffe
}

/// A text that may be anything, in lines of the width of a plain mail: see [`wrap`].
pub(crate) fn wrapped(text: &str, indent: usize) -> String {
    wrap(&one_line(text), indent)
}

/// `text` broken into lines of at most [`WRAP_COLUMNS`] columns, at spaces or between characters
/// of scripts that are written without them. A word that is longer stays whole (a link must).
/// Lines after the first begin with `indent` spaces; the caller has indented the first.
fn wrap(text: &str, indent: usize) -> String {
    let room = WRAP_COLUMNS.saturating_sub(indent);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut line_columns = 0;
    for (piece, space_before) in pieces(text) {
        let piece_columns: usize = piece.chars().map(columns).sum();
        let gap = usize::from(space_before && !line.is_empty());
        if !line.is_empty() && line_columns + gap + piece_columns > room {
            lines.push(std::mem::take(&mut line));
            line_columns = 0;
        } else if gap == 1 {
            line.push(' ');
            line_columns += 1;
        }
        line.push_str(piece);
        line_columns += piece_columns;
    }
    lines.push(line);
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

/// The unbreakable pieces of `text`, each with whether a space stood before it.
fn pieces(text: &str) -> Vec<(&str, bool)> {
    let mut pieces = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut start = 0;
        let mut before: Option<char> = None;
        for (at, c) in word.char_indices() {
            if before.is_some_and(|previous| may_break_between(previous, c)) {
                pieces.push((word.get(start..at).unwrap_or_default(), start == 0));
                start = at;
            }
            before = Some(c);
        }
        pieces.push((word.get(start..).unwrap_or_default(), start == 0));
    }
    pieces
}

/// Between two wide characters, unless the second may not begin a line or the first not end one.
fn may_break_between(first: char, second: char) -> bool {
    columns(first) == 2
        && columns(second) == 2
        && !"、。，．！？）」』】〉》・ー々：；".contains(second)
        && !"（「『【〈《".contains(first)
}

/// Columns a character takes in a fixed-width font (East Asian Width, roughly: wide or not).
const fn columns(c: char) -> usize {
    match c {
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_direction_characters_never_come_through() {
        for (hostile, shown) in [
            ("a\r\nBcc: b@c", "a Bcc: b@c"),
            ("a\u{2028}b\u{2029}c\u{85}d\0e", "a b c d e"),
            ("\u{202e}gpj.exe", "gpj.exe"),
            ("pay\u{200b}pal\u{2066}x\u{2069}\u{feff}", "paypalx"),
            ("  two   spaces\t", "two spaces"),
            ("1.5\u{a0}GiB", "1.5\u{a0}GiB"),
            (
                "👩\u{200d}💻 میخ\u{200c}واهم",
                "👩\u{200d}💻 میخ\u{200c}واهم",
            ),
            ("\u{ffff}\u{1fffe}x", "x"),
        ] {
            assert_eq!(one_line(hostile), shown, "{hostile:?}");
            assert_eq!(neutralise(&one_line(hostile)), shown);
        }
        assert_eq!(neutralise("x\r\ny"), "x y");
    }

    #[test]
    fn markup_is_printed_as_text() {
        let special = "<a b='c' d=\"e\">&amp;`";
        let text = "&lt;a b&#x3D;&#x27;c&#x27; d&#x3D;&quot;e&quot;&gt;&amp;amp;&#x60;";
        assert_eq!(markup(special), text);
        assert_eq!(markup("é<\u{202e}\r\n>ü"), "é&lt; &gt;ü");
        assert_eq!(markup(""), "");
        for special in ["<", ">", "\"", "&", "'", "`", "="] {
            assert_ne!(markup(special), special);
        }
    }

    #[test]
    fn long_names_are_cut_with_an_ellipsis() {
        assert_eq!(short("abcdef", 6), "abcdef");
        assert_eq!(short("abcdefg", 6), "abcde…");
        assert_eq!(short("abcd efg", 6), "abcd…");
        assert_eq!(name(&"x".repeat(10_000)).chars().count(), NAME_MAX_CHARS);
        assert_eq!(short(&"\u{202e}".repeat(100_000), 10), "…");
        assert_eq!(short("", 10), "");
    }

    #[test]
    fn text_is_wrapped_at_spaces_and_between_wide_characters() {
        let wrapped = wrap(&"word ".repeat(40), 0);
        assert!(wrapped.lines().all(|line| line.len() <= WRAP_COLUMNS));
        assert_eq!(wrapped.replace('\n', " "), "word ".repeat(40).trim_end());

        let link = format!("see https://example.com/{} now", "x".repeat(100));
        assert_eq!(wrap(&link, 0).lines().count(), 3);

        let wide = "容量".repeat(50);
        assert!(
            wrap(&wide, 0)
                .lines()
                .all(|line| line.chars().count() <= 38)
        );
        assert_eq!(wrap(&wide, 0).replace('\n', ""), wide);
        assert_eq!(wrap("", 4), "");
        assert!(wrap(&"word ".repeat(40), 2).contains("word\n  word"));
    }
}
