use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

const KNOWN: &[&str] = &["name", "price"];

fn parse(text: &str) -> Result<Elements, ApiError> {
    read(text.as_bytes(), "plan", KNOWN)
}

/// The 400 as `field: why`.
fn refused(body: &[u8]) -> String {
    let began = Instant::now();
    let taken = read(body, "plan", KNOWN);
    // Generous: it takes microseconds, but the machine may be busy.
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );
    let Err(ApiError::Malformed { field, why }) = taken else {
        panic!("{} was taken: {taken:?}", String::from_utf8_lossy(body));
    };
    format!("{field}: {why}")
}

#[test]
fn elements_are_read_as_text() {
    let one = |text: &str| vec![("name", text.to_owned())];
    for (text, expected) in [
        ("<plan/>", vec![]),
        ("<plan></plan>", vec![]),
        ("\u{feff}<plan><name>a</name></plan>", one("a")),
        (
            "<?xml version=\"1.0\"?>\n<plan>\n  <name>a b</name>\n</plan>\n",
            one("a b"),
        ),
        (
            "<?xml version='1.0' encoding='utf-8' standalone='yes'?><plan ><name >a</name ></plan >",
            one("a"),
        ),
        (
            "<plan><name>&lt;a&gt; &amp; &quot;b&quot; &apos;</name></plan>",
            one("<a> & \"b\" '"),
        ),
        ("<plan><name>&#65;&#x42;</name></plan>", one("AB")),
        (
            "<plan><name>a<![CDATA[<b> & c]]>d</name></plan>",
            one("a<b> & cd"),
        ),
        (
            "<!-- x --><plan><!-- y --><name>a<!-- z -->b</name></plan><!-- w -->",
            one("ab"),
        ),
        ("<plan><name/></plan>", one("")),
        ("<plan><name>a\r\nb</name></plan>", one("a\nb")),
        (
            "<plan><price>1</price><name>ü 東</name></plan>",
            vec![("price", "1".to_owned()), ("name", "ü 東".to_owned())],
        ),
    ] {
        assert_eq!(parse(text), Ok(expected), "{text}");
    }
}

#[test]
fn other_documents_are_refused() {
    for (text, part) in [
        ("", "body: no valid XML: <plan> does not end"),
        ("   ", "does not end"),
        ("plan", "text outside"),
        ("<plan>", "does not end"),
        ("<plan><name>a</plan>", "no valid XML"),
        ("<plan></name>", "no valid XML"),
        ("</plan>", "no valid XML"),
        ("<plan><name>a</name>", "does not end"),
        ("<plan/><plan/>", "more than one root"),
        ("<plan/>x", "text outside"),
        ("<plan/>&#32;", "text outside"),
        ("<plan>x</plan>", "text outside"),
        ("<plan>&amp;</plan>", "text outside"),
        ("<plan><![CDATA[ ]]></plan>", "text outside"),
        ("<Plan/>", "the root must be <plan>, not <Plan>"),
        ("<p:plan/>", "the root must be <plan>"),
        ("<html><body/></html>", "the root must be <plan>"),
        ("<plan xmlns=\"urn:x\"/>", "attributes and namespaces"),
        (
            "<plan><name lang=\"de\">a</name></plan>",
            "attributes and namespaces",
        ),
        ("<plan><name a></name></plan>", "attributes and namespaces"),
        (
            "<plan><x:name>a</x:name></plan>",
            "x:name: is no element of <plan>",
        ),
        (
            "<plan><nmae>a</nmae></plan>",
            "nmae: is no element of <plan>",
        ),
        (
            "<plan><name>a</name><name>b</name></plan>",
            "name: stands twice",
        ),
        ("<plan><name>a</name><name/></plan>", "name: stands twice"),
        (
            "<plan><name><b>a</b></name></plan>",
            "name: must hold text only",
        ),
        ("<plan><plan/></plan>", "plan: is no element of <plan>"),
    ] {
        let why = refused(text.as_bytes());
        assert!(why.contains(part), "{text}: {why}");
    }
}

