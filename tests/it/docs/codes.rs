//! `docs/findings.md` has a passage for each code that the sources raise, and for no other.

use std::collections::BTreeMap;

use super::{files, path, text};

/// Codes in the sources, in quotes, with the severity that stands on the same line.
fn raised() -> Vec<(String, Option<String>)> {
    let crates = path("crates").read_dir().unwrap().map(|entry| entry.unwrap().path().join("src"));
    let sources = crates.flat_map(|sources| files(&sources, "rs"));
    // The test kinds have a code of their own, and tests name codes that are raised elsewhere.
    let sources = sources.filter(|file| {
        let mut components = file.components().map(|component| component.as_os_str().to_string_lossy());
        !components.any(|component| ["testing", "tests", "sample.rs"].contains(&component.as_ref()))
    });
    let mut codes = Vec::new();
    for file in sources {
        let source = std::fs::read_to_string(file).unwrap();
        let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = source.lines().filter(|line| !line.trim_start().starts_with("//"));
        codes.extend(lines.flat_map(|line| quoted_codes(line).map(|code| (code.to_owned(), severity(line)))));
    }
    codes.sort();
    codes
}

fn quoted_codes(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2).filter(|text| {
        text.strip_prefix("CN").is_some_and(|number| number.len() == 3 && number.bytes().all(|b| b.is_ascii_digit()))
    })
}

fn severity(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("Severity::")?;
    Some(rest.chars().take_while(char::is_ascii_alphabetic).collect())
}

/// Each heading of the page that is a code, with the first word of its passage.
fn passages() -> Vec<(String, String)> {
    let page = text("docs/findings.md");
    let passages = page.split("\n## ").skip(1);
    let passages = passages.map(|passage| passage.split_once('\n').unwrap_or((passage, "")));
    let passages: Vec<_> = passages.filter(|(heading, _)| heading.starts_with("CN")).collect();
    let word = |body: &str| body.trim_start().split(['.', ',', ' ']).next().unwrap_or_default().to_owned();
    passages.into_iter().map(|(heading, body)| (heading.to_owned(), word(body))).collect()
}

#[test]
fn every_code_has_a_passage_and_one_meaning() {
    let raised = raised();
    let codes: Vec<_> = raised.iter().map(|(code, _)| code.as_str()).collect();
    let documented = passages();
    let headings: Vec<_> = documented.iter().map(|(code, _)| code.as_str()).collect();
    // Raised in one place, documented once, in the order of the codes.
    assert_eq!(headings, codes, "docs/findings.md (left) and the sources (right)");
    let words: BTreeMap<_, _> = documented.iter().cloned().collect();
    for (code, severity) in &raised {
        if let Some(severity) = severity {
            assert_eq!(&words[code], severity, "the first word of the passage on {code}");
        }
    }
}

#[test]
fn codes_are_grouped_by_kind() {
    let hundreds = [("plan", '0'), ("security_group", '1'), ("instance", '2'), ("db_instance", '3'), ("bucket", '4')];
    for (folder, hundred) in hundreds {
        let root = if folder == "plan" { "crates/cn-infra-core/src/plan" } else { "crates/cn-infra-aws/src" };
        let folder = if folder == "plan" { path(root) } else { path(root).join(folder) };
        for file in files(&folder, "rs") {
            let source = std::fs::read_to_string(&file).unwrap();
            for code in source.lines().flat_map(quoted_codes) {
                // The design fixed CN104 before there were hundreds; CN900 is the test kinds'.
                let right = code.starts_with(&format!("CN{hundred}")) || ["CN104", "CN900"].contains(&code);
                assert!(right, "{code} in {}", file.display());
            }
        }
    }
}
