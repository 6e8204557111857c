//! The command offline: no client is built, and data alone goes to stdout.

use std::io::Read;
use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::Value;

use crate::checkout::{self, Checkout};

#[test]
fn the_real_environments_are_valid() {
    assert_snapshot!(Checkout::new().run("check"), @"
    exit 0
    stdout:
    production: valid, 6 resources
    staging: valid, 6 resources
    ");
}

#[test]
fn environments_are_found_from_a_directory_below() {
    let checkout = Checkout::new();
    checkout.write("a/b/c", "");
    let mut command = checkout.command("check staging");
    assert!(command.current_dir(checkout.path("a/b")).status().unwrap().success());
}

#[test]
fn resolved_values_tell_where_they_were_set() {
    let checkout = Checkout::new();
    let resolved = checkout.expect(0, "check staging --resolved");
    let (_, instance) = resolved.split_once("[instance.web]\n").unwrap();
    assert_snapshot!(instance.split_once("\n\n").map_or(instance, |(instance, _)| instance), @r#"
    name              = "coralnet-staging-web"   # follows from the address
    tags              = { Project = "coralnet" }   # [tags]
    type              = "t2.medium"   # staging.toml:32
    image             = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"   # common.toml:17, a default
    instance_profile  = "coralnet-server"   # common.toml:19, a default
    security_groups   = ["security_group.web"]   # staging.toml:33
    public_ip         = false   # common.toml:20, a default
    key_pair          = "coralnet"   # common.toml:18, a default
    shutdown_behavior = "stop"   # common.toml:21, a default
    monitoring        = false   # common.toml:22, a default
    metadata          = { hop_limit = 1, tokens = "required" }   # common.toml:23, a default
    root_volume       = { delete_on_termination = true, size_gib = 8, type = "gp3" }   # staging.toml:34
    user_data         = { file = "environments/staging/cloud-init.yaml, 258 bytes" }   # staging.toml:35
    "#);
    let json: Value = serde_json::from_str(&checkout.expect(0, "check staging --resolved --json")).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 1);
}

#[test]
fn a_wrong_file_fails_with_every_place() {
    let checkout = Checkout::new();
    checkout.edit("environments/staging.toml", "t2.medium\"", "t2.medium\"\nimge = \"ami-1\"");
    checkout.edit("environments/staging.toml", "size_gib = 8,", "size_gib = \"8\",");
    assert_snapshot!(checkout.run("check staging"), @r#"
    exit 1
    stdout:
    staging: 2 errors

    error: instance.web has no field `imge`
       --> environments/staging.toml:33:1
       |
    33 | imge = "ami-1"
       | ^^^^
      hint: did you mean `image`?

    error: `root_volume.size_gib` must be a whole number, not the text "8"
       --> environments/staging.toml:35:32
       |
    35 | root_volume     = { size_gib = "8", type = "gp3", delete_on_termination = true }
       |                                ^^^
      hint: write 8 without quotes
    "#);
    assert_eq!(checkout.run("check").code, Some(1));
    let run = checkout.run("check staging --json");
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((run.code, json[0]["errors"].as_array().unwrap().len()), (Some(1), 2));
    let run = checkout.run("plan staging");
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
}

#[test]
fn the_schema_accepts_the_real_environments() {
    let checkout = Checkout::new();
    let schema: Value = serde_json::from_str(&checkout.expect(0, "schema")).unwrap();
    for name in ["production", "staging"] {
        let file: toml::Table = checkout.read(&format!("environments/{name}.toml")).parse().unwrap();
        for (section, content) in &file {
            let known = &schema["properties"][section];
            assert!(known.is_object(), "{name}: {section}");
            if section.contains('_') || section == "instance" || section == "bucket" {
                let fields = fields_of(&schema, known);
                for field in
                    content.as_table().unwrap().values().flat_map(|resource| resource.as_table().unwrap().keys())
                {
                    assert!(fields.contains(field), "{name}: {section}.{field}: {fields:?}");
                }
            }
        }
    }
}

/// The fields of a kind's resources.
fn fields_of(schema: &Value, kind: &Value) -> Vec<String> {
    let mut resource = &kind["additionalProperties"];
    if let Some(name) = resource["$ref"].as_str() {
        resource = schema.pointer(name.trim_start_matches('#')).unwrap();
    }
    resource["properties"].as_object().unwrap_or_else(|| panic!("{kind}")).keys().cloned().collect()
}

#[test]
fn completions_are_there_for_each_shell() {
    for shell in ["bash", "zsh", "fish"] {
        let script = Checkout::empty().expect(0, &format!("completions {shell}"));
        assert!(script.contains("detailed-exitcode"), "{shell}");
    }
}

#[test]
fn colour_is_for_terminals_unless_asked_for() {
    let checkout = Checkout::new();
    assert!(!checkout.expect(0, "check").contains('\u{1b}'));
    assert!(checkout.expect(0, "check --color always").contains('\u{1b}'));
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let checkout = Checkout::new();
    for arguments in ["schema", "completions zsh", "check", "--help", "-vv schema"] {
        let mut child = checkout.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert!(!stderr.contains("error") && !stderr.contains("panicked"), "{arguments}: {stderr}");
        assert!(child.wait().unwrap().success(), "{arguments}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn data_that_cannot_be_written_is_an_error() {
    let checkout = Checkout::new();
    for arguments in ["schema", "completions bash", "check", "check --resolved --json"] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = checkout::output(checkout.command(arguments).stdout(full));
        assert_eq!(output.status.code(), Some(1), "{arguments}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with("error: cannot write stdout\n  caused by: No space left on device"), "{stderr}");
    }
}
