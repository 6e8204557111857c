//! Files with mistakes: what a user reads about each.
//!
//! `bad/*.toml` is one case each. A comment `#@ path` begins another file of the case; `#@@` stands for the header.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::{HEADER, Memory};

/// The files of a case: `test.toml` first.
fn files(case: &str) -> Memory {
    let mut sections = case.split("#@ ");
    let main = sections.next().unwrap_or_default().replace("#@@\n", HEADER);
    sections.fold(Memory::default().with("test.toml", main), |files, section| {
        let (name, content) = section.split_once('\n').unwrap();
        files.with(name.trim(), content)
    })
}

fn report(files: &Memory) -> String {
    files.load().map(|_| ()).unwrap_err().to_string()
}

#[test]
fn every_mistake_is_explained() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/environment/tests/bad");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_stem().unwrap().to_string_lossy();
        let case = fs::read_to_string(&path).unwrap();
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "bad" }, {
            insta::assert_snapshot!(name.as_ref(), report(&files(&case)));
        });
    }
}
