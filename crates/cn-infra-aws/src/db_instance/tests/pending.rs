//! What waits for the maintenance window, against what is wanted.

use serde_json::{Value, json};

use super::super::impact::value_at;
use super::super::{DbInstance, normalize};
use super::{differences, impact_of, line, resource};

/// A live instance in which `now` is in effect at a path, and `then` waits.
fn live(path: &str, now: &Value, then: Option<&Value>) -> DbInstance {
    let mut fields = json!({ "engine": "postgres", "maintenance_window": "sun:09:00-sun:09:30" });
    let at_path = path.rsplit('.').fold(now.clone(), |value, key| json!({ key: value }));
    fields.as_object_mut().unwrap().extend(at_path.as_object().unwrap().clone());
    if let Some(then) = then {
        fields["pending"] = json!({ "changes": { path: { "now": now, "then": then } } });
    }
    resource(fields)
}

fn desired(path: &str, wanted: &Value, at_once: bool) -> DbInstance {
    let mut fields = path.rsplit('.').fold(wanted.clone(), |value, key| json!({ key: value }));
    fields["engine"] = json!("postgres");
    fields["apply_immediately"] = json!(at_once);
    resource(fields)
}

/// Three values of each field that can wait.
fn fields_that_wait() -> Vec<(&'static str, [Value; 3])> {
    vec![
        ("class", [json!("db.t3.micro"), json!("db.t3.medium"), json!("db.t3.large")]),
        ("engine_version", [json!("16.1"), json!("16.3"), json!("16.4")]),
        ("storage.size_gib", [json!(20), json!(30), json!(40)]),
        ("storage.type", [json!("gp2"), json!("gp3"), json!("io1")]),
        ("storage.iops", [json!(3000), json!(4000), json!(5000)]),
        ("storage.throughput", [json!(125), json!(250), json!(500)]),
        ("backup_retention_days", [json!(0), json!(7), json!(14)]),
        ("port", [json!(5432), json!(5433), json!(5434)]),
        ("license_model", [json!("a"), json!("b"), json!("c")]),
        ("ca_certificate", [json!("a"), json!("b"), json!("c")]),
    ]
}

#[test]
fn what_will_be_is_compared_unless_changes_are_immediate() {
    for (path, [a, b, c]) in fields_that_wait() {
        // (in effect, waits, wanted, at once) → what the difference shows as live
        let table = [
            (&a, None, &a, false, None),
            (&a, None, &b, false, Some(&a)),
            (&a, Some(&b), &b, false, None),
            (&a, Some(&b), &a, false, Some(&b)),
            (&a, Some(&b), &c, false, Some(&b)),
            (&a, None, &b, true, Some(&a)),
            (&a, Some(&b), &b, true, Some(&a)),
            (&a, Some(&b), &c, true, Some(&a)),
        ];
        for (now, then, wanted, at_once, shown) in table {
            let (desired, live) = (desired(path, wanted, at_once), live(path, now, then));
            let case = format!("{path}: {now} in effect, {then:?} waits, {wanted} wanted, at once: {at_once}");
            if path == "engine_version" && wanted == &a && then.is_some() {
                continue; // A newer minor version is accepted, whether it is there or waits.
            }
            let (paths, settled) = differences(&desired, &live);
            assert_eq!(paths.contains(&path.to_owned()), shown.is_some(), "{case}");
            if let Some(shown) = shown {
                assert_eq!(value_at(&settled, path).as_ref(), Some(shown), "{case}");
            }
            let mut again = settled.clone();
            normalize::normalize(&desired, &mut again);
            assert_eq!(settled, again, "{case}");
        }
    }
}

#[test]
fn at_once_something_else_that_waits_is_a_difference() {
    for (path, [a, b, _]) in fields_that_wait().into_iter().filter(|(path, _)| *path != "engine_version") {
        let (desired, live) = (desired(path, &a, true), live(path, &a, Some(&b)));
        let (paths, settled) = differences(&desired, &live);
        assert_eq!(paths, [path]);
        assert_eq!(value_at(&settled, path), Some(b));
        assert_eq!(
            line(&impact_of(path, &desired, &live)),
            "in place: takes back a change that waits for the maintenance window"
        );
    }
}

