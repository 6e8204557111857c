//! Files with mistakes: what a user reads about each.
//!
//! `bad/*.toml` is one case each, with its message beside it. A line `#@ path` begins another file of the case, the
//! line `#@@` stands for a header that is right.

use std::fs;
use std::path::Path;

use super::{HEADER, Memory, kinds};
use crate::environment::Environment;

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

fn report_of(source: impl Into<Vec<u8>>) -> String {
    report(&Memory::default().with("test.toml", source))
}

#[test]
fn every_mistake_is_explained() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/environment/tests/bad");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    cases.sort();
    assert!(cases.len() >= 40);
    for path in cases {
        let name = path.file_stem().unwrap().to_string_lossy();
        let case = fs::read_to_string(&path).unwrap();
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "bad" }, {
            insta::assert_snapshot!(name.as_ref(), report(&files(&case)));
        });
    }
}

#[test]
fn line_ends_and_byte_order_mark_move_no_caret() {
    let source = format!("{HEADER}[server.web]\ntype = 5 # x\ngroups = [\n  \"group.a\",\n]\n");
    let plain = report_of(source.as_str());
    assert_eq!(report_of(source.replace('\n', "\r\n")), plain);
    assert_eq!(report_of(format!("\u{feff}{source}")), plain);
    let first = format!("\u{feff}tier = 1\n{HEADER}");
    assert!(report_of(first).contains("test.toml:1:1\n"));
}

#[test]
fn a_carriage_return_alone_is_explained() {
    insta::assert_snapshot!(report_of(format!("{HEADER}tier = \"x\"\ry = 1\n")), @r#"
    error: a carriage return stands alone
      --> env/test.toml:6:12
      |
    6 | tier = "x"�y = 1
      |            ^
      hint: lines end with a newline, or with carriage return and newline
    "#);
}

#[test]
fn files_that_are_no_text_are_explained() {
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(HEADER.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let latin1 = [HEADER.as_bytes(), b"tier = \"", b"\xe4\"\n"].concat();
    let include = format!("{HEADER}include = [\"a.toml\"]\n");
    let included = Memory::default().with("test.toml", include).with("a.toml", b"x = \xff".as_slice());
    let reports = [report_of(utf16), report_of(latin1), report_of(b"\0\0\0".as_slice()), report(&included)];
    insta::assert_snapshot!(reports.join("\n---\n"), @r#"
    error: env/test.toml is UTF-16: save it as UTF-8
      --> env/test.toml
    ---
    error: env/test.toml is not UTF-8: byte 0xe4 in line 6, byte 9 of the line
      --> env/test.toml
    ---
    error: `=` is missing after the key
      --> env/test.toml:1:4
      |
    1 | ���
      |    ^
      hint: write key = value
    ---
    error: env/a.toml is not UTF-8: byte 0xff in line 1, byte 5 of the line
      --> env/test.toml:6:12
      |
    6 | include = ["a.toml"]
      |            ^^^^^^^^
    "#);
}

#[test]
fn an_environment_that_is_not_there_is_explained() {
    let files = Memory::default().with("production.toml", HEADER).with("staging.toml", HEADER);
    let load = |name: &str| Environment::load_from(&files, Path::new("env"), name, &kinds::kinds()).unwrap_err();
    let reports = ["prodution", "demo", "../staging", "", "forbidden"].map(|name| load(name).to_string());
    insta::assert_snapshot!(reports.join("\n---\n"), @"
    error: env/prodution.toml does not exist
      --> env/prodution.toml
      hint: did you mean `production`?
    ---
    error: env/demo.toml does not exist
      --> env/demo.toml
      hint: the files here are `production`, `staging`
    ---
    error: `../staging` is no name for an environment
      --> env/../staging.toml
      hint: a name is a letter, then letters, digits, `_` and `-`; at most 64
    ---
    error: `` is no name for an environment
      --> env/.toml
      hint: a name is a letter, then letters, digits, `_` and `-`; at most 64
    ---
    error: env/forbidden.toml may not be read: permission denied
      --> env/forbidden.toml
    ");
}

#[test]
fn a_directory_is_no_file() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("test.toml")).unwrap();
    let error = Environment::load(directory.path(), "test", &kinds::kinds()).unwrap_err().to_string();
    assert!(error.contains("test.toml is a directory"), "{error}");
}

#[cfg(unix)]
#[test]
fn what_never_ends_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/dev/zero", directory.path().join("test.toml")).unwrap();
    let error = Environment::load(directory.path(), "test", &kinds::kinds()).unwrap_err().to_string();
    assert!(error.contains("test.toml cannot be read: it is no regular file"), "{error}");
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    let deep = |open: &str, close: &str, count: usize| {
        report_of(format!("{HEADER}[values]\nx = {}{}\n", open.repeat(count), close.repeat(count)))
    };
    let dotted = report_of(format!("{HEADER}[values]\n{}x = 1\n", "a.".repeat(100_000)));
    let header = report_of(format!("{HEADER}[{}x]\n", "server.".repeat(100_000)));
    let lists = deep("[", "]", 100_000);
    let tables = deep("{ x = ", "}", 100_000);
    let both = deep(&format!("{{ {}x = ", "a.".repeat(70)), "}", 70);
    let messages = [dotted, header, lists, tables, both].map(|report| report.lines().next().unwrap().to_owned());
    insta::assert_snapshot!(messages.join("\n"), @"
    error: lists, tables and keys are nested too deeply
    error: lists, tables and keys are nested too deeply
    error: lists, tables and keys are nested too deeply
    error: lists, tables and keys are nested too deeply
    error: lists, tables and keys are nested too deeply
    ");
}

#[test]
fn ten_megabytes_of_resources_with_a_mistake_in_each_are_read() {
    let resource = |number: usize| {
        format!(
            "[server.web-{number}]\ntype = \"small\"\ncount = \"x\"\nafter = \"server.web-{}\"\n\
             # {}\ndisk = {{ size_gib = 8, type = \"gp3\" }}\n",
            number + 1,
            "-".repeat(200)
        )
    };
    let source: String = (0..32_000).map(resource).collect();
    assert!(source.len() > 9_500_000);
    let problems = Memory::default().with("test.toml", format!("{HEADER}{source}")).load().unwrap_err();
    assert_eq!(problems.0.len(), 32_001, "each count, and the last reference");
}

#[test]
fn one_line_of_megabytes_with_many_mistakes_is_read() {
    let fields: Vec<_> = (0..20_000).map(|number| format!("v{number} = [ \"{}\" ]", "ä".repeat(100))).collect();
    let problems = report_of(format!("values = {{ {} }}\n{HEADER}", fields.join(", ")));
    assert_eq!(problems.matches("error: ").count(), 20_000);
}
