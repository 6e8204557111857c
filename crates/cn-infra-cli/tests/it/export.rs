//! What is there, written as a file.

use insta::assert_snapshot;

use crate::checkout::Checkout;
use crate::stand_in::{StandIn, scenarios};

scenarios!(an_exported_file_plans_to_nothing, what_nobody_owns_is_exported_to_be_adopted);

fn an_exported_file_plans_to_nothing(stand_in: &StandIn) {
    let checkout = Checkout::at(stand_in.endpoint());
    checkout.expect(0, "apply production --yes");
    assert_snapshot!(checkout.run("export production --owned --out exported"), @"
    exit 0
    stderr:
    exported/production.toml
    exported/production/media-policy.json
    ");
    let text = checkout.read("exported/production.toml");
    assert!(text.contains("\n# sg-") && !text.contains("\"sg-") && !text.contains("\"i-"), "{text}");
    std::fs::copy(checkout.path("environments/common.toml"), checkout.path("exported/common.toml")).unwrap();
    let plan = checkout.expect(0, "plan production --environments exported --detailed-exitcode");
    assert!(plan.ends_with("production matches its file: nothing to do.\n"), "{plan}");
    assert_snapshot!(checkout.run("export production --out exported"), @"
    exit 64
    stderr:
    error: exported/production.toml is there already; nothing was written

    hint: name a new directory with --out, and compare
    ");
}

fn what_nobody_owns_is_exported_to_be_adopted(stand_in: &StandIn) {
    let checkout = Checkout::at(stand_in.endpoint());
    stand_in.boto3("ec2.create_security_group(GroupName='by hand', Description='made by hand')");
    assert!(!checkout.expect(0, "export staging --owned").contains("by-hand"));
    let text = checkout.expect(0, "export staging");
    let from = text.find("[security_group.by-hand]").unwrap();
    assert_snapshot!(crate::mask::mask(text[from..].split("\n\n").next().unwrap()), @r#"
    [security_group.by-hand]
    name = "by hand"
    adopt = "sg-…"
    description = "made by hand"
    ingress = {}
    [security_group.by-hand.egress]
    all = { protocol = "all", to = ["0.0.0.0/0"] }
    "#);
}
