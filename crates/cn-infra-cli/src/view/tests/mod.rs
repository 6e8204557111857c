//! What plans look like, from plans made by hand.

mod steps;
mod whole;

use std::collections::BTreeSet;

use cn_infra_core::check::{Finding, Severity};
use cn_infra_core::environment::{Networks, Written, WrittenList};
use cn_infra_core::manager::TagChange;
use cn_infra_core::plan::{Action, Difference, Plan, Step, Unlisted};
use cn_infra_core::resource::Impact;
use serde_json::{Value, json};

use super::color::Style;
use super::sample::{blocked, costs, create, difference, plan, step, update};
use super::{json as data, markdown, plan as view};

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

/// The steps alone: without the header and the totals.
fn steps(steps: Vec<Step>) -> String {
    steps_in(steps, Style::PLAIN)
}

fn steps_in(steps: Vec<Step>, style: Style) -> String {
    let text = view::plan(&plan(steps), style);
    let body = text.split_once("\n\n").unwrap().1;
    body.rsplit_once("\n\n").unwrap().0.to_owned()
}

fn narrow(columns: usize) -> Style {
    Style { width: Some(columns), ..Style::PLAIN }
}

fn web_rules() -> Step {
    let opened = |rule: &str| {
        let path = format!("ingress.{rule}.from");
        difference(&path, json!(["0.0.0.0/0", "::/0"]), json!(["198.51.100.7/32", "203.0.113.0/28"]))
    };
    let rule = json!({ "protocol": "tcp", "port": 8080, "from": ["0.0.0.0/0"] });
    let unnamed = difference("ingress.(unnamed) tcp 8080", rule, Value::Null);
    let cut_off = |difference| costs(Impact::noted("nobody allowed before and after is cut off"), difference);
    let step = update("security_group.web/rules", [opened("http"), opened("https"), unnamed].map(cut_off).into());
    let visitors = ["ingress.http.from", "ingress.https.from"].map(|path| (path, "visitors", Some("developers")));
    Step { written: written(&visitors), ..step }
}

/// Lists that the file writes as the name of one network, and what that is another name of.
fn written(lists: &[(&str, &str, Option<&str>)]) -> Written {
    let list = |name: &str, meaning: Option<&str>| WrittenList {
        members: vec![name.to_owned()],
        meaning: meaning.map(str::to_owned),
    };
    lists.iter().map(|(path, name, meaning)| ((*path).to_owned(), list(name, *meaning))).collect()
}

/// The plan at the end of phase 4 of the checklist.
fn checklist() -> Plan {
    let site = costs(
        Impact::noted("staging/instance.web loses this address and has none then"),
        difference("instance", json!("staging/instance.web"), json!("instance.web")),
    );
    let referer = "http://ec2-198-51-100-9.us-west-2.compute.amazonaws.com/*";
    let policy =
        difference("policy_file", json!(POLICY), json!(POLICY.replace(referer, "https://coralnet.ucsd.edu/*")));
    Plan {
        blocked: vec![blocked()],
        unlisted: vec![unlisted("instance.old", false)],
        ..plan(vec![
            web_rules(),
            update("elastic_ip.site/association", vec![site]),
            update("bucket.media", vec![policy]),
        ])
    }
}

fn unlisted(address: &str, protected: bool) -> Unlisted {
    Unlisted { address: address.parse().unwrap(), id: "i-0fedcba9876543210".into(), name: None, protected }
}
