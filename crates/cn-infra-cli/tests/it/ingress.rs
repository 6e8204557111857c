//! Who reaches what, and the two commands that change it.

use insta::assert_snapshot;
use serde_json::Value;

use crate::checkout::Checkout;
use crate::mask::mask;
use crate::stand_in::{StandIn, scenarios};
use crate::terminal::at_terminal;

scenarios!(
    the_toggle_hides_the_site_and_opens_it_again,
    a_changed_home_address_is_changed_everywhere,
    what_differs_from_the_file_is_shown_before_and_after,
);

const FILE: &str = "environments/production.toml";
const COMMON: &str = "environments/common.toml";

/// The groups of both environments, which is all that these commands write to.
fn applied(stand_in: &StandIn) -> Checkout {
    let checkout = Checkout::at(stand_in.endpoint());
    for environment in ["production", "staging"] {
        let groups = "--only security_group.web --only security_group.db";
        checkout.expect(0, &format!("apply {environment} --yes {groups}"));
    }
    checkout
}

fn the_toggle_hides_the_site_and_opens_it_again(stand_in: &StandIn) {
    let checkout = applied(stand_in);
    let before = checkout.read(FILE);
    let toggle = "ingress production visitors developers";
    let dry = checkout.expect(0, &format!("{toggle} --dry-run"));
    assert_snapshot!(mask(&dry), @"");
    assert_eq!(checkout.read(FILE), before);
    for (answer, code) in [("no\n", 1), ("\u{3}", 130)] {
        let (ended, screen) = at_terminal(&checkout, 100, answer, toggle);
        assert_eq!(ended, Some(code), "{screen}");
        assert_eq!(checkout.read(FILE), before);
    }

    let run = checkout.run(&format!("{toggle} --yes"));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.ends_with("To take it back: cn-infra ingress production visitors everyone\n"), "{}", run.stderr);
    assert_ne!(checkout.read(FILE), before);
    let again = checkout.run(&format!("{toggle} --yes"));
    assert_eq!((again.code, again.stdout.as_str()), (Some(0), ""));
    let live: Value = serde_json::from_str(&checkout.expect(0, "reach production --json")).unwrap();
    assert_eq!(live["changes"], Value::Array(Vec::new()), "what the file says is live");

    checkout.expect(0, "ingress production visitors everyone --yes");
    assert_eq!(checkout.read(FILE), before, "two toggles leave the file as it was");
}

fn a_changed_home_address_is_changed_everywhere(stand_in: &StandIn) {
    let checkout = applied(stand_in);
    let before = checkout.read(COMMON);
    let moved = "network set ana 198.51.100.23/32";
    let blocked = checkout.run(&format!("{moved} --yes --my-ip 198.51.100.7"));
    assert_eq!(blocked.code, Some(4), "whoever runs it would be locked out: {}", blocked.stdout);
    assert_eq!(checkout.read(COMMON), before);
    let run = checkout.run(&format!("{moved} --yes --my-ip 198.51.100.23"));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for environment in ["production", "staging"] {
        assert!(run.stdout.contains(&format!("{environment}: who reaches what")), "{}", run.stdout);
        checkout.expect(
            0,
            &format!("plan {environment} --only security_group.web --only security_group.db --detailed-exitcode"),
        );
    }
    let added: Vec<_> =
        checkout.read(COMMON).lines().filter(|line| !before.contains(line)).map(str::to_owned).collect();
    assert_eq!(added, [r#"ana        = ["198.51.100.23/32"]"#]);
    let back = run.stderr.lines().last().and_then(|line| line.split_once("cn-infra ")).unwrap().1.to_owned();
    checkout.expect(0, &format!("{back} --yes"));
    assert_eq!(checkout.read(COMMON), before);
}

fn what_differs_from_the_file_is_shown_before_and_after(stand_in: &StandIn) {
    let checkout = applied(stand_in);
    checkout.edit(FILE, "visitors = \"everyone\"", "visitors = \"developers\"");
    assert_snapshot!(mask(&checkout.expect(0, "reach production --svg reach.svg")), @"");
    let picture = checkout.read("reach.svg");
    for part in ["<title id=\"title\">Who reaches what in production", "role=\"img\"", "everyone", "yes → part"] {
        assert!(picture.contains(part), "{part} in {picture}");
    }
}

#[test]
fn offline_the_file_alone_is_looked_at() {
    let checkout = Checkout::new();
    assert_snapshot!(checkout.expect(0, "reach staging --offline"), @"");
}

#[test]
fn what_cannot_be_changed_is_said_before_anything_is_called() {
    let checkout = Checkout::new();
    assert_snapshot!(checkout.run("ingress production visitor everyone --yes"), @"");
    assert_snapshot!(checkout.run("ingress production visitors develpers --yes"), @"");
    assert_snapshot!(checkout.run("ingress production developers everyone --yes"), @"");
    assert_snapshot!(checkout.run("network set visitors everyone --yes"), @"");
    assert_snapshot!(checkout.run("network set nobody everyone --yes"), @"");
}