#[test]
fn what_xml_has_beyond_elements_is_refused() {
    for (text, part) in [
        ("<!DOCTYPE plan><plan/>", "document types"),
        (
            "<?xml version=\"1.0\"?><!DOCTYPE plan SYSTEM \"file:///etc/passwd\"><plan/>",
            "document types",
        ),
        (
            "<?xml-stylesheet href=\"x\"?><plan/>",
            "processing instructions",
        ),
        ("<plan><?php echo 1 ?></plan>", "processing instructions"),
        (" <?xml version=\"1.0\"?><plan/>", "must stand first"),
        ("<plan><?xml version=\"1.0\"?></plan>", "must stand first"),
        ("<?xml version=\"1.1\"?><plan/>", "must be XML 1.0"),
        ("<?xml encoding=\"UTF-8\"?><plan/>", "must be XML 1.0"),
        (
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><plan/>",
            "must be UTF-8",
        ),
        (
            "<?xml version=\"1.0\" encoding=\"UTF-16\"?><plan/>",
            "must be UTF-8",
        ),
        ("<plan><name>&nbsp;</name></plan>", "entity"),
        ("<plan><name>&xxe;</name></plan>", "entity"),
        ("<plan><name>&#0;</name></plan>", "entity"),
        ("<plan><name>&#1;</name></plan>", "entity"),
        ("<plan><name>&#xFFFF;</name></plan>", "entity"),
        ("<plan><name>&#xD800;</name></plan>", "entity"),
        ("<plan><name>&#99999999999;</name></plan>", "entity"),
        ("<plan><name>a & b</name></plan>", "no valid XML"),
        ("<plan><name>a]]>b</name></plan>", "]]>"),
        ("<plan>]]></plan>", "]]>"),
        ("<plan><name>a\u{1}</name></plan>", "character"),
        ("<plan><name>a\u{ffff}</name></plan>", "character"),
        ("<!-- a -- b --><plan/>", "no valid XML"),
        ("{\"name\":\"a\"}", "text outside"),
    ] {
        let why = refused(text.as_bytes());
        assert!(why.contains(part), "{text}: {why}");
    }
}

#[test]
fn hostile_bodies_are_refused_at_once() {
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\">\
                <!ENTITY lol2 \"&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;\">]>\
                <plan><name>&lol2;</name></plan>";
    assert!(refused(bomb.as_bytes()).contains("document types"));
    let deep = format!("{}{}", "<plan>".repeat(10_000), "</plan>".repeat(10_000));
    assert!(refused(deep.as_bytes()).contains("no element"));
    let levels = format!("<plan>{}", "<name>".repeat(16));
    assert!(refused(levels.as_bytes()).contains("must hold text only"));
    let utf_16: Vec<u8> = "<plan/>"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    assert!(!refused(&utf_16).is_empty());
    let with_mark = [&[0xff, 0xfe], utf_16.as_slice()].concat();
    assert!(refused(&with_mark).contains("must be UTF-8"));
    assert!(refused(b"<plan><name>\xe9</name></plan>").contains("must be UTF-8"));
    let attributes = format!("<plan {}/>", "a='b' ".repeat(10_000));
    assert!(refused(attributes.as_bytes()).contains("attributes"));
    let unknown = format!("<plan><{0}>x</{0}></plan>", "n".repeat(60_000));
    let why = refused(unknown.as_bytes());
    assert!(why.len() < 200, "{why}");
    for open in ["<", "<!--", "<![CDATA[", "<?", "<!DOCTYPE", "&", "&#"] {
        let text = format!("<plan><name>{}", open.repeat(10_000));
        assert!(!refused(text.as_bytes()).is_empty());
    }
}

#[test]
fn what_is_written_is_escaped() {
    let mut xml = Writer::new();
    xml.element("plan", |plan| {
        plan.leaf("name", "<a> & \"b\"").leaf("price", 1);
    });
    assert_eq!(
        xml.end(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <plan><name>&lt;a&gt; &amp; \"b\"</name><price>1</price></plan>"
    );
}

proptest! {
    #[test]
    fn texts_survive(text in "\\PC{0,40}") {
        prop_assume!(text.chars().all(is_xml));
        let mut xml = Writer::new();
        xml.element("plan", |plan| { plan.leaf("name", &text); });
        prop_assert_eq!(parse(&xml.end()), Ok(vec![("name", text)]));
    }

    #[test]
    fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        drop(read(&body, "plan", KNOWN));
    }

    #[test]
    fn no_markup_panics(parts in proptest::collection::vec("<plan>|</plan>|<name>|</name>|&amp;|&#x?[0-9a-f]{0,8};|<!--|-->|<!\\[CDATA\\[|\\]\\]>|<\\?xml|\\?>|<!DOCTYPE|[a ='\"<>&;]", 0..30)) {
        drop(parse(&parts.concat()));
    }
}
