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

/// Both environments as their files say.
fn applied(stand_in: &StandIn) -> Checkout {
    let checkout = Checkout::at(stand_in.endpoint());
    for environment in ["production", "staging"] {
        checkout.expect(0, &format!("apply {environment} --yes"));
    }
    checkout
}

fn the_toggle_hides_the_site_and_opens_it_again(stand_in: &StandIn) {
    let checkout = applied(stand_in);
    let before = checkout.read(FILE);
    let toggle = "ingress production visitors developers";
    let dry = checkout.expect(0, &format!("{toggle} --dry-run"));
    assert_snapshot!(mask(&dry), @r#"
    production: who reaches what
      instance.web   tcp 80, tcp 443   everyone → developers   (0.0.0.0/0, ::/0 → 192.0.2.44/32, 198.51.100.7/32, 203.0.113.0/28)

      ~ environments/production.toml
              [networks]
            - visitors = "everyone"             # "developers" hides the site, for a migration or before a launch
            + visitors = "developers"             # "developers" hides the site, for a migration or before a launch


    production · coralnet · account 123456789012 · us-west-2

      ~ security_group.web/rules   in place, nobody allowed before and after is cut off
          http, https   from   visitors: everyone → developers   (0.0.0.0/0, ::/0 → 192.0.2.44/32, 198.51.100.7/32, 203.0.113.0/28)

      warning[CN110] security_group.web: port 80 is closed to the world, and with it to the authority that issues and renews certificates by ACME's HTTP-01
          hint: get the certificate first, use DNS-01, or leave port 80 open and close 443 alone

    Plan: 0 to create, 1 to update, 0 to delete.
    "#);
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
    assert_snapshot!(mask(&checkout.expect(0, "reach production --svg reach.svg")), @"
    production · coralnet · account 123456789012 · us-west-2

    db_instance.main   public address; security_group.db
                             tcp 5432
      everyone               part
      developers, visitors   yes
      lab                    yes
      ana                    yes
      ben                    yes
      security_group.web     yes

    instance.web   public address; security_group.web
                             tcp 22   tcp 80       tcp 443      icmp echo-request
      everyone               part     yes → part   yes → part   IPv4 only
      developers, visitors   yes      yes          yes          yes
      lab                    yes      yes          yes          yes
      ana                    yes      yes          yes          yes
      ben                    yes      yes          yes          yes
      security_group.web     no       no           no           no

      everyone               0.0.0.0/0, ::/0
      developers, visitors   192.0.2.44/32, 198.51.100.7/32, 203.0.113.0/28
      lab                    203.0.113.0/28
      ana                    198.51.100.7/32
      ben                    192.0.2.44/32

    part: some of its addresses.

    What stands after → holds once the file is applied: 1 of them changes.
    ");
    let picture = checkout.read("reach.svg");
    for part in ["<title id=\"title\">Who reaches what in production", "role=\"img\"", "everyone", "yes → part"] {
        assert!(picture.contains(part), "{part} in {picture}");
    }
}

#[test]
fn offline_the_file_alone_is_looked_at() {
    let checkout = Checkout::new();
    assert_snapshot!(checkout.expect(0, "reach staging --offline"), @"
    staging · coralnet · account 123456789012 · us-west-2

    db_instance.main   public address; security_group.db
                             tcp 5432
      everyone               part
      developers, visitors   yes
      lab                    yes
      ana                    yes
      ben                    yes
      security_group.web     yes

    instance.web   public address; security_group.web
                             tcp 22   tcp 80   tcp 443   icmp echo-request
      everyone               part     part     part      IPv4 only
      developers, visitors   yes      yes      yes       yes
      lab                    yes      yes      yes       yes
      ana                    yes      yes      yes       yes
      ben                    yes      yes      yes       yes
      security_group.web     no       no       no        no

      everyone               0.0.0.0/0, ::/0
      developers, visitors   192.0.2.44/32, 198.51.100.7/32, 203.0.113.0/28
      lab                    203.0.113.0/28
      ana                    198.51.100.7/32
      ben                    192.0.2.44/32

    part: some of its addresses.
    ");
}

#[test]
fn what_cannot_be_changed_is_said_before_anything_is_called() {
    let checkout = Checkout::new();
    assert_snapshot!(checkout.run("ingress production visitor everyone --yes"), @r#"
    exit 64
    stderr:
    error: production has no network "visitor"

    hint: did you mean visitors?
    "#);
    assert_snapshot!(checkout.run("ingress production visitors develpers --yes"), @r#"
    exit 1
    stderr:
    error: there is no network `develpers`
       --> environments/production.toml:12:12
       |
    12 | visitors = "develpers"             # "developers" hides the site, for a migration or before a launch
       |            ^^^^^^^^^^^
      hint: did you mean `developers`?
    "#);
    assert_snapshot!(checkout.run("ingress production developers everyone --yes"), @r#"
    exit 64
    stderr:
    error: developers is not defined in production.toml itself, but in a file that it includes

    hint: for production alone write developers = "everyone" under its [networks]; for every environment that shares it: cn-infra network set developers everyone
    "#);
    assert_snapshot!(checkout.run("network set visitors everyone --yes"), @"
    exit 64
    stderr:
    error: several files define the network visitors: environments/production.toml, environments/staging.toml

    hint: say which: --in environments/production.toml
    ");
    assert_snapshot!(checkout.run("network set nobody everyone --yes"), @r#"
    exit 64
    stderr:
    error: no file of an environment defines a network "nobody"

    hint: there are ana, ben, developers, everyone, lab, visitors
    "#);
}
