use cn_infra_aws::lease::Record;

use super::*;

#[test]
fn a_second_apply_of_a_directory_is_told_who_is_at_work() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("kept/production.lock");
    let now = "2026-11-30T12:00:00Z".parse().unwrap();
    let lock = file::lock(&path, "ana@laptop", now).unwrap();
    let error = file::lock(&path, "ben@laptop", now).unwrap_err();
    assert_eq!(
        error.error.to_string(),
        format!(
            "another apply is at work in this directory: ana@laptop (process {}) holds it since 2026-11-30 12:00:00 UTC",
            std::process::id()
        )
    );
    drop(lock);
    file::lock(&path, "b", now).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        text.starts_with(r#"{"who":"b""#) && text.ends_with('}'),
        "nothing of the longer text before is left: {text}"
    );
}

#[test]
fn whoever_holds_the_lock_is_named() {
    let (user, host) = holder::who().split_once('@').map(|(user, host)| (user.to_owned(), host.to_owned())).unwrap();
    assert!(!user.is_empty() && !host.is_empty());
}

#[test]
fn what_is_left_to_run_out_is_said() {
    let record = Record {
        who: "ana@laptop".to_owned(),
        process: 7,
        since: "2026-11-30T12:00:00Z".parse().unwrap(),
        ttl_seconds: 240,
        attempt_seconds: 60,
        token: "0".to_owned(),
        number: 3,
    };
    assert_eq!(
        left(&record, "coral-locks"),
        "The lease in coral-locks was not released: it runs out within 5 min 0 s.\n"
    );
}
