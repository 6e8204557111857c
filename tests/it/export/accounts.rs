//! Environments at random: of every kind some, in every form that a file can give them.

use std::fmt::Write;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;

/// What every environment begins with.
pub const HEAD: &str = r#"
[environment]
name    = "staging"
project = "coralnet"
account = "123456789012"
region  = "us-west-2"

[tags]
Project = "coralnet"

[networks]
ana        = ["198.51.100.7/32"]
developers = ["ana", "203.0.113.0/28"]
everyone   = ["0.0.0.0/0", "::/0"]

[defaults.instance]
key_pair = "coralnet"
image    = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"

[defaults.db_instance]
engine          = "postgres"
master_username = "coralnet"
master_password = "managed"
"#;

/// The text of an environment file.
pub fn environment() -> impl Strategy<Value = String> {
    (1_usize..4).prop_flat_map(|groups| {
        let servers = vec(instance(groups), 0..3);
        (vec(group(groups), groups), servers, vec(address(), 0..3), vec(database(groups), 0..2), vec(bucket(), 0..3))
            .prop_map(|(groups, servers, addresses, databases, buckets)| {
                let mut text = HEAD.to_owned();
                for (number, body) in groups.iter().enumerate() {
                    text += &body.replace("GROUP", &format!("security_group.g{number}"));
                }
                for (number, body) in servers.iter().enumerate() {
                    let _ = write!(text, "\n[instance.i{number}]\n{body}");
                }
                for (number, on) in addresses.iter().enumerate() {
                    let target = servers.get(number).filter(|_| *on).map(|_| format!("instance.i{number}"));
                    let _ =
                        writeln!(text, "\n[elastic_ip.e{number}]\ninstance = {:?}", target.unwrap_or("none".into()));
                }
                for (number, body) in databases.iter().enumerate() {
                    let _ = write!(text, "\n[db_instance.d{number}]\n{body}");
                }
                for (number, body) in buckets.iter().enumerate() {
                    let body = body.replace("policy.json", &format!("policy-{number}.json"));
                    let _ = write!(text, "\n[bucket.b{number}]\nname = \"coralnet-b{number}\"\n{body}");
                }
                text
            })
    })
}

fn either(of: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    select(of)
}

/// Each line is there or not.
fn lines(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::sample::subsequence(of, 0..=of.len())
        .prop_map(|lines| lines.into_iter().flat_map(|line| [line, "\n"]).collect())
}

fn group(groups: usize) -> impl Strategy<Value = String> {
    let common = lines(&["description = \"what it is for\"", "tags = { Cost = \"web\" }", "protect = true"]);
    (common, btree_set(0_usize..RULES.len(), 0..6), vec(peers(groups), RULES.len())).prop_map(
        |(common, chosen, peers)| {
            let mut text = format!("\n[GROUP]\n{common}[GROUP.ingress]\n");
            for rule in chosen {
                let _ = writeln!(text, "r{rule} = {{ {}, from = [{}] }}", RULES[rule], peers[rule]);
            }
            text + "[GROUP.egress]\nall = { protocol = \"all\", to = [\"everyone\"] }\n"
        },
    )
}

const RULES: [&str; 8] = [
    "port = 22",
    "port = 80, description = \"the site, unencrypted\"",
    "port = 443, description = \"https\"",
    "protocol = \"udp\", ports = \"8000-8010\"",
    "protocol = \"icmp\", icmp = \"echo-request\"",
    "protocol = \"47\"",
    "port = 5432",
    "port = 443, description = \"the site, again\"",
];

fn peers(groups: usize) -> impl Strategy<Value = String> {
    let names = either(&["developers", "ana", "192.0.2.0/24", "everyone"]).prop_map(str::to_owned);
    let peer = prop_oneof![3 => names, 1 => (0..groups).prop_map(|group| format!("security_group.g{group}"))];
    btree_set(peer, 1..3).prop_map(|peers| peers.iter().map(|peer| format!("{peer:?}")).collect::<Vec<_>>().join(", "))
}

fn instance(groups: usize) -> impl Strategy<Value = String> {
    let more = lines(&[
        "name = \"beta\"",
        "instance_profile = \"coralnet-server\"",
        "availability_zone = \"us-west-2b\"",
        "termination_protection = true",
        "shutdown_behavior = \"terminate\"",
        "state = \"stopped\"",
        "monitoring = true",
        "metadata = { tokens = \"required\", hop_limit = 2 }",
        "root_volume = { size_gib = 12, type = \"gp2\", delete_on_termination = false }",
        "volumes = { data = { device = \"/dev/sdf\", size_gib = 10, type = \"gp3\", throughput = 250, iops = 4000 } }",
        "tags = { Cost = \"web\", \"a key\" = \"a \\\"value\\\"\" }",
        "protect = true",
    ]);
    (either(&["t2.medium", "t3.large"]), btree_set(0..groups, 1..3), more).prop_map(|(of, groups, more)| {
        let groups: Vec<_> = groups.iter().map(|group| format!("\"security_group.g{group}\"")).collect();
        format!("type = {of:?}\nsecurity_groups = [{}]\n{more}", groups.join(", "))
    })
}

fn address() -> impl Strategy<Value = bool> {
    any::<bool>()
}

fn database(groups: usize) -> impl Strategy<Value = String> {
    let storage = either(&[
        "{ size_gib = 20, type = \"gp2\" }",
        "{ size_gib = 30, type = \"gp3\" }",
        "{ size_gib = 100, type = \"io1\", iops = 1000 }",
    ]);
    let more = lines(&[
        "name = \"coralnet-main\"",
        "multi_az = true",
        "backup_retention_days = 7",
        "backup_window = \"08:00-08:30\"",
        "maintenance_window = \"sun:09:00-sun:09:30\"",
        "publicly_accessible = true",
        "deletion_protection = true",
        "copy_tags_to_snapshot = true",
        "database = \"coralnet\"",
        "tags = { Cost = \"data\" }",
    ]);
    (storage, 0..groups, more).prop_map(|(storage, group, more)| {
        format!(
            "class = \"db.t3.medium\"\nstorage = {storage}\nsecurity_groups = [\"security_group.g{group}\"]\n{more}"
        )
    })
}

fn bucket() -> impl Strategy<Value = String> {
    lines(&[
        "versioning = true",
        "object_ownership = \"object_writer\"",
        "public_access_block = false",
        "policy_file = \"policy.json\"",
        "cors = [{ origins = [\"*\"], methods = [\"GET\"], headers = [\"Authorization\"], max_age_seconds = 3000 }]",
        "lifecycle = [{ id = \"unfinished\", abort_incomplete_multipart_days = 7 }, { id = \"old\", prefix = \"log/\", expiration_days = 30 }]",
        "website = { index = \"index.html\" }",
        "tags = { Cost = \"media\" }",
        "protect = true",
    ])
}
