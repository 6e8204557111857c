//! Answers as XML are written straight into one string; requests in XML are read into a tree.

use std::fmt::{self, Display, Write};

use quick_xml::Reader;
use quick_xml::escape::{escape, resolve_predefined_entity};
use quick_xml::events::Event;

/// A body being written.
#[derive(Debug, Default)]
pub struct Xml {
    out: String,
}

impl Xml {
    /// An empty body.
    pub fn new() -> Self {
        Self::default()
    }

    /// `<name>value</name>`
    pub fn text(&mut self, name: &str, value: impl Display) -> &mut Self {
        self.open(name);
        // Writing into a string does not fail.
        let _ = write!(Escaped(&mut self.out), "{value}");
        self.close(name)
    }

    /// As [`Xml::text`]; nothing where there is no value.
    pub fn some(&mut self, name: &str, value: Option<impl Display>) -> &mut Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// `<name>…</name>`. `name` may carry attributes: `<Grantee xsi:type="Group">`.
    pub fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) -> &mut Self {
        self.open(name);
        content(self);
        self.close(name)
    }

    /// `<name><item>…</item><item>…</item></name>`, the lists of EC2.
    pub fn items<I: IntoIterator>(&mut self, name: &str, items: I, each: impl FnMut(&mut Self, I::Item)) -> &mut Self {
        self.list(name, "item", items, each)
    }

    /// `<name><entry>…</entry><entry>…</entry></name>`
    pub fn list<I: IntoIterator>(
        &mut self,
        name: &str,
        entry: &str,
        items: I,
        mut each: impl FnMut(&mut Self, I::Item),
    ) -> &mut Self {
        self.element(name, |xml| {
            for item in items {
                xml.element(entry, |xml| each(xml, item));
            }
        })
    }

    /// Appends what was written elsewhere.
    pub fn append(&mut self, other: &Self) -> &mut Self {
        self.out.push_str(&other.out);
        self
    }

    /// What was written, after the XML declaration.
    pub fn document(&self) -> String {
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}", self.out)
    }

    fn open(&mut self, name: &str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push('>');
    }

    fn close(&mut self, name: &str) -> &mut Self {
        self.out.push_str("</");
        self.out.push_str(name.split(' ').next().unwrap_or(name));
        self.out.push('>');
        self
    }
}

/// Text being written, its markup escaped.
struct Escaped<'a>(&'a mut String);

impl Write for Escaped<'_> {
    /// A carriage return is written as a reference, since a reader takes a plain one for a line feed. What no document
    /// can hold is written as U+FFFD.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.contains(|character| character == '\r' || !is_allowed(character)) {
            let text: String = text.chars().map(|c| if is_allowed(c) { c } else { '\u{fffd}' }).collect();
            self.0.push_str(&escape(text.as_str()).replace('\r', "&#13;"));
        } else {
            self.0.push_str(&escape(text));
        }
        Ok(())
    }
}

/// Whether XML 1.0 allows a character. <https://www.w3.org/TR/xml/#charsets>
fn is_allowed(character: char) -> bool {
    !matches!(character, '\0'..'\t' | '\u{b}'..='\u{c}' | '\u{e}'..' ' | '\u{fffe}' | '\u{ffff}')
}

/// An element that was read. Namespaces and prefixes are dropped.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Element {
    /// Its local name.
    pub name: String,
    /// Its attributes, by local name.
    pub attributes: Vec<(String, String)>,
    /// Its text, that of children left out.
    pub text: String,
    /// The elements in it.
    pub children: Vec<Element>,
}

/// No document that AWS takes nests deeper.
const DEPTH: usize = 32;

impl Element {
    /// Reads a document; `None` where it is not well-formed, or nests absurdly deep.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut reader = Reader::from_str(text);
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    if open.len() > DEPTH {
                        return None;
                    }
                    open.push(Self::begun(&start)?);
                }
                Event::Empty(start) => open.last_mut()?.children.push(Self::begun(&start)?),
                Event::End(_) => {
                    let element = open.pop()?;
                    open.last_mut()?.children.push(element);
                }
                Event::Text(text) => open.last_mut()?.text.push_str(&text.decode().ok()?),
                Event::CData(text) => open.last_mut()?.text.push_str(&text.decode().ok()?),
                Event::GeneralRef(name) => open.last_mut()?.push_reference(&name)?,
                Event::DocType(_) => return None,
                Event::Eof => break,
                _ => {}
            }
        }
        let mut root = open.pop().filter(|_| open.is_empty())?;
        (root.children.len() == 1 && root.text.trim().is_empty()).then(|| root.children.pop())?
    }

    fn begun(start: &quick_xml::events::BytesStart<'_>) -> Option<Self> {
        let local = |name: &[u8]| String::from_utf8(name.to_vec()).ok();
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let value = attribute.unescape_value().ok()?.into_owned();
            attributes.push((local(attribute.key.local_name().as_ref())?, value));
        }
        Some(Self { name: local(start.local_name().as_ref())?, attributes, ..Self::default() })
    }

    fn push_reference(&mut self, name: &quick_xml::events::BytesRef<'_>) -> Option<()> {
        if let Some(character) = name.resolve_char_ref().ok()? {
            self.text.push(character);
        } else {
            self.text.push_str(resolve_predefined_entity(&name.decode().ok()?)?);
        }
        Some(())
    }

    /// The first child of a name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The children of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut xml = Xml::new();
        xml.element("A xmlns=\"urn:a\"", |xml| {
            xml.text("b", "1 < 2 &\r \"3\"").some("none", None::<&str>);
            xml.items("set", ["x", "y"], |xml, item| {
                xml.text("c", item);
            });
        });
        let read = Element::parse(xml.document().as_bytes()).expect("well-formed");
        assert_eq!((read.name.as_str(), read.get("b")), ("A", Some("1 < 2 &\r \"3\"")));
        let mut odd = Xml::new();
        odd.text("a", "x\r\n\u{1}\u{ffff}<");
        assert_eq!(odd.document().lines().nth(1), Some("<a>x&#13;"));
        assert_eq!(Element::parse(odd.document().as_bytes()).expect("well-formed").text, "x\r\n\u{fffd}\u{fffd}<");
        let items: Vec<_> = read.child("set").expect("set").all("item").filter_map(|item| item.get("c")).collect();
        assert_eq!(items, ["x", "y"]);
    }

    #[test]
    fn what_is_not_well_formed_is_nothing() {
        let deep = "<a>".repeat(100_000);
        for bad in ["", "<a>", "<a></b>", "<a/><b/>", "text", "<a>&nope;</a>", "<!DOCTYPE a><a/>", &deep] {
            assert_eq!(Element::parse(bad.as_bytes()), None, "{}", &bad[..bad.len().min(20)]);
        }
        assert_eq!(Element::parse(&[0xff, 0xfe]), None);
    }
}
