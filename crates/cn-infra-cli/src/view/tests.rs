//! What plans look like, from plans made by hand.

use cn_infra_core::check::{Finding, Severity};
use cn_infra_core::plan::{Action, Plan, Step, Unlisted};
use cn_infra_core::resource::Impact;
use serde_json::{Value, json};

use super::color::Style;
use super::sample::{blocked, costs, create, difference, plan, step, update};
use super::{markdown, plan as view};

const POLICY: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "PublicRead",
      "Condition": {
        "StringLike": {
          "aws:Referer": "http://ec2-198-51-100-9.us-west-2.compute.amazonaws.com/*"
        }
      }
    }
  ]
}
"#;

fn shown(steps: Vec<Step>) -> String {
    view::plan(&plan(steps), Style::PLAIN)
}

fn web_rules() -> Step {
    let note = "nobody allowed before and after is cut off";
    let opened = |rule: &str| {
        let path = format!("ingress.{rule}.from");
        let change = difference(&path, json!(["0.0.0.0/0", "::/0"]), json!(["198.51.100.7/32", "203.0.113.0/28"]));
        costs(Impact::noted(note), change)
    };
    let unnamed = "ingress.(unnamed) tcp 8080 from 0.0.0.0/0";
    let rule = json!({ "port": 8080, "from": ["0.0.0.0/0"] });
    update("security_group.web/rules", vec![opened("http"), opened("https"), difference(unnamed, rule, Value::Null)])
}

/// The plan at the end of phase 4 of the checklist.
fn checklist() -> Plan {
    let site = costs(
        Impact::noted("staging/instance.web loses this address and has none then"),
        difference("instance", json!("staging/instance.web"), json!("instance.web")),
    );
    let https = POLICY.replace("http://ec2-198-51-100-9.us-west-2.compute.amazonaws.com/*", "https://coralnet.ucsd.edu/*");
    let policy = difference("policy_file", json!(POLICY), json!(https));
    Plan {
        blocked: vec![blocked()],
        unlisted: vec![Unlisted {
            address: "instance.old".parse().unwrap(),
            id: "i-0fedcba9876543210".into(),
            name: None,
            protected: false,
        }],
        ..plan(vec![
            web_rules(),
            update("elastic_ip.site/association", vec![site]),
            update("bucket.media", vec![policy]),
        ])
    }
}

#[test]
fn print_all() {
    let p = checklist();
    println!("{}", view::plan(&p, Style::PLAIN));
    println!("{}", view::plan(&p, Style { colored: true, width: Some(80) }));
    println!("{}", markdown::plan(&p));
}
