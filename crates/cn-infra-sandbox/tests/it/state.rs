//! An account in a directory: several processes at once, processes that are killed, disks that are full.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use cn_infra_sandbox::{Caller, Sandbox};
use http::Method;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::front_door::play::{Choices, Game};
use crate::front_door::{config, options};

const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";

/// What a child is to do: directory, name, how many changes.
const ORDERS: &str = "CN_INFRA_SANDBOX_CHILD";

fn open(directory: &Path) -> Sandbox {
    Sandbox::open(options(), directory).expect("the account of a directory")
}

/// This same program as another process that changes the account: see [`child`]. `limit`: how far files may grow, in
/// blocks of 512 bytes, as if the disk were full.
fn start(directory: &Path, name: &str, changes: u32, limit: Option<u32>) -> Child {
    let program = std::env::current_exe().expect("this program");
    let script = limit.map_or_else(String::new, |limit| format!("trap '' XFSZ; ulimit -f {limit}; "));
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{script}exec \"$0\" --exact state::child --nocapture")]).arg(program);
    command.env(ORDERS, format!("{} {name} {changes}", directory.display()));
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a child starts")
}

/// One change: an object whose text is its name; every fifth time a security group of that name.
fn change(sandbox: &Sandbox, name: &str, n: u32) -> Result<(), cn_infra_sandbox::CallError> {
    let caller = Caller::new(sandbox, ACCOUNT, REGION);
    if n.is_multiple_of(5) {
        let parameters = [("GroupName", name), ("GroupDescription", "of a test")];
        caller.query("ec2", "CreateSecurityGroup", &parameters).map(|_| ())
    } else {
        caller.s3(Method::PUT, &format!("/media/{name}"), &[], name).map(|_| ())
    }
}

/// What such changes made: the names of all objects, whose texts are right, and of all groups but the default one.
fn made(sandbox: &Sandbox) -> BTreeSet<String> {
    let caller = Caller::new(sandbox, ACCOUNT, REGION);
    let groups = caller.query("ec2", "DescribeSecurityGroups", &[]).expect("groups");
    let groups =
        groups.child("securityGroupInfo").expect("groups").all("item").filter_map(|item| item.get("groupName"));
    let mut made: BTreeSet<String> = groups.filter(|name| *name != "default").map(str::to_owned).collect();
    let mut after = String::new();
    loop {
        let page =
            caller.s3(Method::GET, &format!("/media?list-type=2&start-after={after}"), &[], "").expect("objects");
        let page = cn_infra_sandbox::xml::Element::parse(&page).expect("a document");
        let keys: Vec<String> = page.all("Contents").filter_map(|item| item.get("Key")).map(str::to_owned).collect();
        let Some(last) = keys.last() else { return made };
        after.clone_from(last);
        for key in keys {
            let text = caller.s3(Method::GET, &format!("/media/{key}"), &[], "").expect("an object");
            assert_eq!(text, key.as_bytes(), "the object has its own text");
            made.insert(key);
        }
    }
}

/// A fresh account with a bucket.
fn begin() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let sandbox = open(directory.path());
    Caller::new(&sandbox, ACCOUNT, REGION).s3(Method::PUT, "/media", &[], "").expect("a bucket");
    directory
}

/// Not a test of its own: what the other processes do. They tell each answer.
#[test]
fn child() {
    let Ok(orders) = std::env::var(ORDERS) else { return };
    let [directory, name, changes] = orders.split(' ').collect::<Vec<_>>()[..] else { panic!("{orders}") };
    let sandbox = open(Path::new(directory));
    for n in 0..changes.parse().expect("a number") {
        let name = format!("{name}-{n}");
        match change(&sandbox, &name, n) {
            Ok(()) => println!("\ndone {name}"),
            Err(error) => {
                println!("\nrefused {name} {}: {}", error.code, error.message);
                assert!(!made(&sandbox).contains(&name), "a refused change is there: {name}");
            }
        }
    }
    println!("\nend");
}

/// What a child told: the names of what was done, and what was refused.
fn told(text: &str) -> (BTreeSet<String>, Vec<String>) {
    let with = |word: &'static str| text.lines().filter_map(move |line| line.strip_prefix(word)).map(str::to_owned);
    (with("done ").collect(), with("refused ").collect())
}

fn rest(child: &mut Child) -> String {
    let mut text = String::new();
    child.stdout.take().expect("a pipe").read_to_string(&mut text).expect("text");
    text
}

#[test]
fn what_several_processes_do_at_once_is_all_there() {
    let directory = begin();
    let mut children: Vec<_> = (0..4).map(|n| start(directory.path(), &format!("c{n}"), 50, None)).collect();
    let mut all = BTreeSet::new();
    for child in &mut children {
        let (done, refused) = told(&rest(child));
        assert_eq!((done.len(), refused), (50, Vec::new()));
        assert!(child.wait().expect("an end").success());
        all.extend(done);
    }
    assert_eq!(made(&open(directory.path())), all);
}

#[test]
fn what_a_killed_process_was_answered_is_there() {
    let directory = begin();
    let mut all = BTreeSet::new();
    for round in 0..15 {
        let mut children: Vec<_> =
            ["a", "b"].map(|name| start(directory.path(), &format!("{name}{round}"), 10_000, None)).into();
        for child in &mut children {
            let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
            let most = 2 * fastrand::usize(1..40);
            let mut text: Vec<_> = lines.by_ref().take(most).map(|line| line.expect("text")).collect();
            std::thread::sleep(std::time::Duration::from_micros(fastrand::u64(0..3_000)));
            child.kill().expect("killed");
            child.wait().expect("an end");
            text.extend(lines.map(|line| line.expect("text")));
            all.extend(told(&text.join("\n")).0);
        }
        let there = made(&open(directory.path()));
        let lost: Vec<_> = all.difference(&there).collect();
        assert!(lost.is_empty(), "round {round}: lost {lost:?}");
        // At most one change of each process was made and not answered.
        assert!(there.len() <= all.len() + 2 * (round + 1), "{} of {}", there.len(), all.len());
    }
}

