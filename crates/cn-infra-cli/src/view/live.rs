//! Live objects and their fields, each managed or not.

use std::fmt::Write;

use cn_infra_core::environment::Networks;
use cn_infra_core::live::Readiness;

use super::color::{Ink, Style};
use super::layout::{hang, printable, width};
use super::plan::header;
use super::value;
use crate::inventory::{Entry, Inventory, LiveField, LiveObject};

/// The longest name that the values of a resource make room for.
const LONGEST: usize = 44;

/// Everything of an environment.
pub fn inventory(inventory: &Inventory, style: Style) -> String {
    let Inventory { environment, project, account, region, networks, resources, unlisted } = inventory;
    let mut text = header([environment, project, account, region], style);
    for entry in resources {
        let _ = write!(text, "\n{}", resource(entry, networks, style));
    }
    if !unlisted.is_empty() {
        let _ = writeln!(text, "\n{}", style.paint(Ink::Warn, "unlisted: owned, but not in the file"));
        for object in unlisted {
            let name = object.name.as_deref().unwrap_or_default();
            let protected = if object.protected { " (protected)" } else { "" };
            let _ = writeln!(text, "  {}   {}   {name}{protected}", object.address, object.id);
        }
    }
    text
}

fn resource(entry: &Entry, networks: &Networks, style: Style) -> String {
    let address = style.paint(Ink::Strong, &entry.address);
    let Some(object) = &entry.object else {
        return format!("{address}   {}\n", style.paint(Ink::Warn, "not there yet"));
    };
    let LiveObject { id, name, readiness, fields, outputs } = object;
    let name = name.as_ref().filter(|name| *name != &id.0).map_or_else(String::new, |name| format!("   {name}"));
    let mut text = format!("{address}   {id}{name}{}\n", status(readiness, style));
    let names = fields.iter().map(|field| &field.path).chain(outputs.keys());
    let column = 3 + names.map(|name| width(name)).filter(|length| *length <= LONGEST).max().unwrap_or_default();
    for shown in fields {
        text += &field(shown, column, networks, style);
    }
    for (name, output) in outputs {
        let mark = style.paint(Ink::Faint, "output     ");
        let _ = writeln!(text, "  {mark}  {name}{:gap$}{}", "", printable(output), gap = gap(name, column));
    }
    text
}

fn status(readiness: &Readiness, style: Style) -> String {
    match readiness {
        Readiness::Ready => String::new(),
        Readiness::Pending(status) | Readiness::Leaving(status) => {
            format!("   {}", style.paint(Ink::Warn, status))
        }
        Readiness::Failed(status) => format!("   {}", style.paint(Ink::Alarm, format!("failed: {status}"))),
        Readiness::Gone => format!("   {}", style.paint(Ink::Warn, "gone")),
    }
}

fn field(field: &LiveField, column: usize, networks: &Networks, style: Style) -> String {
    let LiveField { path, value, managed } = field;
    let text = value::inline(value, networks);
    let (mark, ink) = if *managed { ("managed    ", Ink::Add) } else { ("not managed", Ink::Faint) };
    let gap = gap(path, column);
    let shown = hang(&text, 15 + width(path) + gap, (!managed).then_some(Ink::Faint), style);
    format!("  {}  {path}{:gap$}{shown}\n", style.paint(ink, mark), "")
}

fn gap(label: &str, column: usize) -> usize {
    column.saturating_sub(width(label)).max(3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_stand_at_one_column_for_each_resource() {
        let field = |(path, managed): (&str, bool)| LiveField { path: path.into(), value: json!(true), managed };
        let paths = [("monitoring", true), ("root_volume.delete_on_termination_of_the_server", false), ("type", false)];
        let object = LiveObject {
            id: "i-0123456789abcdef0".into(),
            name: Some("web".to_owned()),
            readiness: Readiness::Pending("stopping".to_owned()),
            fields: paths.map(field).into(),
            outputs: [("public_ip".to_owned(), "198.51.100.20".to_owned())].into(),
        };
        let address = "instance.web".parse().unwrap();
        let entry = Entry { address, object: Some(object) };
        insta::assert_snapshot!(resource(&entry, &Networks::default(), Style::PLAIN), @"
        instance.web   i-0123456789abcdef0   web   stopping
          managed      monitoring   true
          not managed  root_volume.delete_on_termination_of_the_server   true
          not managed  type         true
          output       public_ip    198.51.100.20
        ");
    }
}
