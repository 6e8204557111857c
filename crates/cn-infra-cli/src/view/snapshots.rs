//! Manual snapshots of a database, for a person.

use std::fmt::Write;

use cn_infra_aws::db_instance::manual::Snapshot;

use super::color::{Ink, Style};
use super::layout::width;

/// The snapshots, a line each.
pub fn list(database: &str, snapshots: &[Snapshot], style: Style) -> String {
    if snapshots.is_empty() {
        return format!("{database} has no manual snapshot.\n");
    }
    let mut text = format!("{}\n\n", style.paint(Ink::Strong, format!("manual snapshots of {database}")));
    let column = snapshots.iter().map(|snapshot| width(&snapshot.name)).max().unwrap_or_default();
    for snapshot in snapshots {
        let _ = writeln!(text, "  {:column$}   {}", snapshot.name, about(snapshot));
    }
    text
}

/// `coralnet-production-2026-12-01-1200: creating, 40 %`
pub fn waiting(name: &str, snapshot: Option<&Snapshot>) -> String {
    let percent = snapshot.and_then(|snapshot| snapshot.percent).map_or_else(String::new, |done| format!(", {done} %"));
    let status = snapshot.map_or("not visible yet", |snapshot| snapshot.status.as_str());
    format!("{name}: {status}{percent}")
}

/// `available   2026-12-01 12:00 UTC   20 GiB   postgres 16.4   encrypted   production/db_instance.main`
fn about(snapshot: &Snapshot) -> String {
    let Snapshot { name: _, status, percent: _, size_gib, engine, encrypted, at, owner } = snapshot;
    let at = at.map(|at| at.strftime("%Y-%m-%d %H:%M UTC").to_string());
    let size = size_gib.map(|size| format!("{size} GiB"));
    let owner = owner.as_ref().map(|owner| owner.address.in_environment(&owner.environment).to_string());
    let encrypted = if *encrypted { "encrypted" } else { "not encrypted" };
    let parts = [Some(status.clone()), at, size, Some(engine.clone()), Some(encrypted.to_owned()), owner];
    parts.into_iter().flatten().collect::<Vec<_>>().join("   ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use cn_infra_core::address::Address;
    use cn_infra_core::owner::Owner;

    fn snapshot(name: &str, owner: Option<Owner>) -> Snapshot {
        Snapshot {
            name: name.to_owned(),
            status: "available".to_owned(),
            percent: Some(100),
            size_gib: Some(20),
            engine: "postgres 16.4".to_owned(),
            encrypted: owner.is_some(),
            at: "2026-12-01T12:00:30Z".parse().ok(),
            owner,
        }
    }

    #[test]
    fn each_has_a_line() {
        let address = Address::new("db_instance", "main");
        let ours = Owner { project: "coralnet".to_owned(), environment: "production".to_owned(), address };
        let snapshots = [snapshot("by-hand", None), snapshot("coralnet-2026-12-01-1200", Some(ours))];
        insta::assert_snapshot!(list("coralnet", &snapshots, Style::PLAIN), @"
        manual snapshots of coralnet

          by-hand                    available   2026-12-01 12:00 UTC   20 GiB   postgres 16.4   not encrypted
          coralnet-2026-12-01-1200   available   2026-12-01 12:00 UTC   20 GiB   postgres 16.4   encrypted   production/db_instance.main
        ");
        assert_eq!(list("coralnet", &[], Style::PLAIN), "coralnet has no manual snapshot.\n");
        let creating = Snapshot { status: "creating".to_owned(), percent: Some(40), ..snapshot("a", None) };
        assert_eq!(waiting("a", Some(&creating)), "a: creating, 40 %");
        assert_eq!(waiting("a", None), "a: not visible yet");
    }
}
