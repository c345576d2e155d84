//! XML, as little of it as plans need: one root, elements of text below it, nothing else. What
//! XML has beyond that (document types, entities, processing instructions, attributes,
//! namespaces, other encodings) is refused rather than skipped, so nothing hides in it.

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesDecl, BytesStart, Event};
use quick_xml::reader::Reader;

use crate::http::error::ApiError;

/// The elements below the root with their texts, each at most once, in the order of the document.
pub(super) type Elements = Vec<(&'static str, String)>;

fn broken(why: impl std::fmt::Display) -> ApiError {
    ApiError::malformed("body", why)
}

/// Reads a document whose root is `root` and whose elements are among `known`.
///
/// # Errors
/// 400 that says what is wrong: it is not UTF-8 or no XML, has another root, an element that is
/// unknown or stands twice or holds another, or anything of XML that is not read here.
pub(super) fn read(body: &[u8], root: &str, known: &[&'static str]) -> Result<Elements, ApiError> {
    let text = std::str::from_utf8(body).map_err(|_| broken("must be UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.chars().all(is_xml) {
        return Err(broken("holds a character that XML does not allow"));
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut document = Document {
        root,
        known,
        place: Place::Start,
        open: None,
        elements: Vec::new(),
    };
    loop {
        let event = reader.read_event();
        let event = event.map_err(|error| broken(format!("no valid XML: {error}")))?;
        if event == Event::Eof {
            return document.end();
        }
        document.take(&event)?;
    }
}

/// A character that an XML 1.0 document may hold (§2.2).
pub(super) const fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| b" \t\r\n".contains(&byte))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing was read yet.
    Start,
    /// Before the root.
    Before,
    /// In the root.
    Inside,
    /// After the root.
    After,
}

struct Document<'a> {
    root: &'a str,
    known: &'a [&'static str],
    place: Place,
    /// The element that is open below the root, and its text so far.
    open: Option<(&'static str, String)>,
    elements: Elements,
}

impl Document<'_> {
    fn take(&mut self, event: &Event<'_>) -> Result<(), ApiError> {
        if self.place == Place::Start {
            self.place = Place::Before;
            if let Event::Decl(declaration) = event {
                return check_declaration(declaration);
            }
        }
        match event {
            Event::Start(start) => self.start(start),
            Event::Empty(start) => {
                self.start(start)?;
                self.close();
                Ok(())
            }
            Event::End(_) => {
                self.close();
                Ok(())
            }
            // The end of a CDATA section stands in no other text (XML 1.0 §2.4).
            Event::Text(text) if text.contains("]]>") => {
                Err(broken("holds ]]> in a text; write ]]&gt;"))
            }
            Event::Text(text) => self.text(text.xml10_content().as_ref()),
            Event::CData(data) if self.open.is_some() => self.text(data.xml10_content().as_ref()),
            Event::GeneralRef(reference) => {
                let known = resolve_xml_entity(reference).map(str::to_owned);
                let text = match reference.resolve_char_ref() {
                    Ok(Some(c)) if is_xml(c) => Some(c.to_string()),
                    Ok(None) => known,
                    _ => None,
                };
                let text =
                    text.ok_or_else(|| broken("holds an entity that XML does not define"))?;
                // Outside of an element even a blank must be written as itself (XML 1.0 §2.8).
                if self.open.is_none() {
                    return Err(broken("holds text outside of its elements"));
                }
                self.text(&text)
            }
            Event::Comment(_) => Ok(()),
            Event::Decl(_) => Err(broken("the XML declaration must stand first")),
            Event::DocType(_) => Err(broken("document types are not read; leave out <!DOCTYPE>")),
            Event::PI(_) => Err(broken(
                "processing instructions are not read; leave them out",
            )),
            Event::CData(_) | Event::Eof => Err(broken("holds text outside of its elements")),
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), ApiError> {
        let name = start.name();
        let name = name.as_ref();
        if !is_blank(start.attributes_raw()) {
            return Err(broken(format!(
                "attributes and namespaces are not read; leave them out of <{}>",
                short(name)
            )));
        }
        if let Some((open, _)) = &self.open {
            return Err(ApiError::malformed(*open, "must hold text only"));
        }
        match self.place {
            Place::Start | Place::Before if name == self.root => {
                self.place = Place::Inside;
                Ok(())
            }
            Place::Start | Place::Before => Err(broken(format!(
                "the root must be <{}>, not <{}>",
                self.root,
                short(name)
            ))),
            Place::After => Err(broken("has more than one root")),
            Place::Inside => {
                let known = self.known.iter().find(|known| **known == name);
                let known = *known.ok_or_else(|| {
                    ApiError::malformed(short(name), format!("is no element of <{}>", self.root))
                })?;
                if self.elements.iter().any(|(name, _)| *name == known) {
                    return Err(ApiError::malformed(known, "stands twice"));
                }
                self.open = Some((known, String::new()));
                Ok(())
            }
        }
    }

    /// Closes what is open: the reader has checked that it is what the end tag names.
    fn close(&mut self) {
        match self.open.take() {
            Some(element) => self.elements.push(element),
            None => self.place = Place::After,
        }
    }

    fn text(&mut self, text: &str) -> Result<(), ApiError> {
        match &mut self.open {
            Some((_, known)) => known.push_str(text),
            None if is_blank(text) => {}
            None => return Err(broken("holds text outside of its elements")),
        }
        Ok(())
    }

    fn end(self) -> Result<Elements, ApiError> {
        if self.place == Place::After {
            return Ok(self.elements);
        }
        Err(broken(format!(
            "no valid XML: <{}> does not end",
            self.root
        )))
    }
}

/// A name for an error message, no longer than is useful.
fn short(name: &str) -> String {
    name.chars().take(64).collect()
}

fn check_declaration(declaration: &BytesDecl<'_>) -> Result<(), ApiError> {
    match declaration.version() {
        Ok(version) if version == "1.0" => {}
        _ => return Err(broken("must be XML 1.0")),
    }
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(name)) if name.eq_ignore_ascii_case("utf-8") => Ok(()),
        Some(_) => Err(broken("must be UTF-8, and its XML declaration must say so")),
    }
}

/// Writes a document, on one line but for the declaration.
pub(super) struct Writer {
    text: String,
}

impl Writer {
    /// A document that has only its declaration yet.
    pub(super) fn new() -> Self {
        Self {
            text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(),
        }
    }

    /// An element that holds what `content` writes.
    pub(super) fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) -> &mut Self {
        self.tag("<", name);
        content(self);
        self.tag("</", name);
        self
    }

    /// An element that holds a text.
    pub(super) fn leaf(&mut self, name: &str, text: impl std::fmt::Display) -> &mut Self {
        let text = text.to_string();
        let escaped = quick_xml::escape::partial_escape(text.as_str());
        self.tag("<", name);
        self.text.push_str(&escaped);
        self.tag("</", name);
        self
    }

    fn tag(&mut self, opens: &str, name: &str) {
        self.text.push_str(opens);
        self.text.push_str(name);
        self.text.push('>');
    }

    /// The document.
    pub(super) fn end(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests;
