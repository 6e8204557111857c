//! The command as scripts meet it, offline: exit codes, and what goes to which stream.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The repository's root, whose `environments/` are the real ones.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cn-infra"));
    command.current_dir(directory).args(arguments).stdin(Stdio::null());
    // Whoever builds a client has nowhere to go.
    command.env_clear().env("AWS_ENDPOINT_URL", "http://127.0.0.1:9").env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_CONFIG_FILE", "/nonexistent").env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
    command
}

fn run(directory: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command(directory, arguments).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn empty() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn the_real_environments_are_valid() {
    let (code, stdout, stderr) = run(ROOT.as_ref(), &["check"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!(stdout, @"
    production: valid, 6 resources
    staging: valid, 6 resources
    ");
}

#[test]
fn environments_are_found_from_a_directory_below() {
    let (code, stdout, _) = run(env!("CARGO_MANIFEST_DIR").as_ref(), &["check", "staging", "--resolved"]);
    assert_eq!(code, Some(0));
    assert!(stdout.contains("type "));
    assert!(stdout.contains("# common.toml:"), "{stdout}");
}

#[test]
fn a_wrong_file_fails_with_its_place() {
    let root = empty();
    let file = root.path().join("environments/broken.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "[environment]\nname = \"broken\"\nprojet = \"x\"\n").unwrap();
    let (code, stdout, _) = run(root.path(), &["check"]);
    assert_eq!(code, Some(1));
    assert!(stdout.contains("environments/broken.toml:3:1"), "{stdout}");
    let (code, stdout, _) = run(root.path(), &["check", "--json"]);
    assert_eq!(code, Some(1));
    let json: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    let lines: Vec<_> = json[0]["errors"].as_array().unwrap().iter().map(|error| &error["line"]).collect();
    assert!(lines.contains(&&serde_json::json!(3)), "{stdout}");
    let (code, stdout, stderr) = run(root.path(), &["plan", "broken"]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.starts_with("error: "), "{stderr}");
}

#[test]
fn a_wrong_command_line_is_64() {
    for arguments in
        [&["plan"][..], &["plan", "prod"], &["destroy"], &["apply", "staging"], &["--environments", "no", "check"]]
    {
        let (code, stdout, stderr) = run(ROOT.as_ref(), arguments);
        assert_eq!((code, stdout.as_str()), (Some(64), ""), "{arguments:?}");
        assert!(stderr.starts_with("error: "), "{stderr}");
    }
}

#[test]
fn apply_without_a_saved_plan_says_how_to_make_one() {
    let (code, _, stderr) = run(empty().path(), &["apply", "--yes"]);
    assert_eq!(code, Some(1));
    assert_eq!(stderr, "error: no saved plan; run `cn-infra plan ENV`\n");
}

#[test]
fn schema_and_completions_are_data() {
    let (code, stdout, stderr) = run(empty().path(), &["schema"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let schema: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert!(schema["properties"]["instance"].is_object(), "{stdout}");
    for shell in ["bash", "zsh", "fish"] {
        let (code, stdout, _) = run(empty().path(), &["completions", shell]);
        assert_eq!(code, Some(0));
        assert!(stdout.contains("detailed-exitcode"));
    }
}

#[test]
fn colour_is_for_terminals_unless_asked_for() {
    let plain = run(ROOT.as_ref(), &["check"]).1;
    assert!(!plain.contains('\u{1b}'));
    assert!(run(ROOT.as_ref(), &["check", "--color", "always"]).1.contains('\u{1b}'));
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    for arguments in [&["schema"][..], &["completions", "zsh"], &["check"], &["--help"], &["-vv", "schema"]] {
        let mut child =
            command(ROOT.as_ref(), arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert!(!stderr.contains("panicked"), "{stderr}");
        assert!(child.wait().unwrap().success(), "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn data_that_cannot_be_written_is_an_error() {
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for arguments in [&["schema"][..], &["completions", "bash"], &["check"], &["check", "--resolved", "--json"]] {
        let output = command(ROOT.as_ref(), arguments).stdout(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with("error: cannot write stdout\n  caused by: No space left on device"), "{stderr}");
    }
}
