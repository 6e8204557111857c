//! What a directory of journals holds, and what is read of it when things went wrong.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::*;
use crate::plan::Action;
use crate::testing::kinds::kinds;
use crate::testing::samples::{NOW, document};

fn header(environment: &str) -> Header {
    Header {
        format: FORMAT,
        cn_infra: "0.1.0".into(),
        at: NOW,
        environment: environment.into(),
        project: "demo".into(),
        account: "123456789012".into(),
        region: "us-west-2".into(),
        steps: 2,
        undoes: None,
    }
}

fn step(id: &str) -> Step {
    Step::new(id.parse().unwrap(), Action::Update, "web")
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A journal with one step.
fn keep(directory: &Path, environment: &str) -> Journal {
    let journal = Journal::new(directory, header(environment));
    journal.begin(&[step("host.web")]).unwrap();
    journal
}

#[test]
fn a_journal_says_what_began_and_how_it_ended() {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("journal");
    let journal = Journal::new(&directory, header("production"));
    assert!(!directory.exists(), "an apply that does nothing leaves none");
    journal.close().unwrap();
    assert!(!directory.exists());
    journal.begin(&[step("host.web"), step("link.site")]).unwrap();
    journal.end(&"host.web".parse().unwrap(), End::Done, Some(&"host-1".into())).unwrap();
    journal.end(&"link.site".parse().unwrap(), End::Untouched, None).unwrap();
    journal.close().unwrap();

    assert_eq!(names(&directory), ["000001-production.jsonl"]);
    let past = Past::last(&directory, None).unwrap().unwrap();
    assert_eq!(
        (past.header.clone(), past.closed, past.name()),
        (header("production"), true, "000001-production.jsonl".into())
    );
    let ends: Vec<_> = past.steps.iter().map(|past| (past.step.id.to_string(), past.end, past.made.clone())).collect();
    let done = ("host.web".to_owned(), Some(End::Done), Some("host-1".into()));
    assert_eq!(ends, [done, ("link.site".to_owned(), Some(End::Untouched), None)]);
    assert_eq!(past.written().count(), 1);
}

#[cfg(unix)]
#[test]
fn only_its_owner_reads_a_journal() {
    use std::os::unix::fs::PermissionsExt;
    let root = tempfile::tempdir().unwrap();
    keep(root.path(), "production");
    let mode = root.path().join("000001-production.jsonl").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn the_last_one_counts_and_only_if_something_began() {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(Past::last(&root.path().join("none"), None).unwrap(), None);
    keep(root.path(), "production");
    keep(root.path(), "staging");
    let untouched = keep(root.path(), "staging");
    untouched.end(&"host.web".parse().unwrap(), End::Untouched, None).unwrap();
    let last = |environment| Past::last(root.path(), environment).unwrap().map(|past| past.name());
    assert_eq!(last(None).unwrap(), "000002-staging.jsonl");
    assert_eq!(last(Some("production")).unwrap(), "000001-production.jsonl");
    assert_eq!(last(Some("beta")), None);
}

#[test]
fn the_newest_are_kept() {
    let root = tempfile::tempdir().unwrap();
    for _ in 0..KEPT + 3 {
        keep(root.path(), "production");
    }
    let names = names(root.path());
    assert_eq!((names.len(), names[0].as_str()), (KEPT, "000004-production.jsonl"));
}

#[test]
fn a_torn_last_line_is_left_out_wherever_it_is_torn() {
    let root = tempfile::tempdir().unwrap();
    let journal = keep(root.path(), "production");
    journal.end(&"host.web".parse().unwrap(), End::Done, None).unwrap();
    let path = root.path().join("000001-production.jsonl");
    let whole = fs::read(&path).unwrap();
    for length in 0..=whole.len() {
        let past = Past::parse(&whole[..length], &path).unwrap();
        let lines = whole[..length].split(|byte| *byte == b'\n').count() - 1;
        assert_eq!(past.as_ref().map_or(0, |past| past.steps.len()), usize::from(lines > 1), "{length}");
        assert_eq!(past.is_some_and(|past| past.steps.iter().any(|step| step.end.is_some())), lines > 2, "{length}");
    }
    // What a file system may leave of a line that it never wrote.
    let zeros = [whole.as_slice(), &[0; 100], b"\n"].concat();
    assert_eq!(Past::parse(&zeros, &path).unwrap().unwrap().steps.len(), 1);
}

#[test]
fn a_line_that_was_changed_and_another_format_are_said() {
    let header = serde_json::to_string(&Record::Apply(header("production"))).unwrap();
    let parse = |text: String| Past::parse(text.as_bytes(), Path::new("j.jsonl")).unwrap_err();
    let broken = parse(format!("{header}\n{{}}\n{{\"record\":\"closed\"}}\n"));
    assert_eq!(broken.to_string(), "j.jsonl, line 2: no record of a journal");
    let other = parse(header.replace("\"format\":1", "\"format\":9") + "\n");
    assert_eq!(other.to_string(), "j.jsonl has format 9, written by cn-infra 0.1.0; this version reads format 1");
    assert!(other.hint().contains("that version"));
}

#[test]
fn an_error_is_told_once() {
    let root = tempfile::tempdir().unwrap();
    let place = root.path().join("journal");
    fs::write(&place, "a file in the place of the directory").unwrap();
    let journal = Journal::new(&place, header("production"));
    let error = journal.begin(&[step("host.web")]).unwrap_err();
    assert!(error.to_string().starts_with("cannot write the journal "), "{error}");
    journal.begin(&[step("link.site")]).unwrap();
    journal.close().unwrap();
}

#[test]
fn an_edited_file_is_put_back_unless_it_changed_since() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("production.toml");
    let journal = Journal::new(root.path(), header("production"));
    journal.file_edited(&file, "a = 1\n", "a = 2\n").unwrap();
    journal.file_edited(&file, "a = 2\n", "a = 3\n").unwrap();
    let past = Past::last(root.path(), Some("production")).unwrap().unwrap();
    let found = |text: Option<&str>| {
        match text {
            Some(text) => fs::write(&file, text).unwrap(),
            None => _ = fs::remove_file(&file),
        }
        past.file_changes()
    };
    for text in [None, Some("a = 4\n")] {
        let FileChanges { back, moved } = found(text);
        assert_eq!((back.is_empty(), moved), (true, vec![file.clone()]), "{text:?}");
    }
    let FileChanges { back, moved } = found(Some("a = 1\n"));
    assert_eq!((back.is_empty(), moved.is_empty()), (true, true), "it is as it was");

    let FileChanges { back, moved } = found(Some("a = 3\n"));
    assert!(moved.is_empty());
    fs::write(&file, "a = 4\n").unwrap();
    assert!(back.write().is_err(), "it changed meanwhile");
    fs::write(&file, "a = 3\n").unwrap();
    back.write().unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "a = 1\n");
}

#[test]
fn a_plan_of_several_environments_is_told_apart() {
    let root = tempfile::tempdir().unwrap();
    let journal = Journal::new(root.path(), header("production"));
    journal.begin(&[step("link.site"), step("staging/link.site"), step("production/host.web")]).unwrap();
    let past = Past::last(root.path(), None).unwrap().unwrap();
    assert_eq!(past.others(), ["staging"]);
    let of = |environment| past.steps_of(environment).iter().map(|past| past.step.id.to_string()).collect::<Vec<_>>();
    assert_eq!(
        (of("production"), of("staging")),
        (vec!["link.site".into(), "host.web".into()], vec!["link.site".into()])
    );
}

#[test]
fn what_only_a_create_uses_is_not_kept() {
    let fields = json!({ "size": "large", "zone": "a", "image": "secret", "disk": { "size_gib": 8 }, "drain": true });
    let kinds = kinds();
    let kept = image(kinds.get("host").unwrap(), &Step { after: Some(document(fields)), ..step("host.web") });
    let expected = json!({ "size": "large", "disk": { "size_gib": 8 }, "drain": true });
    assert_eq!(kept.after, Some(document(expected)));
}