#[test]
fn a_version_that_waits_counts_by_what_is_accepted() {
    let waits = |now: &str, then: &str| live("engine_version", &json!(now), Some(&json!(then)));
    let asks = |version: &str, at_once| desired("engine_version", &json!(version), at_once);
    for at_once in [false, true] {
        assert_eq!(differences(&asks("16", at_once), &waits("16.3", "16.4")).0, [""; 0]);
        assert_eq!(differences(&asks("16", at_once), &waits("16.3", "17.1")).0, ["engine_version"]);
    }
    assert_eq!(differences(&asks("17", false), &waits("16.3", "17.1")).0, [""; 0]);
    assert_eq!(differences(&asks("17", true), &waits("16.3", "17.1")).0, ["engine_version"]);
    // Back to the version in effect is no downgrade.
    let taken_back = impact_of("engine_version", &asks("16", false), &waits("16.3", "17.1"));
    assert_eq!(line(&taken_back), "in place: takes back a change that waits for the maintenance window");
}

/// A live instance in which a class change of somebody else's waits.
fn foreign_class() -> DbInstance {
    resource(json!({
        "engine": "postgres", "class": "db.t3.micro", "multi_az": false, "backup_window": "08:00-08:30",
        "pending": { "changes": {
            "class": { "now": "db.t3.micro", "then": "db.t3.large" },
            "multi_az": { "now": false, "then": true },
        } }
    }))
}

#[test]
fn an_immediate_change_is_blocked_by_an_interruption_nobody_asked_for() {
    let wants = |more: Value| {
        let mut fields = json!({ "engine": "postgres", "backup_window": "10:00-10:30", "final_snapshot": "none" });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        resource(fields)
    };
    let impact = |path: &str, more| line(&impact_of(path, &wants(more), &foreign_class()));
    insta::assert_snapshot!(impact("backup_window", json!({ "apply_immediately": true })), @"impossible: apply_immediately = true would also carry out at once what waits: class db.t3.micro → db.t3.large, which interrupts [wait for the maintenance window, or set class in the file, to ask for it or take it back]");
    // Not where the window is waited for, nor where it is asked for or taken back in the same call, nor for tags.
    assert_eq!(impact("backup_window", json!({})), "in place");
    assert_eq!(impact("backup_window", json!({ "apply_immediately": true, "class": "db.t3.large" })), "in place");
    assert_eq!(impact("backup_window", json!({ "apply_immediately": true, "class": "db.t3.micro" })), "in place");
    assert!(impact("final_snapshot", json!({ "apply_immediately": true })).starts_with("in place"));
}

#[test]
fn a_rename_is_blocked_unless_what_waits_is_wanted_at_once() {
    let impact = |fields: Value| line(&impact_of("name", &resource(fields), &foreign_class()));
    insta::assert_snapshot!(impact(json!({ "engine": "postgres" })), @"impossible: a rename would also carry out at once what waits: class db.t3.micro → db.t3.large, which interrupts [wait for the maintenance window, or carry it out first, without the rename]");
    assert!(impact(json!({ "class": "db.t3.large" })).starts_with("impossible"));
    // The rename goes first, so taking back comes too late.
    assert!(impact(json!({ "class": "db.t3.micro", "apply_immediately": true })).starts_with("impossible"));
    insta::assert_snapshot!(impact(json!({ "class": "db.t3.large", "apply_immediately": true })), @"interrupts: renames in place in about 10 minutes; its endpoint changes, and every consumer must follow");
}

#[test]
fn a_rename_that_is_under_way_does_not_block_itself() {
    let live = resource(json!({ "pending": { "changes": { "name": { "now": "site-main", "then": "renamed" } } } }));
    assert!(line(&impact_of("name", &resource(json!({})), &live)).starts_with("interrupts: renames"));
    let other = resource(json!({ "pending": { "changes": { "name": { "now": "site-main", "then": "other" } } } }));
    assert!(line(&impact_of("name", &resource(json!({})), &other)).starts_with("impossible"));
}
