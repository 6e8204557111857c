use std::collections::BTreeSet;

use cn_infra_core::address::Address;
use cn_infra_core::check::Situation;
use cn_infra_core::document::Document;
use cn_infra_core::environment::Tier;
use cn_infra_core::field_tree::FieldTree;
use cn_infra_core::manager::{TagChange, Wanted};
use cn_infra_core::owner::{Owner, Tags};
use cn_infra_core::token::Token;

use super::*;
use crate::testing::Script;

const GROUP: &str = "sg-0aaaaaaaaaaaaaaaa";

mod document;
mod manage;
mod observe;

fn group(toml: &str) -> SecurityGroup {
    toml::from_str(toml).unwrap()
}

fn networks() -> Networks {
    let cidrs = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
    Networks(
        [
            ("developers".to_owned(), cidrs(&["198.51.100.7/32", "203.0.113.0/28"])),
            ("everyone".to_owned(), cidrs(&["0.0.0.0/0", "::/0"])),
        ]
        .into(),
    )
}

fn expanded(toml: &str) -> SecurityGroup {
    let mut group = group(toml);
    group.expand(&networks(), &mut |path, name| panic!("{name} at {path} is unknown"));
    group
}

const WEB: &str = r#"
    description = "CoralNet web servers"
    vpc = "default"
    [ingress]
    ssh  = { port = 22, from = ["developers"] }
    http = { port = 80, from = ["everyone"] }
    ping = { protocol = "icmp", icmp = "echo-request", from = ["198.51.100.7/24"] }
    app  = { ports = "8000-8010", from = ["staging/security_group.web", "pl-0123456789abcdef0"], until = 2026-12-24T18:00:00Z, description = "for now" }
    [egress]
    all = { protocol = "all", to = ["everyone"] }
"#;

fn owner() -> Owner {
    Owner {
        project: "coralnet".into(),
        environment: "production".into(),
        address: Address::new("security_group", "web"),
    }
}

fn tags() -> Tags {
    owner().tags()
}

fn observed_web() -> Observed<SecurityGroup> {
    Observed {
        id: GROUP.into(),
        aliases: Vec::new(),
        name: Some("web".into()),
        token: None,
        tags: tags(),
        live: SecurityGroup::default(),
        readiness: cn_infra_core::live::Readiness::Ready,
        unfinished: None,
        outputs: std::collections::BTreeMap::new(),
    }
}

async fn set_rules(script: &Script, desired: &str) -> Result<Progress, ManageError> {
    set_rules_of(script, &observed_web(), desired).await
}

async fn set_rules_of(script: &Script, live: &Observed<SecurityGroup>, desired: &str) -> Result<Progress, ManageError> {
    let mut desired = expanded(desired);
    desired.normalize(&mut SecurityGroup::default(), "2026-12-01T00:00:00Z".parse().unwrap());
    let tags = TagChange::default();
    let change = Change { part: Some("rules"), name: None, desired: &desired, live, changed: &[], tags: &tags };
    SecurityGroups::new(&script.session()).update(&GROUP.into(), change).await
}

fn aws_rule(id: &str, is_egress: bool, traffic: (&str, i32, i32), peer: &str, description: &str) -> String {
    let (protocol, from, to) = traffic;
    format!(
        "<item><securityGroupRuleId>{id}</securityGroupRuleId><groupId>{GROUP}</groupId><isEgress>{is_egress}</isEgress>\
         <ipProtocol>{protocol}</ipProtocol><fromPort>{from}</fromPort><toPort>{to}</toPort>{peer}\
         <description>{description}</description></item>"
    )
}

fn rules(items: &[String]) -> String {
    format!("<securityGroupRuleSet>{}</securityGroupRuleSet>", items.concat())
}

/// The rule that every new group has.
fn new_egress() -> String {
    aws_rule("sgr-out", true, ("-1", -1, -1), "<cidrIpv4>0.0.0.0/0</cidrIpv4>", "")
}

fn ssh(id: &str, cidr: &str, description: &str) -> String {
    aws_rule(id, false, ("tcp", 22, 22), &format!("<cidrIpv4>{cidr}</cidrIpv4>"), description)
}
