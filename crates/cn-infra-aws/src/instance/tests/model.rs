use std::fmt::Write as _;

use cn_infra_core::check::{Context, Situation};
use cn_infra_core::environment::Tier;
use cn_infra_core::resource::{FieldChange, Impact, Resource};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::instance;
use crate::instance::Instance;

fn full() -> Value {
    json!({
        "type": "t2.large",
        "image": "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
        "instance_profile": "coralnet-server",
        "security_groups": ["security_group.web", "sg-0123456789abcdef0"],
        "public_ip": false,
        "availability_zone": "us-west-2a",
        "key_pair": "coralnet",
        "termination_protection": true,
        "shutdown_behavior": "stop",
        "state": "running",
        "monitoring": false,
        "ebs_optimized": true,
        "hibernation": false,
        "metadata": { "tokens": "required", "hop_limit": 1, "endpoint": "enabled" },
        "root_volume": { "size_gib": 8, "type": "gp3", "delete_on_termination": false },
        "volumes": { "data": {
            "device": "/dev/sdf", "size_gib": 100, "type": "gp3", "iops": 3000, "throughput": 125,
            "delete_on_termination": false, "encrypted": true, "kms_key": "alias/data",
        } },
        "user_data": { "file": "#cloud-config", "template": false },
    })
}

#[test]
fn reads_every_field_and_writes_it_back() {
    assert_eq!(serde_json::to_value(instance(full())).unwrap(), full());
    assert_eq!(serde_json::to_value(Instance::default()).unwrap(), json!({}));
}

#[test]
fn says_what_is_allowed() {
    let error = |fields: Value| serde_json::from_value::<Instance>(fields).unwrap_err().to_string();
    insta::assert_snapshot!(error(json!({ "state": "on" })), @"unknown variant `on`, expected `running` or `stopped`");
    insta::assert_snapshot!(
        error(json!({ "metadata": { "tokens": true } })),
        @"invalid type: boolean `true`, expected string or map"
    );
    insta::assert_snapshot!(
        error(json!({ "security_groups": ["web"] })),
        @r#""web" names no security_group: write security_group.NAME or sg-0123456789abcdef0"#
    );
    insta::assert_snapshot!(
        error(json!({ "root_volume": { "device": "/dev/sda1" } })),
        @"unknown field `device`, expected one of `size_gib`, `type`, `iops`, `throughput`, `delete_on_termination`, `encrypted`, `kms_key`"
    );
}

#[test]
fn knows_its_ids() {
    for id in ["i-0123456789abcdef0", "i-12345678"] {
        assert!(Instance::is_physical_id(id), "{id}");
    }
    for id in ["i-0123", "i-0123456789abcdefg", "eipalloc-12345678", "web"] {
        assert!(!Instance::is_physical_id(id), "{id}");
    }
}

fn problems(fields: Value) -> String {
    let mut text = String::new();
    instance(fields).validate(&mut |problem| {
        let hint = problem.hint.map(|hint| format!(" — {hint}")).unwrap_or_default();
        let _ = writeln!(text, "{}: {}{hint}", problem.path, problem.message);
    });
    text
}

#[test]
fn finds_nothing_wrong_with_a_full_instance() {
    assert_eq!(problems(full()), "");
}

