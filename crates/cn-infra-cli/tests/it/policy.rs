//! The least IAM policy, printed offline.

use serde_json::Value;

use crate::checkout::Checkout;
use crate::stand_in::StandIn;

fn actions(policy: &str) -> Vec<String> {
    let policy: Value = serde_json::from_str(policy).unwrap();
    let of = |statement: &Value| statement["Action"].as_array().unwrap().clone();
    let statements = policy["Statement"].as_array().unwrap();
    statements.iter().flat_map(of).map(|action| action.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_plan_needs_less_than_its_file() {
    let sandbox = StandIn::sandbox();
    let checkout = Checkout::at(sandbox.endpoint());
    checkout.expect(0, "plan staging --only security_group.web");
    let plan = actions(&checkout.expect(0, "policy staging --for plan"));
    assert!(plan.contains(&"ec2:CreateSecurityGroup".to_owned()));
    assert!(!plan.iter().any(|action| action == "ec2:RunInstances" || action.starts_with("kms:")), "{plan:?}");
    let file = actions(&checkout.expect(0, "policy staging"));
    assert!(plan.iter().all(|action| file.contains(action)) && plan.len() < file.len());
}

#[test]
fn a_plan_of_another_environment_is_refused() {
    let sandbox = StandIn::sandbox();
    let checkout = Checkout::at(sandbox.endpoint());
    checkout.expect(0, "plan staging --only security_group.web");
    let run = checkout.run("policy production --for plan");
    assert_eq!(run.code, Some(64), "{run}");
    assert!(run.stderr.contains(".cn-infra/plan.json is a plan of staging"), "{run}");
}
