//! The steps of a plan and the fields they change.

use super::*;

#[test]
fn a_create_lists_its_fields() {
    let server = create(
        "instance.web",
        json!({
            "type": "t2.large",
            "security_groups": ["security_group.web", "sg-0123456789abcdef0"],
            "public_ip": false,
            "root_volume": { "size_gib": 8, "type": "gp3", "delete_on_termination": false },
            "volumes": { "data": { "device": "/dev/sdf", "size_gib": 100 } },
            "user_data": { "file": "#cloud-config\npackages: [nginx]\n" },
        }),
    );
    let tags = [("Name", "coralnet-production-web"), ("Project", "coralnet"), ("cn-infra:project", "coralnet")];
    let set = tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let server = Step { tags: TagChange { set, remove: BTreeSet::new() }, ..server };
    let rules = create(
        "security_group.web/rules",
        json!({
            "ingress": {
                "ssh": { "port": 22, "from": ["198.51.100.7/32", "203.0.113.0/28"] },
                "range": { "protocol": "udp", "ports": "8000-8010", "from": ["pl-0123456789abcdef0"] },
            },
            "egress": {},
        }),
    );
    let bucket = create(
        "bucket.media",
        json!({
            "policy_file": { "template": "{\n  \"Resource\": \"{{elastic_ip.site.public_ip}}\"\n}\n" },
            "cors": [{ "origins": ["*"], "methods": ["GET"], "max_age_seconds": 3000 }],
            "website": "none",
        }),
    );
    insta::assert_snapshot!(steps(vec![server, rules, bucket]), @"
    + instance.web               create coralnet-production-web
        type              t2.large
        security_groups   security_group.web, sg-0123456789abcdef0
        public_ip         false
        root_volume       size_gib 8, type gp3, delete_on_termination false
        volumes.data      device /dev/sdf, size_gib 100
        user_data         file (2 lines)
        tags.Project      coralnet
    + security_group.web/rules   create
        ingress.ssh     tcp 22 from developers (198.51.100.7/32, 203.0.113.0/28)
        ingress.range   udp 8000-8010 from pl-0123456789abcdef0
        egress          nothing
    + bucket.media               create coralnet-production-web
        policy_file   (3 lines) (known after apply)
        cors          {origins *, methods GET, max_age_seconds 3000}
        website       none
    ");
}

#[test]
fn a_value_that_no_object_tells_yet_is_known_after_apply() {
    let known_after_apply = |path: &str, before| Difference {
        known_after_apply: true,
        ..difference(path, before, json!({ "template": "http://{{elastic_ip.site.public_ip}}/*" }))
    };
    let changed = update("bucket.media", vec![known_after_apply("policy_file", json!("none"))]);
    let text = json!({ "template": "{\n  \"Referer\": \"{{elastic_ip.site.public_ip}}\"\n}\n" });
    let text =
        Difference { after: Some(text), ..known_after_apply("policy_file", json!("{\n  \"Referer\": \"a\"\n}\n")) };
    let made =
        create("bucket.logs", json!({ "policy_file": { "template": "http://{{elastic_ip.site.public_ip}}/*" } }));
    insta::assert_snapshot!(steps(vec![changed, update("bucket.media", vec![text]), made]), @r#"
    ~ bucket.media   in place
        policy_file   none → http://{{elastic_ip.site.public_ip}}/* (known after apply)
    ~ bucket.media   in place
        policy_file (known after apply)
            {
          -   "Referer": "a"
          +   "Referer": "{{elastic_ip.site.public_ip}}"
            }
    + bucket.logs    create coralnet-production-web
        policy_file   http://{{elastic_ip.site.public_ip}}/* (known after apply)
    "#);
}

#[test]
fn one_cost_is_said_in_the_heading_several_beside_their_fields() {
    let class = costs(
        Impact::interrupts("the database restarts, for a few minutes"),
        difference("class", json!("db.t3.medium"), json!("db.t3.large")),
    );
    let storage = costs(
        Impact::noted("storage-optimization follows, for hours"),
        difference("storage.size_gib", json!(30), json!(40)),
    );
    let plain = difference("backup_retention_days", json!(7), json!(14));
    insta::assert_snapshot!(steps(vec![
        update("db_instance.main", vec![class.clone(), plain.clone()]),
        update("db_instance.other", vec![class, storage, plain]),
    ]), @"
    ~ db_instance.main    interrupts: the database restarts, for a few minutes
        class                   db.t3.medium → db.t3.large
        backup_retention_days   7 → 14
    ~ db_instance.other   interrupts
        class                   db.t3.medium → db.t3.large
                                interrupts: the database restarts, for a few minutes
        storage.size_gib        30 → 40
                                storage-optimization follows, for hours
        backup_retention_days   7 → 14
    ");
}

#[test]
fn members_of_lists_come_and_go() {
    let groups = difference(
        "security_groups",
        json!(["security_group.web", "sg-0a"]),
        json!(["security_group.web", "security_group.db"]),
    );
    let cors = difference("cors", json!([]), json!([{ "origins": ["*"], "methods": ["GET"] }]));
    let emptied = difference("lifecycle", json!([{ "id": "old", "expire_days": 30 }]), json!([]));
    insta::assert_snapshot!(steps(vec![update("bucket.media", vec![groups, cors, emptied])]), @"
    ~ bucket.media   in place
        security_groups   - sg-0a
                          + security_group.db
        cors              + {origins *, methods GET}
        lifecycle         - {id old, expire_days 30}
    ");
}

#[test]
fn rules_change_come_and_go() {
    let one_more =
        difference("ingress.ssh.from", json!(["198.51.100.7/32"]), json!(["198.51.100.7/32", "192.0.2.1/32"]));
    let described = difference("ingress.ssh.description", Value::Null, json!("operators"));
    let port = difference("egress.mail.port", json!(25), json!(587));
    let comes = difference("ingress.app", Value::Null, json!({ "port": 5432, "from": ["security_group.web"] }));
    let goes = difference("egress.all", json!({ "protocol": "all", "to": ["0.0.0.0/0", "::/0"] }), Value::Null);
    let unnamed = difference(
        "egress.(unnamed) udp 53 (2)",
        json!({ "protocol": "udp", "port": 53, "to": ["pl-0a"] }),
        Value::Null,
    );
    let step = update("security_group.db/rules", vec![one_more, described, port, comes, goes, unnamed]);
    insta::assert_snapshot!(steps(vec![step]), @"
    ~ security_group.db/rules   in place
        ssh   from           + 192.0.2.1/32
        ssh   description    → operators
        egress mail   port   25 → 587
        + app: tcp 5432 from security_group.web
        - egress all: everything to everyone (0.0.0.0/0, ::/0)
        - egress (unnamed) udp 53 to pl-0a
    ");
}

#[test]
fn networks_bear_the_names_that_the_file_writes() {
    let developers = || json!(["198.51.100.7/32", "203.0.113.0/28"]);
    let replaced = |rule: &str| difference(&format!("ingress.{rule}.from"), json!(["192.0.2.1/32"]), developers());
    let comes = difference("ingress.app", Value::Null, json!({ "port": 5432, "from": developers() }));
    let changed = update("security_group.web/rules", vec![replaced("ssh"), replaced("mail"), comes]);
    let lists = [
        ("ingress.ssh.from", "developers", None),
        ("ingress.mail.from", "visitors", Some("developers")),
        ("ingress.app.from", "visitors", None),
    ];
    let changed = Step { written: written(&lists), ..changed };
    let made = create("security_group.db/rules", json!({ "ingress": { "app": { "port": 1, "from": developers() } } }));
    let made = Step { written: written(&[("ingress.app.from", "visitors", None)]), ..made };
    let ana = difference("ingress.ssh.from", developers(), json!(["198.51.100.7/32"]));
    let ana =
        Step { written: written(&[("ingress.ssh.from", "ana", None)]), ..update("security_group.a/rules", vec![ana]) };
    insta::assert_snapshot!(steps(vec![changed, made, ana]), @"
    ~ security_group.web/rules   in place
        ssh   from    192.0.2.1/32 → developers   (192.0.2.1/32 → 198.51.100.7/32, 203.0.113.0/28)
        mail   from   visitors: 192.0.2.1/32 → developers   (192.0.2.1/32 → 198.51.100.7/32, 203.0.113.0/28)
        + app: tcp 5432 from visitors (198.51.100.7/32, 203.0.113.0/28)
    + security_group.db/rules    create
        ingress.app   tcp 1 from visitors (198.51.100.7/32, 203.0.113.0/28)
    ~ security_group.a/rules     in place
        ssh   from   - developers (198.51.100.7/32, 203.0.113.0/28)
                     + ana (198.51.100.7/32)
    ");
}

#[test]
fn entries_of_a_users_table_come_and_go() {
    let grown = difference("volumes.data.size_gib", json!(100), json!(200));
    let comes = difference("volumes.logs", Value::Null, json!({ "device": "/dev/sdg", "size_gib": 20 }));
    let goes = difference("volumes.old", json!({ "device": "/dev/sdh", "size_gib": 10 }), Value::Null);
    insta::assert_snapshot!(steps(vec![update("instance.web", vec![grown, comes, goes])]), @"
    ~ instance.web   in place
        volumes.data.size_gib   100 → 200
        volumes.logs            + device /dev/sdg, size_gib 20
        volumes.old             - device /dev/sdh, size_gib 10
    ");
}

#[test]
fn names_and_tags() {
    let renamed = Step { rename: Some("coralnet-production-web".into()), ..step("instance.web", Action::Update) };
    let said = update("instance.web", vec![difference("name", json!("alpha"), json!("coralnet-production-web"))]);
    let said = Step { rename: Some("coralnet-production-web".into()), ..said };
    let set = [("Project", "coralnet"), ("cn-infra:environment", "production")];
    let tags = TagChange {
        set: set.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        remove: BTreeSet::from(["Owner".to_owned()]),
    };
    let tags_before = [("Project", "reef"), ("Owner", "ana")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    let repaired = Step { tags, reasons: vec!["tags repaired".into()], ..step("bucket.media", Action::Update) };
    let known = Step { tags_before: tags_before.into(), ..repaired.clone() };
    insta::assert_snapshot!(steps(vec![renamed, said, repaired, known]), @"
    ~ instance.web   in place
        name   → coralnet-production-web
    ~ instance.web   in place
        name   alpha → coralnet-production-web
    ~ bucket.media   tags repaired; in place
        tags.Project     → coralnet
        - tags.Owner
        ownership tags   cn-infra:environment
    ~ bucket.media   tags repaired; in place
        tags.Project     reef → coralnet
        tags.Owner       - ana
        ownership tags   cn-infra:environment
    ");
}

#[test]
fn a_delete_names_the_object_that_goes() {
    let part = step("elastic_ip.old/association", Action::Delete);
    insta::assert_snapshot!(steps(vec![part, step("instance.old", Action::Delete)]), @"
    - elastic_ip.old/association   delete
    - instance.old                 delete i-0123456789abcdef0
    ");
}

#[test]
fn a_text_that_comes_is_shown_whole_and_one_line_of_json_over_several() {
    let comes = difference("policy_file", json!("none"), json!(r#"{"Version":"2012-10-17","Statement":[]}"#));
    let goes = difference("policy_file", json!("{\n  \"Statement\": []\n}\n"), json!("none"));
    insta::assert_snapshot!(steps(vec![update("bucket.a", vec![comes]), update("bucket.b", vec![goes])]), @r#"
    ~ bucket.a   in place
        policy_file
          + {
          +   "Version": "2012-10-17",
          +   "Statement": []
          + }
    ~ bucket.b   in place
        policy_file
          - {
          -   "Statement": []
          - }
    "#);
}

#[test]
fn what_is_blocked_shows_what_else_would_change() {
    let more = difference("backup_retention_days", json!(7), json!(14));
    let mut held = blocked();
    held.differences.push(more);
    let plan = Plan { blocked: vec![held], ..plan(Vec::new()) };
    assert!(markdown::plan(&plan).contains("-   backup_retention_days: 7\n+   backup_retention_days: 14\n!   hint: "));
    insta::assert_snapshot!(view::plan(&plan, narrow(80)), @"
    production · coralnet · account 123456789012 · us-west-2

      ! db_instance.main   blocked: storage.size_gib 30 → 20: RDS storage never
                           shrinks
          backup_retention_days   7 → 14
          hint: restore a snapshot into a new db_instance of the wanted size

    Plan: 0 to create, 0 to update, 0 to delete, 1 blocked.
    ");
}

#[test]
fn findings_have_code_severity_and_hint() {
    let on = |finding: Finding| finding.on(&"db_instance.main".parse().unwrap());
    let findings = vec![
        on(Finding::new("CN104", Severity::Warning, "the database has a public address"))
            .hint("set publicly_accessible = false, and reach it through a server"),
        Finding::new(
            "CN003",
            Severity::Note,
            "i-0123456789abcdef0 is under management; the line `adopt` in the file may go",
        ),
        on(Finding::new("CN303", Severity::Error, "its name is too long")),
    ];
    let plan = Plan { findings, ..plan(Vec::new()) };
    insta::assert_snapshot!(view::plan(&plan, narrow(80)), @"
    production · coralnet · account 123456789012 · us-west-2

      warning[CN104] db_instance.main: the database has a public address
          hint: set publicly_accessible = false, and reach it through a server
      note[CN003] i-0123456789abcdef0 is under management; the line `adopt` in the
                  file may go
      error[CN303] db_instance.main: its name is too long

    production matches its file: nothing to do.
    ");
    insta::assert_snapshot!(markdown::plan(&plan), @r"
    ### Plan for production

    `coralnet` · account `123456789012` · `us-west-2`

    **production matches its file: nothing to do.**

    - **warning CN104** `db_instance.main`: the database has a public address. _set publicly\_accessible = false, and reach it through a server_
    - **note CN003**: i-0123456789abcdef0 is under management; the line \`adopt\` in the file may go.
    - **error CN303** `db_instance.main`: its name is too long.
    ");
}
