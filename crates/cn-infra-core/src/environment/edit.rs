//! Changes to an environment file that keep its comments and layout.

use toml_edit::{DocumentMut, Item, Value};

use crate::address::{Address, PhysicalId};

/// Why a file was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The file is not valid TOML; load it for the details.
    #[error("the file is not valid TOML: {0}")]
    Syntax(String),
    /// The file does not declare the resource.
    #[error("the file declares no {0}")]
    NotDeclared(Address),
    /// The file has no such network.
    #[error("the file has no network {0}")]
    NoNetwork(String),
}

/// Writes `adopt = "<id>"` into the table of a resource, or changes the one that is there.
pub fn set_adopt(source: &str, address: &Address, id: &PhysicalId) -> Result<String, EditError> {
    change(source, |document| {
        let resource = resource(document, address).ok_or_else(|| EditError::NotDeclared(address.clone()))?;
        set(resource, "adopt", id.0.as_str().into());
        Ok(())
    })
}

/// Sets a top-level field of a resource to a text: `instance = "staging/instance.web"`.
pub fn set_field(source: &str, address: &Address, field: &str, text: &str) -> Result<String, EditError> {
    change(source, |document| {
        let resource = resource(document, address).ok_or_else(|| EditError::NotDeclared(address.clone()))?;
        set(resource, field, text.into());
        Ok(())
    })
}

/// Changes what a network stands for, where the file has it: another network's name where that is the only member, else a
/// list of names and CIDRs.
pub fn set_network(source: &str, name: &str, members: &[String]) -> Result<String, EditError> {
    change(source, |document| {
        let networks = document.get_mut("networks").filter(|networks| networks.get(name).is_some());
        let networks = networks.ok_or_else(|| EditError::NoNetwork(name.to_owned()))?;
        let value = match members {
            [only] if only.parse::<ipnet::IpNet>().is_err() => only.as_str().into(),
            members => members.iter().map(String::as_str).collect::<toml_edit::Array>().into(),
        };
        set(networks, name, value);
        Ok(())
    })
}

fn resource<'d>(document: &'d mut DocumentMut, address: &Address) -> Option<&'d mut Item> {
    let kind = document.get_mut(&address.kind)?.as_table_like_mut()?;
    kind.get_mut(&address.name).filter(|resource| resource.is_table_like())
}

/// Sets a field of a table; the spaces and the comment around a value that was there stay.
fn set(table: &mut Item, name: &str, mut value: Value) {
    if let Some(old) = table.get_mut(name).and_then(Item::as_value_mut) {
        *value.decor_mut() = old.decor().clone();
        *old = value;
        return;
    }
    if let Some((_, last)) = table.as_inline_table_mut().and_then(|table| table.iter_mut().last()) {
        // The space before the closing brace belongs to the value before it.
        if let Some(space) = last.decor().suffix().cloned() {
            last.decor_mut().set_suffix("");
            value.decor_mut().set_prefix(" ");
            value.decor_mut().set_suffix(space);
        }
    }
    if let Some(table) = table.as_table_like_mut() {
        table.insert(name, Item::Value(value));
    }
}

/// Changes a document; byte order mark and line ends stay as they are.
fn change(source: &str, edit: impl FnOnce(&mut DocumentMut) -> Result<(), EditError>) -> Result<String, EditError> {
    let (mark, text) = match source.strip_prefix('\u{feff}') {
        Some(text) => ("\u{feff}", text),
        None => ("", source),
    };
    let plain = text.replace("\r\n", "\n");
    let mut document: DocumentMut =
        plain.parse().map_err(|error: toml_edit::TomlError| EditError::Syntax(error.message().to_owned()))?;
    edit(&mut document)?;
    Ok(format!("{mark}{}", with_line_ends(&document.to_string(), text)))
}

