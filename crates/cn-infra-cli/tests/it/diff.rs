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
    assert_snapshot!(checkout.expect(0, "diff staging production"), @"");
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
