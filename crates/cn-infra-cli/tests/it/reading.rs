//! Commands and formats that show what is live, on an applied environment.

use insta::assert_snapshot;
use serde_json::Value;

use crate::checkout::Checkout;
use crate::mask::mask;
use crate::stand_in::{StandIn, scenarios};

scenarios!(an_applied_environment_is_shown_in_every_format);

fn an_applied_environment_is_shown_in_every_format(stand_in: &StandIn) {
    let checkout = Checkout::at(stand_in.endpoint());

    let plan: Value = serde_json::from_str(&checkout.expect(0, "plan staging --json")).unwrap();
    assert_eq!(plan["steps"].as_array().unwrap().len(), 9);
    assert_snapshot!(mask(&checkout.expect(0, "plan staging --markdown --only elastic_ip.site")), @r"
    ### Plan for staging

    `coralnet` · account `123456789012` · `us-west-2`

    **Plan: 5 to create, 0 to update, 0 to delete.**

    <details open><summary>5 steps</summary>

    ```diff
    + security_group.web   create coralnet-staging-web
        description: CoralNet staging web server
        vpc: default
        tags.Project: coralnet

    + security_group.web/rules   create
        ingress.http: tcp 80 from visitors (192.0.2.44/32, 198.51.100.7/32, 203.0.113.0/28)
        ingress.https: tcp 443 from visitors (192.0.2.44/32, 198.51.100.7/32, 203.0.113.0/28)
        ingress.ping: icmp echo-request from 0.0.0.0/0
        ingress.ssh: tcp 22 from developers (192.0.2.44/32, 198.51.100.7/32, 203.0.113.0/28)
        egress.all: everything to everyone (0.0.0.0/0, ::/0)

    + instance.web   create coralnet-staging-web
        type: t2.medium
        image: resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id
        instance_profile: coralnet-server
        security_groups: security_group.web
        public_ip: false
        key_pair: coralnet
        shutdown_behavior: stop
        monitoring: false
        metadata: tokens required, hop_limit 1
        root_volume: size_gib 8, type gp3, delete_on_termination true
        user_data: file (10 lines)
        tags.Project: coralnet

    + elastic_ip.site   create coralnet-staging-site
        tags.Project: coralnet

    + elastic_ip.site/association   create
        instance: instance.web
    ```

    </details>

    --only leaves out 4 steps: bucket.media, db\_instance.main, security\_group.db, security\_group.db/rules.
    ");

    let lines = checkout.expect(0, "apply staging --yes --json");
    let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events[0]["event"], "planned");
    assert_eq!(events[events.len() - 1]["event"], "ended");
    let outcomes = events[events.len() - 1]["outcomes"].as_object().unwrap();
    assert!(outcomes.len() == 9 && outcomes.values().all(|outcome| outcome["outcome"] == "done"), "{lines}");

    show(&checkout);
    output(&checkout);
}

fn show(checkout: &Checkout) {
    let text = checkout.expect(0, "show staging");
    let (_, group) = text.split_once("\nsecurity_group.db ").unwrap();
    assert_snapshot!(mask(group.split_once("\n\n").unwrap().0), @"
    sg-…   coralnet-staging-db
    managed      description         CoralNet staging database
    managed      vpc                 default
    managed      ingress.app         tcp 5432 from security_group.web
    managed      ingress.operators   tcp 5432 from developers (192.0.2.44/32, 198.51.100.7/32, 203.0.113.0/28)
    managed      egress              nothing
    output       arn                 arn:aws:ec2:us-west-2:123456789012:security-group/sg-…
    output       id                  sg-…
    output       vpc                 vpc-…
    ");
    let json: Value = serde_json::from_str(&checkout.expect(0, "show staging --json")).unwrap();
    assert_eq!(json["resources"].as_array().unwrap().len(), 6);
}

fn output(checkout: &Checkout) {
    let toml: toml::Table = checkout.expect(0, "output staging").parse().unwrap();
    let address = toml["elastic_ip"]["site"]["public_ip"].as_str().unwrap();
    assert_eq!(checkout.expect(0, "output staging elastic_ip.site.public_ip"), format!("{address}\n"));
    assert_eq!(checkout.expect(0, "output staging site.public_ip"), format!("{address}\n"));
    let json: Value = serde_json::from_str(&checkout.expect(0, "output staging --format json")).unwrap();
    assert_eq!(json["elastic_ip.site"]["public_ip"], address);
    assert_eq!(checkout.expect(0, "output staging --json"), checkout.expect(0, "output staging --format json"));
    let shell = checkout.expect(0, "output staging --format env");
    assert!(shell.contains(&format!("ELASTIC_IP_SITE_PUBLIC_IP='{address}'\n")), "{shell}");
    assert_snapshot!(checkout.run("output staging site.ip"), @r#"
    exit 64
    stderr:
    error: elastic_ip.site has no output "ip"

    hint: it has allocation_id, private_ip, public_ip
    "#);
    assert_snapshot!(checkout.run("output production elastic_ip.site.public_ip"), @"
    exit 1
    stderr:
    error: elastic_ip.site is not there yet

    hint: create it with `cn-infra apply production`
    ");
}
