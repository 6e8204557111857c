//! A report is written and read back, and says what it cost.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::*;
use crate::failure::Class;
use crate::pace::PaceOptions;
use crate::progress::Progress;

fn failed(key: &str) -> Failed {
    let failure = Failure::told(Some("AccessDenied"), Some("Access Denied"));
    Failed { operation: "DeleteObjects".into(), key: key.into(), version: Some("null".into()), from: None, failure }
}

fn report() -> Report {
    let (tally, pace, failures) = (Tally::default(), Pace::new(PaceOptions::default()), Failures::default());
    tally.counted(3);
    tally.deleted(2, 10);
    failures.add(&tally, failed("odd \n\u{1}\"key"));
    Report::of(Action::Empty, "s3://bucket/".into(), &tally, &pace, Duration::ZERO, failures)
}

#[test]
fn what_is_written_is_read_back() {
    let (directory, report) = (tempfile::tempdir().unwrap(), report());
    let path = directory.path().join("report.json");
    report.write(&path).unwrap();
    let read = Report::read(&path).unwrap();
    assert_eq!(read, report);
    assert!(!read.is_success());
    assert_eq!((read.failed[0].key.as_str(), read.failed[0].failure.class), ("odd \n\u{1}\"key", Class::Denied));
    assert_eq!((read.counts.deleted, read.counts.bytes, read.failed_unlisted()), (2, 10, 0));
}

#[test]
fn a_report_of_another_version_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("report.json");
    Report { version: 2, ..report() }.write(&path).unwrap();
    let error = Report::read(&path).unwrap_err();
    assert!(error.source.to_string().contains("version 2"), "{}", error.source);
    assert!(error.to_string().starts_with("cannot read the report"));
}

#[test]
fn prices_are_by_class() {
    let requests = BTreeMap::from_iter([
        ("CopyObject".to_owned(), 1_000),
        ("ListObjectVersions".to_owned(), 1_000),
        ("GetObjectAcl".to_owned(), 10_000),
        ("DeleteObjects".to_owned(), 5_000),
        ("AbortMultipartUpload".to_owned(), 5_000),
    ]);
    assert!((list_price(&requests) - 0.014).abs() < 1e-9);
}

#[derive(Default)]
struct Heard(Mutex<Vec<Event>>);

impl Progress for Heard {
    fn event(&self, event: &Event) {
        self.0.lock().unwrap().push(event.clone());
    }
}

#[test]
fn more_failures_than_fit_are_counted_and_told() {
    let heard = Arc::new(Heard::default());
    let (tally, failures) = (Tally::new(heard.clone()), Failures::default());
    for n in 0..LISTED + 5 {
        failures.add(&tally, failed(&n.to_string()));
    }
    let pace = Pace::new(PaceOptions::default());
    let report = Report::of(Action::Empty, String::new(), &tally, &pace, Duration::ZERO, failures);
    assert_eq!((report.failed.len(), report.failed_unlisted()), (LISTED, 5));
    assert_eq!(heard.0.lock().unwrap().len(), LISTED + 5);
}

#[test]
fn events_are_told_as_json() {
    let event = serde_json::to_value(Event::Failed(failed("a"))).unwrap();
    assert_eq!((event["event"].as_str(), event["failure"]["class"].as_str()), (Some("failed"), Some("denied")));
}
