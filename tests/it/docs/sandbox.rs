//! `docs/sandbox.md`: its tables name what the sandbox has, and nothing else.

use std::collections::BTreeSet;

use cn_infra_sandbox::faults::Effect;
use cn_infra_sandbox::settings::{QUOTAS, Settings};

use super::text;

/// The cells of the table that has a heading, a row each.
fn table(heading: &str) -> Vec<Vec<String>> {
    let page = text("docs/sandbox.md");
    let rows = page.lines().skip_while(|line| !line.starts_with(heading)).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// What a cell has in backticks.
fn quoted(cell: &str) -> impl Iterator<Item = String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned)
}

/// The first words of a table's rows.
fn names(heading: &str) -> BTreeSet<String> {
    table(heading).iter().flat_map(|row| quoted(&row[0]).collect::<Vec<_>>()).collect()
}

#[test]
fn every_operation_that_is_modelled_is_named_once_and_no_other() {
    let rows = table("| service | about |");
    let named = rows.iter().flat_map(|row| quoted(&row[2]).map(|operation| (row[0].clone(), operation)));
    let mut named: Vec<_> = named.collect();
    named.sort();
    let modelled = cn_infra_sandbox::operations().into_iter();
    let modelled: Vec<_> = modelled.map(|(service, name)| (service.to_owned(), name.to_owned())).collect();
    assert_eq!(named, modelled, "docs/sandbox.md (left) and the sandbox (right)");
}

#[test]
fn settings_quotas_and_effects_are_those_there_are() {
    let settings = serde_json::to_value(Settings::default()).unwrap();
    let mut known: BTreeSet<_> = settings.as_object().unwrap().keys().cloned().collect();
    known.insert("speed".to_owned());
    assert_eq!(names("| setting |"), known);
    assert_eq!(names("| quota |"), QUOTAS.iter().map(|(name, _)| (*name).to_owned()).collect());
    for (row, (name, quota)) in table("| quota |").iter().zip(QUOTAS) {
        let told: String = row[1].split(' ').next().unwrap_or_default().replace([',', ':'], "");
        assert_eq!(told, if *quota == u64::MAX { "none".to_owned() } else { quota.to_string() }, "{name}");
    }
    for name in names("| effect |") {
        let known: Result<Effect, _> = serde_json::from_value(name.clone().into());
        assert!(known.is_ok(), "there is no effect {name}");
    }
    assert_eq!(names("| effect |").len(), 7);
}
