//! Saved plans.

use insta::assert_snapshot;
use serde_json::json;

use super::World;
use crate::environment::WrittenList;
use crate::plan::file::{FORMAT, PlanFileError, load, save};
use crate::testing::samples::address;

fn world() -> World {
    let mut world = World::new();
    world.declare("host.web", json!({ "size": "large", "note": { "template": "{{link.site.url}}" } }));
    world.declare("link.site", json!({}));
    world.owned("host.web", "host-0001", json!({ "size": "small", "note": "x" }));
    world
}

#[test]
fn a_plan_comes_back_as_it_was_saved_and_only_its_owner_may_read_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join(".cn-infra/plan.json");
    let plan = world().plan();
    save(&plan, &path).expect("saved");
    save(&plan, &path).expect("replaced");
    let saved = load(&path).expect("loaded");
    assert_eq!((saved.format, saved.plan), (FORMAT, plan));
    let files: Vec<_> = std::fs::read_dir(path.parent().expect("a parent")).expect("readable").collect();
    assert_eq!(files.len(), 1, "nothing else is left behind");
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).expect("there").permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn what_is_wrong_is_said() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("plan.json");
    let fails = |content: &str| {
        std::fs::write(&path, content).expect("written");
        let error = load(&path).expect_err("no plan");
        format!("{error}; {}", error.hint()).replace(&directory.path().display().to_string(), "DIR")
    };
    assert_snapshot!(fails("{"), @"DIR/plan.json is no saved plan, or a damaged one; plan again: `cn-infra plan ENV`");
    assert_snapshot!(fails(r#"{"format": 1, "cn_infra": "0.1.0"}"#), @"DIR/plan.json is no saved plan, or a damaged one; plan again: `cn-infra plan ENV`");
    assert_snapshot!(fails(r#"{"format": 2, "cn_infra": "9.0.0", "plan": 0}"#), @"DIR/plan.json has format 2, written by cn-infra 9.0.0; this version reads format 1; plan again: `cn-infra plan ENV`");
    let missing = load(&directory.path().join("none.json")).expect_err("no plan");
    assert!(matches!(missing, PlanFileError::Missing { .. }));
    assert!(matches!(load(directory.path()), Err(PlanFileError::Unreadable { .. })));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_and_a_forbidden_place_are_said_and_the_old_plan_stays() {
    let error = save(&world().plan(), std::path::Path::new("/proc/plan.json")).expect_err("not writable");
    assert!(matches!(error, PlanFileError::Unwritable { .. }));
    // A directory in the place of the file: writing succeeds, putting it in place does not.
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("plan.json");
    std::fs::create_dir(&path).expect("made");
    assert!(matches!(save(&world().plan(), &path), Err(PlanFileError::Unwritable { .. })));
    assert_eq!(std::fs::read_dir(directory.path()).expect("readable").count(), 1, "no temporary file is left");
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_is_written_to_and_never_replaced() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("full");
    std::os::unix::fs::symlink("/dev/full", &path).expect("linked");
    let Err(PlanFileError::Unwritable { source, .. }) = save(&world().plan(), &path) else { panic!("saved") };
    assert_eq!(source.kind(), std::io::ErrorKind::StorageFull);
    assert!(path.is_symlink());
}

#[test]
fn every_field_of_a_plan_is_documented() {
    let mut plan = world().plan();
    let mut world = World::new();
    world.declare("host.web", json!({ "size": "large", "zone": "b" }));
    world.owned("host.web", "host-0001", json!({ "size": "small", "zone": "a" }));
    plan.blocked = world.plan().blocked;
    plan.left_out = vec![plan.steps[0].id.clone()];
    plan.ids = [(address("host.web"), "host-0001".into())].into();
    let step = &mut plan.steps[0];
    step.object = Some("host-0001".into());
    step.rename = Some("web".into());
    step.reasons = vec!["adopted".into()];
    step.tags.remove = ["Old".into()].into();
    step.tags_before = [("Old".into(), "x".into())].into();
    step.before = step.after.clone();
    step.generation = 1;
    step.needs = [step.id.clone()].into();
    step.differences = plan.blocked[0].differences.clone();
    step.differences[0].known_after_apply = true;
    step.written =
        [("ingress".into(), WrittenList { members: vec!["all".into()], meaning: Some("everyone".into()) })].into();
    let page = include_str!("../../../../../docs/plan.md");
    let plan = json!(plan);
    let (step, blocked) = (&plan["steps"][0], &plan["blocked"][0]);
    let objects = [&plan, step, blocked, &step["differences"][0], &step["tags"], &step["written"]["ingress"]];
    let fields: Vec<_> = objects.iter().flat_map(|object| object.as_object().expect("a table").keys()).collect();
    assert!(fields.len() > 40, "{fields:?}");
    for field in fields {
        assert!(page.contains(&format!("`{field}`")), "docs/plan.md says nothing of {field}");
    }
}