#[test]
fn finds_what_does_not_go_together() {
    let wrong = json!({
        "image": "ubuntu",
        "availability_zone": "us-west-2a",
        "subnet": "default",
        "security_groups": [],
        "metadata": { "hop_limit": 65 },
        "root_volume": { "size_gib": 0, "type": "io2" },
        "volumes": {
            "a": { "device": "/dev/sdf", "type": "gp2", "iops": 3000, "throughput": 125 },
            "b": { "device": "xvdf", "encrypted": false, "kms_key": "alias/b" },
            "c": {},
        },
        "user_data": { "template": true },
    });
    insta::assert_snapshot!(problems(wrong), @r#"
    subnet: a subnet lies in one zone: `availability_zone` and `subnet` cannot both be set — keep one of the two
    image: "ubuntu" names no image — write ami-0123456789abcdef0, or resolve:ssm:/aws/service/… with the name of a public parameter
    subnet: "default" is no subnet id — write subnet-0123456789abcdef0
    security_groups: a server has at least one security group — name one, or leave the field out: the VPC's default group is used
    metadata.hop_limit: the hop limit is out of range — write a number from 1 to 64
    root_volume.size_gib: a volume has at least 1 GiB
    root_volume.type: io2 needs `iops`
    volumes.a.iops: the iops of a gp2 volume cannot be chosen — leave it out, or use gp3, io1 or io2
    volumes.a.throughput: the throughput of a gp2 volume cannot be chosen — leave it out, or use gp3
    volumes.b.kms_key: a volume that is not encrypted has no key
    volumes.b.device: xvdf is the device of `a` already
    volumes.c: the volume has no `device` — write, for example, device = "/dev/sdf"
    user_data.template: there is no text to fill — add `file`
    "#);
}

#[test]
fn user_data_has_a_limit() {
    assert_eq!(problems(json!({ "user_data": { "file": "x".repeat(16 * 1024) } })), "");
    let problem = problems(json!({ "user_data": { "file": "x".repeat(16 * 1024 + 1) } }));
    insta::assert_snapshot!(problem, @"user_data.file: the user data has 16385 bytes; AWS takes at most 16384 — let it download what is large, for example from a bucket");
}

/// Both sides after normalizing, which must change nothing when done again.
fn normalized(desired: Value, live: Value) -> (Value, Value) {
    let (mut desired, mut live) = (instance(desired), instance(live));
    desired.normalize(&mut live, Timestamp::UNIX_EPOCH);
    let once = (desired.clone(), live.clone());
    desired.normalize(&mut live, Timestamp::UNIX_EPOCH);
    assert_eq!((&desired, &live), (&once.0, &once.1), "normalizing twice");
    (serde_json::to_value(desired).unwrap(), serde_json::to_value(live).unwrap())
}

#[test]
fn groups_are_a_set() {
    let (web, db, other) = ("sg-00000003", "sg-00000002", "sg-00000001");
    let (desired, live) =
        normalized(json!({ "security_groups": [web, db, web] }), json!({ "security_groups": [other, db, web] }));
    assert_eq!(desired["security_groups"], json!([web, db]));
    assert_eq!(live["security_groups"], json!([web, db, other]), "what both have comes first, in the file's order");
}

#[test]
fn a_parameter_counts_as_whatever_image_it_named() {
    let live = json!({ "type": "t2.large", "image": "ami-12345678" });
    assert_eq!(normalized(full(), live.clone()).1["image"], full()["image"]);
    assert_eq!(normalized(json!({ "image": "ami-87654321" }), live).1["image"], json!("ami-12345678"));
    assert_eq!(normalized(full(), json!({})).1, json!({}), "a create is compared with nothing");
}

#[test]
fn a_public_address_is_compared_only_where_one_of_amazons_shows() {
    let compare = |wanted: bool, live: Value| normalized(json!({ "public_ip": wanted }), live).1["public_ip"].clone();
    assert_eq!(compare(false, json!({ "type": "t2.large" })), json!(false));
    assert_eq!(compare(true, json!({ "type": "t2.large" })), json!(true));
    assert_eq!(compare(false, json!({ "type": "t2.large", "public_ip": true })), json!(true));
    assert_eq!(compare(true, json!({})), Value::Null);
}

#[test]
fn options_that_aws_refuses_beside_a_disabled_endpoint_count_as_equal() {
    let live = json!({ "metadata": { "tokens": "optional", "hop_limit": 2, "endpoint": "enabled" } });
    let (_, disabled) =
        normalized(json!({ "metadata": { "tokens": "required", "endpoint": "disabled" } }), live.clone());
    assert_eq!(disabled["metadata"], json!({ "tokens": "required", "hop_limit": 2, "endpoint": "enabled" }));
    let (_, enabled) = normalized(json!({ "metadata": { "tokens": "required" } }), live);
    assert_eq!(enabled["metadata"]["tokens"], json!("optional"));
}

#[test]
fn volumes_are_joined_by_device() {
    let wanted = json!({ "volumes": {
        "data": { "device": "/dev/xvdf", "kms_key": "1234" },
        "logs": { "device": "/dev/sdg" },
    } });
    let live = json!({ "volumes": {
        "/dev/sdf": { "device": "/dev/sdf", "size_gib": 8, "kms_key": "arn:aws:kms:us-west-2:123456789012:key/1234" },
        "/dev/sdh": { "device": "/dev/sdh", "size_gib": 9 },
    } });
    let (_, live) = normalized(wanted, live);
    assert_eq!(
        live["volumes"],
        json!({
            "data": { "device": "/dev/xvdf", "size_gib": 8, "kms_key": "1234" },
            "/dev/sdh": { "device": "/dev/sdh", "size_gib": 9 },
        })
    );
}

#[test]
fn keys_are_compared_as_far_as_they_are_told() {
    let arn = "arn:aws:kms:us-west-2:123456789012:key/1234";
    let compare = |wanted: &str| {
        let live = json!({ "root_volume": { "kms_key": arn } });
        normalized(json!({ "root_volume": { "kms_key": wanted } }), live).1["root_volume"]["kms_key"].clone()
    };
    for same in [arn, "1234", "alias/data"] {
        assert_eq!(compare(same), json!(same));
    }
    for other in ["123", "arn:aws:kms:us-west-2:123456789012:key/5678"] {
        assert_eq!(compare(other), json!(arn));
    }
}

fn impact(path: &str, before: Value, after: Value, desired: Value, live: Value) -> Impact {
    let (before, after) = (Some(before).filter(|value| !value.is_null()), Some(after).filter(|value| !value.is_null()));
    let (desired, live) = (instance(desired), instance(live));
    Instance::impact(&FieldChange {
        path,
        before: before.as_ref(),
        after: after.as_ref(),
        desired: &desired,
        live: &live,
    })
}

fn words(impact: Impact) -> String {
    match impact {
        Impact::InPlace { note } => format!("in place{}", note.map(|note| format!(": {note}")).unwrap_or_default()),
        Impact::Interrupts { why } => format!("interrupts: {why}"),
        Impact::Impossible { why, hint } => format!("impossible: {why} — {hint}"),
        Impact::Ignored { why } => format!("ignored: {why}"),
    }
}

#[test]
fn every_field_has_an_impact() {
    let there = json!({ "volumes": { "data": { "device": "/dev/sdf" } } });
    let table: Vec<_> = std::iter::once("name")
        .chain(Instance::FIELDS.iter().map(|field| field.path))
        .map(|field| {
            let path = field.replace('*', "data");
            format!("{field}: {}", words(impact(&path, json!(null), json!(null), there.clone(), there.clone())))
        })
        .collect();
    insta::assert_snapshot!(table.join("\n"), @r"
    name: in place
    type: interrupts: the server stops for about a minute; a public address of Amazon's changes
    image: ignored: an image is used at creation only; declare a new instance beside it, point references at it, then take this one out of the file and prune
    instance_profile: in place: programs on the server get the new role's credentials within minutes
    security_groups: in place: the rules of the new groups hold at once
    public_ip: impossible: a public address is assigned at creation only — give the server an elastic_ip, which takes the place of Amazon's address, or write `public_ip = true`
    availability_zone: impossible: a server cannot move to another zone or subnet — declare a new instance beside it, point references at it, then take this one out of the file and prune
    subnet: impossible: a server cannot move to another zone or subnet — declare a new instance beside it, point references at it, then take this one out of the file and prune
    key_pair: impossible: a key pair is installed at the first start only — add the public key to ~/.ssh/authorized_keys on the server, or write the key pair that it was created with
    termination_protection: in place
    shutdown_behavior: in place
    state: in place: the server starts, and costs again
    monitoring: in place
    ebs_optimized: interrupts: the server stops for about a minute; a public address of Amazon's changes
    hibernation: impossible: hibernation is chosen at creation — declare a new instance beside it, point references at it, then take this one out of the file and prune
    metadata.tokens: in place
    metadata.hop_limit: in place
    metadata.endpoint: in place
    root_volume.size_gib: in place: the volume grows while in use; the file system has to be grown from within
    root_volume.type: in place: changes while in use, over hours; AWS takes at most four such changes in 24 hours
    root_volume.iops: in place: changes while in use, over hours; AWS takes at most four such changes in 24 hours
    root_volume.throughput: in place: changes while in use, over hours; AWS takes at most four such changes in 24 hours
    root_volume.delete_on_termination: in place
    root_volume.encrypted: impossible: the encryption of a volume is chosen when it is made — make an encrypted copy of a snapshot and attach that, or write what it has
    root_volume.kms_key: impossible: the encryption of a volume is chosen when it is made — make an encrypted copy of a snapshot and attach that, or write what it has
    volumes.*.device: impossible: a volume keeps its device while attached — detach it and attach it anew
    volumes.*.size_gib: in place: the volume grows while in use; the file system has to be grown from within
    volumes.*.type: in place: changes while in use, over hours; AWS takes at most four such changes in 24 hours
    volumes.*.iops: in place: changes while in use, over hours; AWS takes at most four such changes in 24 hours
    volumes.*.throughput: in place: changes while in use, over hours; AWS takes at most four such changes in 24 hours
    volumes.*.delete_on_termination: in place
    volumes.*.encrypted: impossible: the encryption of a volume is chosen when it is made — make an encrypted copy of a snapshot and attach that, or write what it has
    volumes.*.kms_key: impossible: the encryption of a volume is chosen when it is made — make an encrypted copy of a snapshot and attach that, or write what it has
    user_data.file: ignored: user data runs at the first start only; declare a new instance beside it, point references at it, then take this one out of the file and prune
    user_data.template: ignored: user data runs at the first start only; declare a new instance beside it, point references at it, then take this one out of the file and prune
    ");
}

#[test]
fn a_stopped_server_is_not_interrupted() {
    let stopped = json!({ "state": "stopped" });
    let impact = impact("type", json!("t2.medium"), json!("t2.large"), json!({}), stopped);
    assert!(matches!(impact, Impact::InPlace { .. }), "{impact:?}");
}

#[test]
fn what_is_wanted_decides_the_impact() {
    let of =
        |path: &str, after: Value| words(impact(path, json!(null), after, json!({ "state": "stopped" }), json!({})));
    let table = [
        of("state", json!("stopped")),
        of("monitoring", json!(true)),
        of("metadata.tokens", json!("required")),
        of("metadata.endpoint", json!("disabled")),
    ];
    insta::assert_snapshot!(table.join("\n"), @r"
    interrupts: the server stops and stays so; a public address of Amazon's is given up
    in place: metrics every minute have a price
    in place: programs on the server that still use IMDSv1 lose the role's credentials
    interrupts: programs on the server lose the metadata service and with it the role's credentials
    ");
}

#[test]
fn volumes_grow_and_never_shrink() {
    let there = json!({ "root_volume": { "size_gib": 8 } });
    let resize = |before, after| {
        words(impact("root_volume.size_gib", json!(before), json!(after), there.clone(), there.clone()))
    };
    insta::assert_snapshot!(resize(8, 16), @"in place: the volume grows while in use; the file system has to be grown from within");
    insta::assert_snapshot!(resize(16, 8), @"impossible: an EBS volume never shrinks — attach a smaller volume and copy the data, or write the size that it has");
}

#[test]
fn volumes_come_and_go_by_hand() {
    let data = json!({ "volumes": { "data": { "device": "/dev/sdf", "size_gib": 8 } } });
    let none = json!({ "volumes": {} });
    let added = words(impact("volumes.data", json!(null), data["volumes"]["data"].clone(), data.clone(), none.clone()));
    let field = words(impact("volumes.data.size_gib", json!(null), json!(8), data.clone(), none.clone()));
    assert_eq!(added, field, "an entry and its fields are judged alike");
    insta::assert_snapshot!(added, @"impossible: volumes are made together with the server only — make it with `aws ec2 create-volume` and attach it as /dev/sdf: it is then found there");
    let removed = words(impact("volumes.data", data["volumes"]["data"].clone(), json!(null), none, data));
    insta::assert_snapshot!(removed, @"ignored: data is never deleted: detach the volume by hand, or declare it under `volumes`");
}

fn findings(tier: Tier, fields: Value) -> String {
    let situation = Situation { tier, now: Timestamp::UNIX_EPOCH, name: "web", my_ip: None };
    let mut text = Vec::new();
    instance(fields).check(&Context { live: None, situation: &situation }, &mut |finding| {
        text.push(format!("{}: {} — {}", finding.code, finding.message, finding.hint.unwrap_or_default()));
    });
    text.join("\n")
}

#[test]
fn remarks_on_what_is_probably_not_meant() {
    let exposed = json!({
        "shutdown_behavior": "terminate", "instance_profile": "server",
        "metadata": { "tokens": "optional", "endpoint": "disabled" },
    });
    insta::assert_snapshot!(findings(Tier::Production, exposed.clone()), @r#"
    CN201: a production server can be terminated by one call — set `termination_protection = true`
    CN202: the metadata service gives the role's credentials to any request that a program can be tricked into — set `metadata.tokens = "required"`
    CN203: a shutdown from within terminates this production server — set `shutdown_behavior = "stop"`
    CN204: without the metadata service no program gets the role of the instance profile — set `metadata.endpoint = "enabled"`
    "#);
    insta::assert_snapshot!(findings(Tier::Staging, exposed), @r#"
    CN202: the metadata service gives the role's credentials to any request that a program can be tricked into — set `metadata.tokens = "required"`
    CN204: without the metadata service no program gets the role of the instance profile — set `metadata.endpoint = "enabled"`
    "#);
    insta::assert_snapshot!(findings(Tier::Production, full()), @"CN206: t2.large is of a previous generation — t3 is a newer generation, generally cheaper for what it does: https://aws.amazon.com/ec2/instance-types/t3/");
    assert_eq!(findings(Tier::Development, json!({})), "");
}

#[test]
fn remarks_on_what_costs_and_on_what_lies_open() {
    let paid =
        json!({ "type": "m5.large", "volumes": { "data": { "device": "/dev/sdf", "type": "io2", "iops": 3000 } } });
    insta::assert_snapshot!(findings(Tier::Staging, paid.clone()), @r"
    CN207: m5.large is paid for like production's servers — a smaller type does for staging: t3.medium
    CN208: provisioned IOPS are paid for by the month, used or not — gp3 does for staging
    ");
    assert_eq!(findings(Tier::Development, paid), "");
    let open = json!({ "termination_protection": true, "root_volume": { "encrypted": false } });
    insta::assert_snapshot!(findings(Tier::Production, open.clone()), @"CN209: a volume of a production server is not encrypted — set `encrypted = true` before it is created: later it is too late");
    assert_eq!(findings(Tier::Staging, open), "");
}
