//! Names and ids that only one resource can have.

use std::collections::HashMap;

use super::Declared;
use super::draft::{self, Draft};
use super::report::Report;

/// Two resources cannot have one name, where the cloud forbids it.
pub(super) fn check_names<'a>(drafts: &[Draft<'a>], report: &mut Report<'a>) {
    let mut by_name: HashMap<(&str, &str), Vec<&Draft<'a>>> = HashMap::new();
    for draft in drafts.iter().filter(|draft| draft.kind.naming.unique) {
        let same_name = by_name.entry((draft.kind.name, &draft.declared.name)).or_default();
        let clashes = |other: &&&Draft<'a>| {
            (draft.kind.same_scope)(&draft.declared.document, &other.declared.document).unwrap_or(false)
        };
        let Some(other) = same_name.iter().find(clashes) else {
            same_name.push(draft);
            continue;
        };
        let Declared { address, name, .. } = &draft.declared;
        let message = format!("{} and {address} have the same name `{name}`", other.declared.address);
        let hint = format!("{} stands in line {}", other.declared.address, other.at.line());
        report.error(draft.place("name"), message).hint(hint);
    }
}

/// Two resources cannot adopt one object.
pub(super) fn check_adopted<'a>(drafts: &[Draft<'a>], report: &mut Report<'a>) {
    let mut adopted = HashMap::new();
    for draft in drafts {
        let Some(id) = &draft.declared.adopt else { continue };
        if let Some(other) = adopted.insert((draft.kind.name, id), &draft.declared.address) {
            report.error(draft.place("adopt"), format!("{other} adopts {id} already"));
        }
    }
}

/// A former address belongs to nothing else.
pub(super) fn check_renamed<'a>(drafts: &[Draft<'a>], report: &mut Report<'a>) {
    let index = draft::index(drafts);
    let mut renamed = HashMap::new();
    for draft in drafts {
        let Some(former) = &draft.declared.renamed_from else { continue };
        let at = draft.place("renamed_from");
        if index.contains_key(former) {
            let hint = format!("remove [{former}], or `renamed_from`");
            report.error(at, format!("{former} is still declared, {} cannot be it", draft.declared.address)).hint(hint);
        } else if let Some(other) = renamed.insert(former, &draft.declared.address) {
            report.error(at, format!("{other} was renamed from {former} already"));
        }
    }
}