#[test]
fn a_full_disk_refuses_changes_and_keeps_what_was_answered() {
    let directory = begin();
    let mut child = start(directory.path(), "full", 200, Some(32));
    let (done, refused) = told(&rest(&mut child));
    assert!(child.wait().expect("an end").success());
    assert!(done.len() > 10 && refused.len() > 10, "{} done, {refused:?}", done.len());
    let journal = directory.path().join("journal.jsonl").display().to_string();
    for why in &refused {
        assert!(why.contains(" InternalError: ") && why.contains(&journal), "{why}");
    }
    let sandbox = open(directory.path());
    assert_eq!(made(&sandbox), done);
    change(&sandbox, "later", 0).expect("the disk has room again");
    assert!(made(&open(directory.path())).contains("later"));
}

#[test]
fn a_directory_that_cannot_be_used_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("file");
    fs::write(&file, "text").expect("written");
    let error = Sandbox::open(options(), &file.join("state")).expect_err("no directory");
    assert!(error.to_string().starts_with(&file.display().to_string()), "{error}");

    let gone = begin();
    let sandbox = open(gone.path());
    fs::remove_dir_all(gone.path()).expect("removed");
    let error = change(&sandbox, "lost", 1).expect_err("nothing can be kept");
    assert_eq!(error.code, "InternalError");
    assert!(error.message.contains(&gone.path().display().to_string()), "{error}");
}

#[test]
fn a_corrupt_journal_is_told_by_file_and_line() {
    let directory = begin();
    let (sandbox, journal) = (open(directory.path()), directory.path().join("journal.jsonl"));
    change(&sandbox, "before", 1).expect("a change");
    let mut text = fs::read_to_string(&journal).expect("a journal");
    let line = text.lines().count() + 1;
    text.push_str("{\"now\": 7}\n");
    fs::write(&journal, text).expect("written");
    let expected = format!("{}:{line}: ", journal.display());
    for why in [
        change(&sandbox, "after", 1).expect_err("corrupt").message,
        change(&sandbox, "after", 1).expect_err("still corrupt").message,
        Sandbox::open(options(), directory.path()).expect_err("corrupt").to_string(),
    ] {
        assert!(why.starts_with(&expected), "{why} is not at {expected}");
    }
    drop(sandbox);
    let fresh = Sandbox::begin(options(), directory.path()).expect("a fresh account");
    assert_eq!(fresh.contents().expect("contents"), []);
}

#[test]
fn what_was_deleted_of_what_an_account_began_with_stays_deleted() {
    let directory = tempfile::tempdir().expect("a directory");
    let sandbox = open(directory.path());
    let caller = Caller::new(&sandbox, ACCOUNT, REGION);
    for (kind, set, id, parameter) in
        [("Subnet", "subnetSet", "subnetId", "SubnetId"), ("Vpc", "vpcSet", "vpcId", "VpcId")]
    {
        let there = caller.query("ec2", &format!("Describe{kind}s"), &[]).expect("described");
        for id in there.child(set).expect("a set").all("item").filter_map(|item| item.get(id)) {
            caller.query("ec2", &format!("Delete{kind}"), &[(parameter, id)]).expect("deleted");
        }
    }
    let beside = open(directory.path());
    let vpcs = Caller::new(&beside, ACCOUNT, REGION).query("ec2", "DescribeVpcs", &[]).expect("described");
    assert_eq!(vpcs.child("vpcSet").expect("a set").children, []);
}

#[test]
fn a_reset_forgets_the_bytes_of_objects_too() {
    let directory = begin();
    let (sandbox, beside) = (open(directory.path()), open(directory.path()));
    let stored = || fs::read_dir(directory.path()).expect("a directory").map(|file| file.expect("a file").path());
    let bytes = || stored().any(|path| fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"before")));
    change(&sandbox, "before", 1).expect("a change");
    assert!(bytes());
    beside.reset().expect("a fresh account");
    assert!(!bytes());
    for (sandbox, name) in [(&sandbox, "one"), (&beside, "other")] {
        Caller::new(sandbox, ACCOUNT, REGION).s3(Method::PUT, "/media", &[], "").expect("a bucket");
        change(sandbox, name, 1).expect("a change");
    }
    let expected = ["one", "other"].map(str::to_owned).into();
    assert_eq!((made(&sandbox), made(&beside)), (expected, ["one", "other"].map(str::to_owned).into()));
}

proptest! {
    #![proptest_config(config(20))]

    #[test]
    fn what_is_kept_is_what_there_was(bytes in vec(any::<u8>(), 0..2_000)) {
        let directory = tempfile::tempdir().expect("a directory");
        let (sandbox, beside) = (open(directory.path()), open(directory.path()));
        Game::new(&sandbox).play(Choices(&bytes)).expect("sound answers");
        let (rows, now) = (sandbox.rows().expect("rows"), sandbox.now().expect("a time"));
        prop_assert_eq!(&beside.rows().expect("rows"), &rows);
        prop_assert_eq!(beside.now().expect("a time"), now);
        drop((sandbox, beside));
        let again = open(directory.path());
        prop_assert_eq!(again.rows().expect("rows"), rows);
        prop_assert_eq!(again.now().expect("a time"), now);
    }
}
