//! Files without mistakes: what they mean.

use std::fmt::Write;
use std::path::Path;

use super::{HEADER, Memory, kinds};
use crate::address::Address;
use crate::environment::{Environment, Tier, WrittenList, resolved, schema};

const COMMON: &str = r#"
[tags]
Project = "coral"
Team = "all"
[networks]
lab = ["203.0.113.7/28", "2001:db8::1/32"]
ana = ["198.51.100.7/32"]
everyone = ["0.0.0.0/0"]
[values]
site = "https://old.example.org"
port = 8080
debug = true
[defaults.server]
type = "small"
disk = { type = "gp3", encrypted = true }
tags = { Default = "yes" }
[defaults.group]
description = "from common"
"#;

const MAIN: &str = r#"
tier = "staging"
include = ["common.toml", "extra.toml"]
[networks]
developers = ["ana", "lab", "lab", "10.0.0.0/8"]
[values]
site = "https://example.org"
[lock]
bucket = "coral-locks"
[[silence]]
finding = "CN104"
on = "test/server.web"
reason = "known"

[group.web.ingress]
ssh = { port = 22, from = ["developers"] }
self = { port = 1, group = "test/group.web" }

[server.web]
name = "the-web"
disk = { size_gib = 8 }
groups = ["group.web", "test/group.web", "staging/group.web", "sg-1"]
policy_file = "texts/policy.json"
user_data = { file = "init.yaml", template = true }
tags = { Team = "web" }
protect = true
adopt = "i-01234567"
renamed_from = "server.old"

[server.db]
count = 3
user_data = { file = "init.yaml" }
policy_file = "none"
volumes = {}
"#;

const POLICY: &str = "{ \"Referer\": \"{{site}}/*\", \"Debug\": {{ debug }},\n  \"Name\": \"{{server.web.name}} {{test/group.web.name}} {{server.db.count}} {{server.web.disk.size_gib}}\" }";

fn files() -> Memory {
    Memory::default()
        .with("test.toml", format!("{HEADER}{MAIN}"))
        .with("common.toml", COMMON)
        .with("extra.toml", "[defaults.group]\ndescription = \"from extra\"\n[networks]\nana = \"192.0.2.1/32\"\n")
        .with("staging.toml", "[group.web]\n")
        .with("texts/policy.json", POLICY)
        .with("init.yaml", "ip: {{test/server.db.public_ip}} {{port}}\n")
}