/// A changed text with the line ends of the one that it was: a file can have both, also within a text of several lines.
/// Lines before and after the change are those of the file; those of the change end as those that they stand for, further
/// ones as the line before.
fn with_line_ends(changed: &str, original: &str) -> String {
    // A file without an end of its last line stays without.
    let added = if original.ends_with('\n') { None } else { changed.strip_suffix('\n') };
    let changed = added.unwrap_or(changed);
    let (new, old): (Vec<_>, Vec<_>) =
        (changed.split_inclusive('\n').collect(), original.split_inclusive('\n').collect());
    let is_same = |(new, old): &(&&str, &&str)| **new == old.replace("\r\n", "\n");
    let before = new.iter().zip(&old).take_while(is_same).count();
    let after = new[before..].iter().rev().zip(old[before..].iter().rev()).take_while(is_same).count();
    let mut replaced = old[before..old.len() - after].iter().filter(|line| line.ends_with('\n'));
    let mut last = before.checked_sub(1).map_or_else(|| old.first(), |last| old.get(last));
    let between = new[before..new.len() - after].iter().map(|line| {
        last = replaced.next().or(last);
        line.replace('\n', if last.is_some_and(|last| last.ends_with("\r\n")) { "\r\n" } else { "\n" })
    });
    old[..before].concat() + &between.collect::<String>() + &old[old.len() - after..].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adopt(source: &str) -> Result<String, EditError> {
        set_adopt(source, &Address::new("server", "web"), &"i-1".into())
    }

    #[test]
    fn a_table_keeps_its_comments() {
        let source = "# servers\n[server.web] # the one\nsize  = 3   # small\n\n# next\n[server.db]\nsize = 1\n";
        insta::assert_snapshot!(adopt(source).unwrap(), @r#"
        # servers
        [server.web] # the one
        size  = 3   # small
        adopt = "i-1"

        # next
        [server.db]
        size = 1
        "#);
    }

    #[test]
    fn tables_below_stay_below() {
        let source = "[server.web.disk]\nsize = 3\n[server.web]\nsize = 1\n[server.web.rules]\na = 1\n";
        insta::assert_snapshot!(adopt(source).unwrap(), @r#"
        [server.web.disk]
        size = 3
        [server.web]
        size = 1
        adopt = "i-1"
        [server.web.rules]
        a = 1
        "#);
    }

    #[test]
    fn a_resource_may_be_inline_dotted_or_implied() {
        let written = ["[server]\nweb = { size = 3 }\n", "server.web.size = 3\n", "[server.web.disk]\nsize = 3\n"]
            .map(|source| adopt(source).unwrap());
        insta::assert_snapshot!(written.join("---\n"), @r#"
        [server]
        web = { size = 3, adopt = "i-1" }
        ---
        server.web.size = 3
        server.web.adopt = "i-1"
        ---
        [server.web]
        adopt = "i-1"
        [server.web.disk]
        size = 3
        "#);
    }

    #[test]
    fn an_id_that_is_there_changes() {
        let source = "[server.web]\nadopt =  'i-0' # for now\nsize = 3\n";
        assert_eq!(adopt(source).unwrap(), "[server.web]\nadopt =  \"i-1\" # for now\nsize = 3\n");
    }

    #[test]
    fn a_field_is_changed_where_it_stands() {
        let source = "[address.site]   # lent\nserver   = \"server.web\"   # production\nprotect = true\n";
        let site = Address::new("address", "site");
        let lent = set_field(source, &site, "server", "staging/server.web").unwrap();
        assert_eq!(lent, source.replace("\"server.web\"", "\"staging/server.web\""));
        assert_eq!(set_field(&lent, &site, "server", "server.web").unwrap(), source, "and back, byte for byte");
    }

    #[test]
    fn a_network_is_a_name_or_a_list() {
        let source = "[networks]\nana = [\"198.51.100.7/32\"] # home\nvisitors = \"developers\"   # for now\n";
        let set = |name: &str, members: &[&str]| {
            set_network(source, name, &members.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        let opened = set("visitors", &["everyone"]).unwrap();
        assert_eq!(opened, source.replace("\"developers\"", "\"everyone\""));
        assert_eq!(set("ana", &["203.0.113.9/32"]).unwrap(), source.replace("198.51.100.7", "203.0.113.9"));
        let both = set("ana", &["198.51.100.7/32", "lab"]).unwrap();
        assert!(both.contains("ana = [\"198.51.100.7/32\", \"lab\"] # home\n"), "{both}");
        assert_eq!(set("ben", &["everyone"]), Err(EditError::NoNetwork("ben".to_owned())));
    }

    #[test]
    fn line_ends_and_byte_order_mark_stay() {
        let source = "\u{feff}[server.web]\r\nsize = 3 # ä\r\n\r\n[server.db]\r\n";
        assert_eq!(
            adopt(source).unwrap(),
            "\u{feff}[server.web]\r\nsize = 3 # ä\r\nadopt = \"i-1\"\r\n\r\n[server.db]\r\n"
        );
    }

    #[test]
    fn a_file_with_both_line_ends_keeps_each() {
        let source = "a = \"\"\"x\r\ny\nz\"\"\"\n[server.web]\r\nsize = 3\n[server.db]\nb = \"\"\"\r\n\n\"\"\"\n";
        let (before, after) = source.split_once("[server.db]").unwrap();
        let unended = "[server.web] # x";
        assert_eq!(adopt(unended).unwrap(), "[server.web] # x\nadopt = \"i-1\"");
        let inline = "[server]\r\nweb = { size = 3 } # here\nb = 1\r\n";
        assert_eq!(adopt(inline).unwrap(), inline.replace(" }", ", adopt = \"i-1\" }"));
        assert_eq!(adopt(source).unwrap(), format!("{before}adopt = \"i-1\"\n[server.db]{after}"));
    }

    #[test]
    fn what_is_not_declared_is_not_changed() {
        assert_eq!(adopt("[server.db]\n").unwrap_err().to_string(), "the file declares no server.web");
        assert!(matches!(adopt("[server.web\n"), Err(EditError::Syntax(_))));
    }
}
