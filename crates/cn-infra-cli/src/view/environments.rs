//! How two environments differ, for a person.

use std::fmt::Write;

use cn_infra_core::environment::compare::{Comparison, Twin};
use cn_infra_core::environment::{Networks, Written};

use super::color::{Ink, Style};
use super::difference::{Names, changes};
use super::plan::rows;

/// What differs: of the environments as a whole, then resource by resource.
pub fn comparison(comparison: &Comparison, networks: &Networks, style: Style) -> String {
    let Comparison { first, second, environment, resources } = comparison;
    if comparison.is_empty() {
        return format!("{first} and {second} declare the same.\n");
    }
    let mut text = format!("{} → {}\n", style.paint(Ink::Strong, first), style.paint(Ink::Strong, second));
    let names = Names { networks, written: &Written::new() };
    if !environment.is_empty() {
        // What a network stands for is what differs, so its own name says nothing.
        let unnamed = Names { networks: &Networks::default(), ..names };
        let _ = write!(text, "\n{}", rows(&changes(environment, unnamed), style));
    }
    for (address, twin) in resources {
        let (ink, symbol, note) = match twin {
            Twin::First => (Ink::Remove, '-', format!("   only in {first}")),
            Twin::Second => (Ink::Add, '+', format!("   only in {second}")),
            Twin::Both(_) => (Ink::Change, '~', String::new()),
        };
        let address = style.paint(Ink::Strong, address.to_string());
        let _ = write!(text, "\n  {} {address}{note}\n", style.paint(ink, symbol));
        if let Twin::Both(differences) = twin {
            text += &rows(&changes(differences, names), style);
        }
    }
    text
}