fn load() -> Environment {
    files().load().unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn a_list_is_known_as_it_was_written_where_it_names_networks() {
    let environment = load();
    let web = &environment.resources[&Address::new("group", "web")];
    assert!(environment.resources[&Address::new("server", "web")].written.is_empty());
    let list = |name: &str, meaning: Option<&str>| WrittenList {
        members: vec![name.to_owned()],
        meaning: meaning.map(str::to_owned),
    };
    assert_eq!(web.written, [("ingress.ssh.from".to_owned(), list("developers", None))].into());
    let network = "[networks]\nvisitors = \"lab\"\nlab = [\"203.0.113.0/28\"]\n";
    let group = "[group.web]\ndescription = \"d\"\n[group.web.ingress]\nssh = { port = 22, from = [\"visitors\"] }\n";
    let environment = Memory::default().with("test.toml", format!("{HEADER}{network}{group}")).load().unwrap();
    let written = environment.resources.values().flat_map(|declared| &declared.written).collect::<Vec<_>>();
    assert_eq!(written, [(&"ingress.ssh.from".to_owned(), &list("visitors", Some("lab")))]);
}

#[test]
fn everything_is_merged_filled_and_made_local() {
    let environment = load();
    let mut text = String::new();
    for (address, declared) in &environment.resources {
        let document = serde_json::to_string_pretty(&declared.document).unwrap();
        writeln!(text, "{address} \"{}\" {:?}\n{document}", declared.name, declared.tags).unwrap();
    }
    insta::assert_snapshot!(text, @r#"
    group.web "coral-test-web" {"Project": "coral", "Team": "all"}
    {
      "description": "from extra",
      "ingress": {
        "self": {
          "port": 1,
          "group": "group.web"
        },
        "ssh": {
          "port": 22,
          "from": [
            "10.0.0.0/8",
            "192.0.2.1/32",
            "203.0.113.0/28",
            "2001:db8::/32"
          ]
        }
      }
    }
    server.db "coral-test-db" {"Default": "yes", "Project": "coral", "Team": "all"}
    {
      "type": "small",
      "count": 3,
      "disk": {
        "type": "gp3",
        "encrypted": true
      },
      "volumes": {},
      "policy_file": "none",
      "user_data": {
        "file": "ip: {{test/server.db.public_ip}} {{port}}\n"
      }
    }
    server.web "the-web" {"Project": "coral", "Team": "web"}
    {
      "type": "small",
      "disk": {
        "size_gib": 8
      },
      "groups": [
        "group.web",
        "group.web",
        "staging/group.web",
        "sg-1"
      ],
      "policy_file": "{ \"Referer\": \"https://example.org/*\", \"Debug\": true,\n  \"Name\": \"the-web coral-test-web 3 8\" }",
      "user_data": {
        "file": {
          "template": "ip: {{server.db.public_ip}} 8080\n"
        },
        "template": true
      }
    }
    "#);
}

#[test]
fn what_every_kind_has_is_taken_off() {
    let environment = load();
    let web = &environment.resources[&Address::new("server", "web")];
    assert_eq!(web.protect, Some(true));
    assert_eq!(web.adopt, Some("i-01234567".into()));
    assert_eq!(web.renamed_from, Some(Address::new("server", "old")));
    let db = &environment.resources[&Address::new("server", "db")];
    assert_eq!((db.protect, &db.adopt, &db.renamed_from), (None, &None, &None));
}

#[test]
fn the_header_and_the_other_tables_are_read() {
    let Environment { name, project, account, region, tier, values, silences, lock_bucket, .. } = load();
    assert_eq!([name, project, account, region], ["test", "coral", "123456789012", "us-west-2"]);
    assert_eq!(tier, Tier::Staging);
    assert_eq!(lock_bucket.as_deref(), Some("coral-locks"));
    assert_eq!(silences[0].on, Some(Address::new("server", "web")), "the own environment is left out");
    let values: Vec<_> = values.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(values, ["debug=true", "port=8080", "site=https://example.org"]);
}

#[test]
fn networks_are_expanded_in_canonical_form_without_repetition() {
    let networks = load().networks;
    let of = |name: &str| networks.get(name).unwrap().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(of("ana"), ["192.0.2.1/32"], "the file included last wins");
    assert_eq!(of("lab"), ["203.0.113.0/28", "2001:db8::/32"]);
    assert_eq!(of("developers"), ["10.0.0.0/8", "192.0.2.1/32", "203.0.113.0/28", "2001:db8::/32"]);
}

#[test]
fn a_cidr_that_stands_for_more_than_it_says_is_a_finding() {
    let loose = format!("{HEADER}[networks]\noffice = [\"198.51.100.7/24\", \"2001:db8::/32\"]\n");
    let environment = Memory::default().with("test.toml", loose).load().unwrap_or_else(|problems| panic!("{problems}"));
    let found = crate::check::check(&environment, &super::kinds::kinds(), crate::testing::samples::NOW);
    let found: Vec<_> = found.iter().map(|finding| (finding.code.as_str(), finding.message.as_str())).collect();
    assert_eq!(found, [("CN013", "198.51.100.7/24 in the network `office` stands for 198.51.100.0/24")]);
}

#[test]
fn resolved_values_tell_where_they_were_set() {
    let mut text = String::new();
    for resource in resolved(&load()) {
        writeln!(text, "{}", resource.address).unwrap();
        for field in resource.fields {
            let origin = field.origin.map_or("-".into(), |origin| {
                let default = if origin.default { ", by default" } else { "" };
                format!("{}:{}{default}", origin.file.display(), origin.line)
            });
            writeln!(text, "  {} = {}  # {origin}", field.name, field.value).unwrap();
        }
    }
    insta::assert_snapshot!(text, @r#"
    group.web
      name = "coral-test-web"  # -
      tags = { Project = "coral", Team = "all" }  # -
      description = "from extra"  # env/extra.toml:2, by default
      ingress = { self = { group = "group.web", port = 1 }, ssh = { from = ["10.0.0.0/8", "192.0.2.1/32", "203.0.113.0/28", "2001:db8::/32"], port = 22 } }  # env/test.toml:20
    server.db
      name = "coral-test-db"  # -
      tags = { Default = "yes", Project = "coral", Team = "all" }  # env/common.toml:16, by default
      type = "small"  # env/common.toml:14, by default
      count = 3  # env/test.toml:36
      disk = { encrypted = true, type = "gp3" }  # env/common.toml:15, by default
      volumes = {}  # env/test.toml:39
      policy_file = "none"  # env/test.toml:38
      user_data = { file = "env/init.yaml, 42 bytes" }  # env/test.toml:37
    server.web
      name = "the-web"  # env/test.toml:25
      tags = { Project = "coral", Team = "web" }  # env/test.toml:30
      protect = true  # env/test.toml:31
      adopt = "i-01234567"  # env/test.toml:32
      renamed_from = "server.old"  # env/test.toml:33
      type = "small"  # env/common.toml:14, by default
      disk = { size_gib = 8 }  # env/test.toml:26
      groups = ["group.web", "group.web", "staging/group.web", "sg-1"]  # env/test.toml:27
      policy_file = "env/texts/policy.json, 93 bytes"  # env/test.toml:28
      user_data = { file = "env/init.yaml, 33 bytes", template = true }  # env/test.toml:29
    "#);
}

#[test]
fn the_hash_holds_for_the_files_read_wherever_they_are() {
    let hash = |files: &Memory| files.load().unwrap().hash;
    let original = hash(&files());
    for name in ["test.toml", "common.toml", "extra.toml", "texts/policy.json", "init.yaml"] {
        let mut content = files().0[name].clone();
        content.push(b'\n');
        assert_ne!(hash(&files().with(name, content)), original, "{name}");
    }
    assert_eq!(hash(&files().with("staging.toml", "x").with("unread.json", "{}")), original);

    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("texts")).unwrap();
    for (name, content) in &files().0 {
        std::fs::write(directory.path().join(name), content).unwrap();
    }
    assert_eq!(Environment::load(directory.path(), "test", &kinds::kinds()).unwrap().hash, original);
}

#[test]
fn line_ends_and_byte_order_mark_change_nothing() {
    let windows = format!("\u{feff}{HEADER}{MAIN}").replace('\n', "\r\n");
    let environment = files().with("test.toml", windows).load().unwrap();
    assert_eq!(environment.resources, load().resources);
}

#[test]
fn the_least_file_declares_nothing() {
    let environment = Memory::default().with("test.toml", HEADER).load().unwrap();
    assert!(environment.resources.is_empty());
    assert_eq!(environment.tier, Tier::Development);
}

#[test]
fn a_reference_within_a_part_closes_no_circle() {
    let groups = "[group.a]\ndescription = \"a\"\nparent = \"group.b\"\n[group.b]\ndescription = \"b\"\n\
                  [group.b.ingress]\na = { port = 1, group = \"group.a\" }\n";
    assert!(Memory::default().with("test.toml", format!("{HEADER}{groups}")).load().is_ok());
}

#[test]
fn text_files_are_found_from_the_environment_file() {
    let files = files();
    let environment = Environment::load_from(&files, Path::new("env"), "test", &kinds::kinds()).unwrap();
    let web = &environment.resources[&Address::new("server", "web")];
    let texts: Vec<_> = web.origins["user_data"].texts.iter().collect();
    assert_eq!(texts, [(&"user_data.file".to_owned(), &Path::new("env/init.yaml").to_owned())]);
}

#[test]
fn the_schema_knows_every_field() {
    let schema = schema(&kinds::kinds());
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("schema", serde_json::to_string_pretty(&schema).unwrap());
    });
}
