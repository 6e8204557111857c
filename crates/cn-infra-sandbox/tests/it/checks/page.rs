//! `docs/sandbox-checks.md`: how many checks there are, and how many pass on the sandbox and on moto.
//!
//! `CN_INFRA_BLESS=1 cargo test -p cn-infra-sandbox --test it the_page` writes it anew. Moto takes minutes, so otherwise
//! the page is only held against the number of checks; that all pass on the sandbox is proved by running them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::{Moto, counts, run, served};

const HEAD: &str = "\
# Checks of the sandbox

The sandbox is held against AWS's documented behaviour by checks that are written in Python against boto3, and know
nothing of its code (`crates/cn-infra-sandbox/tests/checks/`). `cargo test -p cn-infra-sandbox` runs them all. For
comparison, the same checks were run against the server of moto 5.2.5, whose clock, faults and settings cannot be set:
checks that need those fail there.

This page is generated (`CN_INFRA_BLESS=1 cargo test -p cn-infra-sandbox --test it the_page`).

| module | checks | sandbox | moto |
| --- | ---: | ---: | ---: |
";

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/sandbox-checks.md")
}

/// A row of the page: a module, its checks, and how many of them pass here and there.
fn row(module: &str, checks: usize, sandbox: usize, moto: usize) -> String {
    format!("| {module} | {checks} | {sandbox} | {moto} |\n")
}

/// How many checks of each module pass.
fn passes(endpoint: &str, flags: &[&str], modules: &[String]) -> BTreeMap<String, usize> {
    let mut passes = BTreeMap::new();
    for outcome in run(endpoint, flags, modules) {
        *passes.entry(outcome.module().to_owned()).or_default() += usize::from(outcome.ok);
    }
    passes
}

fn written_anew() -> String {
    let counts = counts();
    let modules: Vec<_> = counts.keys().cloned().collect();
    let (server, moto) = (served(), Moto::start());
    let sandbox = passes(&server.endpoint(), &[], &modules);
    let other = passes(&moto.1, &["--moto"], &modules);
    let mut page = HEAD.to_owned();
    for (module, checks) in &counts {
        page += &row(module, *checks, sandbox[module], other[module]);
    }
    let sum = |counts: &BTreeMap<String, usize>| counts.values().sum();
    write!(page, "{}", row("**all**", sum(&counts), sum(&sandbox), sum(&other))).expect("a string can be written");
    page
}

#[test]
fn the_page_of_the_checks_is_current() {
    if std::env::var_os("CN_INFRA_BLESS").is_some() {
        std::fs::write(path(), written_anew()).expect("the page can be written");
    }
    let page = std::fs::read_to_string(path()).expect("the page is there");
    let rows = page.strip_prefix(HEAD).expect("the page begins as it is written here").lines();
    let mut told: BTreeMap<_, _> = rows.filter_map(numbers).collect();
    let [checks, sandbox, moto] = told.remove("**all**").expect("a last row for all");
    let sums = told.values().fold([0; 3], |sums, row| [0, 1, 2].map(|column| sums[column] + row[column]));
    assert_eq!(sums, [checks, sandbox, moto], "the last row is the sum of the others");
    for (module, [checks, sandbox, _]) in &told {
        assert_eq!(sandbox, checks, "checks of {module} fail on the sandbox");
    }
    let told: BTreeMap<_, _> = told.into_iter().map(|(module, [checks, ..])| (module, checks)).collect();
    assert_eq!(told, counts(), "the page is out of date: write it anew with CN_INFRA_BLESS=1");
}

/// The module and the numbers of a row.
fn numbers(row: &str) -> Option<(String, [usize; 3])> {
    let mut cells = row.split('|').map(str::trim).skip(1);
    let module = cells.next()?.to_owned();
    let mut number = || cells.next()?.parse().ok();
    Some((module, [number()?, number()?, number()?]))
}
