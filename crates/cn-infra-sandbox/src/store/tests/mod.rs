use std::collections::BTreeMap;

use super::*;

#[derive(Default)]
struct Rows(BTreeMap<String, Value>);

impl Keeper for Rows {
    fn forget(&mut self) {
        self.0.clear();
    }

    fn load(&mut self, (table, key, row): Change) -> Result<(), String> {
        let key = format!("{table}/{key}");
        match row {
            Some(row) => self.0.insert(key, row),
            None => self.0.remove(&key),
        };
        Ok(())
    }

    fn catch_up(&mut self, _now: Timestamp) {}

    fn dump(&mut self, each: &mut dyn FnMut(&str, &str, Value)) {
        for (key, row) in &self.0 {
            let (table, key) = key.split_once('/').expect("a table");
            each(table, key, row.clone());
        }
    }
}

/// A process: its store and its rows.
struct Process(Store, Rows);

impl Process {
    fn start(directory: &Path) -> Self {
        Self(Store::open(directory, "1").expect("a store"), Rows::default())
    }

    fn read(&mut self) -> String {
        let _locked = self.0.enter(&mut self.1).expect("read");
        let rows: Vec<_> = self.1.0.iter().map(|(key, row)| format!("{key}={row} ")).collect();
        rows.concat()
    }

    fn set(&mut self, key: &str, row: Option<u32>) {
        let _locked = self.0.enter(&mut self.1).expect("read");
        let change = ("t".to_owned(), key.to_owned(), row.map(Value::from));
        self.1.load(change.clone()).expect("loaded");
        self.0.append(Timestamp::UNIX_EPOCH, vec![change]).expect("appended");
    }

    fn fold(&mut self) {
        let _locked = self.0.enter(&mut self.1).expect("read");
        self.0.fold(&mut self.1, Timestamp::UNIX_EPOCH).expect("folded");
    }
}

#[test]
fn processes_see_what_each_other_did_across_folds() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut one, mut other) = (Process::start(directory.path()), Process::start(directory.path()));
    one.set("a", Some(1));
    other.set("b", Some(2));
    assert_eq!(one.read(), "t/a=1 t/b=2 ");
    one.set("a", None);
    one.fold();
    other.set("c", Some(3));
    assert_eq!((one.read().as_str(), other.read().as_str()), ("t/b=2 t/c=3 ", "t/b=2 t/c=3 "));
    other.fold();
    assert_eq!(Process::start(directory.path()).read(), "t/b=2 t/c=3 ");
}

#[test]
fn a_line_that_was_cut_short_was_never_answered() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut one = Process::start(directory.path());
    one.set("a", Some(1));
    let journal = directory.path().join("journal.jsonl");
    let mut torn = fs::read(&journal).expect("a journal");
    torn.extend_from_slice(br#"{"now":"1970-01-01T00:00:00Z","chan"#);
    fs::write(&journal, torn).expect("written");
    let mut next = Process::start(directory.path());
    assert_eq!(next.read(), "t/a=1 ");
    next.set("b", Some(2));
    assert_eq!(Process::start(directory.path()).read(), "t/a=1 t/b=2 ");
}

#[test]
fn a_fold_that_was_killed_before_the_journal_began_anew_loses_and_repeats_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut one = Process::start(directory.path());
    one.set("a", Some(1));
    let journal = fs::read(directory.path().join("journal.jsonl")).expect("a journal");
    one.fold();
    one.set("a", None);
    one.fold();
    fs::write(directory.path().join("journal.jsonl"), journal).expect("the old journal is back");
    assert_eq!(Process::start(directory.path()).read(), "");
}

#[test]
fn what_is_no_state_of_this_account_is_refused_and_named() {
    let directory = tempfile::tempdir().expect("a directory");
    Process::start(directory.path()).set("a", Some(1));
    let mut other = Store::open(directory.path(), "2").expect("a store");
    let error = other.enter(&mut Rows::default()).expect_err("another account");
    assert!(error.to_string().ends_with("holds account 1, not 2"), "{error}");
    let journal = directory.path().join("journal.jsonl");
    let mut text = fs::read_to_string(&journal).expect("a journal");
    text.push_str("nonsense\n");
    fs::write(&journal, text).expect("written");
    let mut store = Store::open(directory.path(), "1").expect("a store");
    let error = store.enter(&mut Rows::default()).expect_err("nonsense");
    assert!(error.to_string().contains("journal.jsonl:3: "), "{error}");
}

#[test]
fn folds_that_a_process_slept_through_are_seen() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut sleeper, mut other) = (Process::start(directory.path()), Process::start(directory.path()));
    other.set("a", Some(1));
    for n in 2..6 {
        other.fold();
        sleeper.read();
        // File systems give the inode of the snapshot before to the next one.
        other.fold();
        other.set("a", Some(n));
        other.fold();
        assert_eq!(sleeper.read(), format!("t/a={n} "));
    }
}

#[test]
fn an_account_that_began_anew_never_reads_the_journal_of_before() {
    let directory = tempfile::tempdir().expect("a directory");
    let journal = directory.path().join("journal.jsonl");
    let mut one = Process::start(directory.path());
    drop(one.0.clear(&mut one.1, Timestamp::UNIX_EPOCH).expect("begun"));
    one.set("a", Some(1));
    let old = fs::read(&journal).expect("a journal");
    let mut other = Store::open(directory.path(), "1").expect("a store");
    drop(other.clear(&mut Rows::default(), Timestamp::UNIX_EPOCH).expect("begun"));
    // As where the process was killed in between.
    fs::write(&journal, old).expect("written");
    assert_eq!(Process::start(directory.path()).read(), "");
}

#[test]
fn a_failed_fold_loses_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut one = Process::start(directory.path());
    one.set("a", Some(1));
    fs::create_dir(directory.path().join("snapshot.new")).expect("a directory in the way");
    let locked = one.0.enter(&mut one.1).expect("read");
    one.1.forget();
    one.0.fold(&mut one.1, Timestamp::UNIX_EPOCH).expect_err("no snapshot can be written");
    drop(locked);
    one.set("b", Some(2));
    assert_eq!(
        (one.read().as_str(), Process::start(directory.path()).read().as_str()),
        ("t/a=1 t/b=2 ", "t/a=1 t/b=2 ")
    );
}

#[test]
fn a_snapshot_that_is_missing_or_empty_is_no_fresh_account() {
    let directory = tempfile::tempdir().expect("a directory");
    let snapshot = directory.path().join("snapshot.jsonl");
    let mut one = Process::start(directory.path());
    one.set("a", Some(1));
    one.fold();
    for (damage, expected) in [
        (Box::new(|| fs::write(&snapshot, "")) as Box<dyn Fn() -> io::Result<()>>, "snapshot.jsonl:1: "),
        (Box::new(|| fs::remove_file(&snapshot)), "journal.jsonl:1: "),
    ] {
        damage().expect("damaged");
        let error =
            Store::open(directory.path(), "1").expect("a store").enter(&mut Rows::default()).expect_err("damaged");
        assert!(error.to_string().contains(expected), "{error}");
    }
}
