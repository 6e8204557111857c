//! Live objects and their fields, each managed or not.

use std::fmt::Write;

use cn_infra_core::environment::Networks;
use cn_infra_core::live::Readiness;

use super::color::{Ink, Style};
use super::layout::{hang, width};
use super::plan::header;
use super::value;
use crate::inventory::{Entry, Inventory, LiveField, LiveObject};

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
    let labels = fields.iter().map(|field| &field.path).chain(outputs.keys());
    let longest = labels.map(|label| width(label)).max().unwrap_or_default();
    for shown in fields {
        text += &field(shown, longest, networks, style);
    }
    for (name, output) in outputs {
        let mark = style.paint(Ink::Faint, "output     ");
        let _ = writeln!(text, "  {mark}  {name:longest$}   {output}");
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

fn field(field: &LiveField, longest: usize, networks: &Networks, style: Style) -> String {
    let LiveField { path, value, managed } = field;
    let text = value::inline(value, networks);
    let (mark, ink) = if *managed { ("managed    ", Ink::Add) } else { ("not managed", Ink::Faint) };
    let gap = longest - width(path) + 3;
    let shown = hang(&text, 15 + longest + 3, (!managed).then_some(Ink::Faint), style);
    format!("  {}  {path}{:gap$}{shown}\n", style.paint(ink, mark), "")
}
