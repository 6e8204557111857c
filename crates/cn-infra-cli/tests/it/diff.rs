//! How two environments differ.

use insta::assert_snapshot;

use crate::checkout::Checkout;

#[test]
fn what_makes_production_another_is_shown_resource_by_resource() {
    let checkout = Checkout::new();
    checkout.edit(
        "environments/production.toml",
        "[elastic_ip.site]",
        "[bucket.logs]\nname = \"coralnet-logs\"\n\n[elastic_ip.site]",
    );
    assert_snapshot!(checkout.expect(0, "diff staging production"), @r#"
    staging → production

          tier                staging → production
          values.site         → https://coralnet.ucsd.edu
          networks.visitors   192.0.2.44/32, 198.51.100.7/32, 203.0.113.0/28 → 0.0.0.0/0, ::/0

      + bucket.logs   only in production

      ~ bucket.media
          name         coralnet-staging → coralnet-production
          protect      → true
          versioning   false → true
          policy_file
              "Action": "s3:GetObject",
            - "Resource": "arn:aws:s3:::coralnet-staging/*",
            + "Resource": "arn:aws:s3:::coralnet-production/*",
              "Condition": {
                "StringLike": {
            -     "aws:Referer": "http://{{elastic_ip.site.public_ip}}/*"
            +     "aws:Referer": "https://coralnet.ucsd.edu/*"
                }

      ~ db_instance.main
          name                    coralnet-staging → coralnet-production
          protect                 → true
          class                   db.t3.micro → db.t3.medium
          backup_retention_days   1 → 7
          backup_window           → 08:00-08:30
          maintenance_window      → sun:09:00-sun:09:30
          deletion_protection     false → true
          snapshot_before         + class
                                  + engine_version

      ~ elastic_ip.site
          protect   → true

      ~ instance.web
          protect                             → true
          type                                t2.medium → t2.large
          availability_zone                   → us-west-2a
          termination_protection              → true
          state                               → running
          root_volume.delete_on_termination   true → false

      ~ security_group.db
          description   CoralNet staging database → CoralNet production database

      ~ security_group.web
          description          CoralNet staging web server → CoralNet production web server
          http, https   from   developers → everyone   (192.0.2.44/32, 198.51.100.7/32, 203.0.113.0/28 → 0.0.0.0/0, ::/0)
    "#);
}

#[test]
fn an_environment_is_its_own_twin() {
    let checkout = Checkout::new();
    assert_eq!(checkout.expect(0, "diff staging staging"), "staging and staging declare the same.\n");
    let json = checkout.expect(0, "diff staging staging --json");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["environment"], serde_json::json!([]));
    assert_eq!(json["resources"], serde_json::json!({}));
}

#[test]
fn a_program_is_told_the_same() {
    let json = Checkout::new().expect(0, "diff staging production --json");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let of = &json["resources"]["db_instance.main"];
    assert_eq!(of["declared_in"], "both");
    let class = of["differences"].as_array().unwrap().iter().find(|field| field["path"] == "class").unwrap();
    assert_eq!((&class["before"], &class["after"]), (&"db.t3.micro".into(), &"db.t3.medium".into()));
}
