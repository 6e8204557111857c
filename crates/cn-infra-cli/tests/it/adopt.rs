//! Taking an existing object under management, and the file that is written meanwhile.

use insta::assert_snapshot;

use crate::checkout::Checkout;
use crate::mask::mask;
use crate::stand_in::{StandIn, scenarios};
use crate::terminal::at_terminal;

scenarios!(
    adopting_writes_the_file_only_once_it_is_agreed_to,
    what_cannot_be_adopted_leaves_the_file_alone,
    an_object_is_found_by_its_name_or_address,
);

const FILE: &str = "environments/staging.toml";

/// A group that somebody made by hand, as the file wants it but without our tags.
const BY_HAND: &str = "print(ec2.create_security_group(GroupName='coralnet-staging-db', Description='CoralNet staging database')['GroupId'])";

fn adopting_writes_the_file_only_once_it_is_agreed_to(stand_in: &StandIn) {
    let checkout = Checkout::at(stand_in.endpoint());
    let group = stand_in.boto3(BY_HAND);
    assert_snapshot!(checkout.run("plan staging --only security_group.db"), @"
    exit 4
    stdout:
    staging · coralnet · account 123456789012 · us-west-2

      ! security_group.db   blocked: exists without our tags: sg-…
          hint: `cn-infra adopt staging security_group.db sg-…` takes it under management

    Plan: 0 to create, 0 to update, 0 to delete, 1 blocked.
    --only leaves out 6 steps: bucket.media, elastic_ip.site, elastic_ip.site/association, instance.web, security_group.web and 1 more.
    stderr:
    17 API calls in 2 waves, … s.
    ");

    let before = checkout.read(FILE);
    let adopt = format!("adopt staging security_group.db {group}");
    assert_snapshot!(checkout.run(&format!("{adopt} --dry-run")), @r#"
    exit 0
    stdout:
      ~ environments/staging.toml
              description = "CoralNet staging database"
            + adopt = "sg-…"
              [security_group.db.ingress]

    staging · coralnet · account 123456789012 · us-west-2

      + security_group.web         create coralnet-staging-web
          description    CoralNet staging web server
          vpc            default
          tags.Project   coralnet
      + security_group.web/rules   create
          ingress.http    tcp 80 from visitors (192.0.2.44/32, 198.51.100.7/32, 203.0.113.0/28)
          ingress.https   tcp 443 from visitors (192.0.2.44/32, 198.51.100.7/32, 203.0.113.0/28)
          ingress.ping    icmp echo-request from 0.0.0.0/0
          ingress.ssh     tcp 22 from developers (192.0.2.44/32, 198.51.100.7/32, 203.0.113.0/28)
          egress.all      everything to everyone (0.0.0.0/0, ::/0)
      ~ security_group.db          adopted; in place
          tags.Name        → coralnet-staging-db
          tags.Project     → coralnet
          ownership tags   cn-infra:address, cn-infra:environment, cn-infra:project, cn-infra:tags
      ~ security_group.db/rules    in place, nobody allowed before and after is cut off
          + app: tcp 5432 from security_group.web
          + operators: tcp 5432 from developers (192.0.2.44/32, 198.51.100.7/32, 203.0.113.0/28)
          - egress (unnamed) everything to 0.0.0.0/0

    Plan: 2 to create, 2 to update, 0 to delete.
    --only leaves out 5 steps: bucket.media, db_instance.main, elastic_ip.site, elastic_ip.site/association, instance.web.
    "#);
    assert_eq!(checkout.read(FILE), before);
    for (answer, code) in [("no\n", 1), ("\u{3}", 130)] {
        let (ended, screen) = at_terminal(&checkout, 100, answer, &adopt);
        assert_eq!(ended, Some(code), "{screen}");
        assert_eq!(checkout.read(FILE), before);
    }

    let run = checkout.run(&format!("{adopt} --yes"));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let added: Vec<_> = checkout.read(FILE).lines().filter(|line| !before.contains(line)).map(mask).collect();
    assert_eq!(added, [r#"adopt = "sg-…""#]);
    checkout.expect(0, "apply staging --yes");
    assert_snapshot!(mask(&checkout.expect(0, "plan staging --detailed-exitcode")), @"
    staging · coralnet · account 123456789012 · us-west-2

      note[CN003] security_group.db: sg-… is under management
          hint: remove `adopt` from the file

    staging matches its file: nothing to do.
    ");
}

fn what_cannot_be_adopted_leaves_the_file_alone(stand_in: &StandIn) {
    let checkout = Checkout::at(stand_in.endpoint());
    checkout.expect(0, "apply production --yes --only security_group.db");
    let group = checkout.expect(0, "output production --json");
    let group = serde_json::from_str::<serde_json::Value>(&group).unwrap();
    let group = group["security_group.db"]["id"].as_str().unwrap().to_owned();
    let before = checkout.read(FILE);
    assert_snapshot!(checkout.run(&format!("adopt staging security_group.db {group} --yes")), @r#"
    exit 4
    stdout:
      ~ environments/staging.toml
              description = "CoralNet staging database"
            + adopt = "sg-…"
              [security_group.db.ingress]

    staging · coralnet · account 123456789012 · us-west-2

      ! security_group.db   blocked: sg-… belongs to production/security_group.db
          hint: give it up in environment production first, or refer to it as "production/security_group.db"

    Plan: 0 to create, 0 to update, 0 to delete, 1 blocked.
    --only leaves out 6 steps: bucket.media, elastic_ip.site, elastic_ip.site/association, instance.web, security_group.web and 1 more.
    stderr:
    error: blocked; nothing was written
    "#);
    assert_snapshot!(checkout.run("adopt staging security_group.db sg-0123456789abcdef0 --yes"), @"
    exit 1
    stderr:
    error: security_group.db is to adopt sg-…, and there is no such security_group

    hint: correct `adopt` of security_group.db; remove it, and security_group.db is created
    ");
    assert_snapshot!(checkout.run("adopt staging security_group.db i-0123456789abcdef0 --yes"), @"
    exit 64
    stderr:
    error: i-… is no id of kind security_group

    hint: its ids look like sg-…
    ");
    let twice = "adopt staging instance.web i-0123456789abcdef0 instance.web i-0123456789abcdef1 --yes";
    assert_snapshot!(checkout.run(twice), @"
    exit 64
    stderr:
    error: instance.web is named twice

    hint: a resource has one object
    ");
    assert_snapshot!(checkout.run("adopt staging security_group.bd sg-0123456789abcdef0 --yes"), @"
    exit 64
    stderr:
    error: staging declares no security_group.bd

    hint: did you mean security_group.db?
    ");
    assert_eq!(checkout.read(FILE), before);
}

fn an_object_is_found_by_its_name_or_address(stand_in: &StandIn) {
    let checkout = Checkout::at(stand_in.endpoint());
    let group = stand_in.boto3(BY_HAND);
    let address = stand_in.boto3(
        "
made = ec2.allocate_address(Domain='vpc')
print(made['PublicIp'], made['AllocationId'])",
    );
    let (address, allocation) = address.split_once(' ').unwrap();
    let adopted = |checkout: &Checkout| {
        let text = checkout.read(FILE);
        text.lines()
            .filter_map(|line| line.strip_prefix("adopt = "))
            .map(|id| id.trim_matches('"').to_owned())
            .collect::<Vec<_>>()
    };
    checkout.expect(0, "adopt staging security_group.db coralnet-staging-db --yes");
    assert_eq!(adopted(&checkout), [group]);
    checkout.expect(0, &format!("adopt staging elastic_ip.site {address} --yes"));
    assert!(adopted(&checkout).iter().any(|id| id == address), "{:?}", adopted(&checkout));
    let tags =
        format!("print(len(ec2.describe_addresses(AllocationIds=['{allocation}'])['Addresses'][0]['Tags']) > 3)");
    assert_eq!(stand_in.boto3(&tags), "True");

    // Another file claims it.
    let said = checkout.run(&format!("adopt production elastic_ip.site {address} --yes"));
    assert_eq!(said.code, Some(1), "{said}");
    assert!(said.stderr.contains("and so does elastic_ip.site in environments/staging.toml"), "{said}");
    assert!(!checkout.read("environments/production.toml").contains("adopt"));

    checkout.write("environments/broken.toml", "[environment]\nname = \"broken\"\n");
    let said = checkout.run(&format!("adopt staging elastic_ip.site {address} --dry-run"));
    assert!(said.stderr.contains("environments/broken.toml has errors: whether it claims the object too"), "{said}");

    // Names need not be unique, nor right.
    let ids = stand_in.boto3(
        "
tags = [{'ResourceType': 'elastic-ip', 'Tags': [{'Key': 'Name', 'Value': 'spare one'}]}]
print(' '.join(sorted(ec2.allocate_address(Domain='vpc', TagSpecifications=tags)['AllocationId'] for _ in range(2))))",
    );
    let run = |name: &str| {
        let mut command = checkout.command("adopt production --yes elastic_ip.site");
        let output = command.arg(name).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = run("spare one");
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("2 objects are named \"spare one\": ") && ids.split(' ').all(|id| said.contains(id)),
        "{said}"
    );
    let (code, said) = run("spare on");
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("there is no elastic_ip named \"spare on\"") && said.contains("did you mean \"spare one\"?"),
        "{said}"
    );
}
