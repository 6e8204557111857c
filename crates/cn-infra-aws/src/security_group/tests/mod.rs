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

#[test]
fn a_file_becomes_a_document_and_is_read_back() {
    let group = expanded(WEB);
    let document = Document::of(&group).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap(), @r#"
    {
      "description": "CoralNet web servers",
      "vpc": "default",
      "ingress": {
        "app": {
          "ports": "8000-8010",
          "from": [
            "staging/security_group.web",
            "pl-0123456789abcdef0"
          ],
          "until": "2026-12-24T18:00:00Z",
          "description": "for now"
        },
        "http": {
          "port": 80,
          "from": [
            "0.0.0.0/0",
            "::/0"
          ]
        },
        "ping": {
          "protocol": "icmp",
          "icmp": "echo-request",
          "from": [
            "198.51.100.7/24"
          ]
        },
        "ssh": {
          "port": 22,
          "from": [
            "198.51.100.7/32",
            "203.0.113.0/28"
          ]
        }
      },
      "egress": {
        "all": {
          "protocol": "all",
          "to": [
            "0.0.0.0/0",
            "::/0"
          ]
        }
      }
    }
    "#);
    assert_eq!(document.to::<SecurityGroup>().unwrap(), group);
}

#[test]
fn fields_are_those_of_the_schema() {
    let full = r#"
        description = "d"
        vpc = "default"
        [ingress.a]
        protocol = "tcp"
        port = 1
        ports = "1-2"
        icmp = "all"
        from = []
        to = []
        until = 2026-12-24T18:00:00Z
        description = "d"
    "#;
    let mut full = group(full);
    full.egress = full.ingress.clone();
    let tree = FieldTree::of(SecurityGroup::FIELDS);
    let mut paths = BTreeSet::new();
    for (field, value) in Document::of(&full).unwrap().0 {
        match value.as_object().filter(|_| field == "ingress" || field == "egress") {
            Some(rules) => paths.extend(rules["a"].as_object().unwrap().keys().map(|key| format!("{field}.*.{key}"))),
            None => _ = paths.insert(field),
        }
    }
    assert_eq!(paths, SecurityGroup::FIELDS.iter().map(|field| field.path.to_owned()).collect());
    assert!(paths.iter().all(|path| tree.at(path).is_some()));
}

#[test]
fn every_group_is_a_reference_and_every_unknown_network_is_reported() {
    let mut group = group(
        r#"
        ingress.a = { port = 1, from = ["security_group.web", "nobody"] }
        egress.b = { port = 1, to = ["sg-0123456789abcdef0"] }
    "#,
    );
    let mut seen = Vec::new();
    group.references(&mut |path, reference| seen.push(format!("{path}: {reference}")));
    assert_eq!(seen, ["ingress.a.from: security_group.web", "egress.b.to: sg-0123456789abcdef0"]);
    let mut unknown = Vec::new();
    group.expand(&networks(), &mut |path, name| unknown.push(format!("{path}: {name}")));
    assert_eq!(unknown, ["ingress.a.from: nobody"]);
}

#[test]
fn an_error_of_the_file_points_at_the_value() {
    let error = |toml: &str| toml::from_str::<SecurityGroup>(toml).unwrap_err().to_string();
    insta::assert_snapshot!(error("ingress.ssh = { port = 22, from = ['lab', '198.51.100.7'] }"), @r#"
    TOML parse error at line 1, column 35
      |
    1 | ingress.ssh = { port = 22, from = ['lab', '198.51.100.7'] }
      |                                   ^^^^^^^^^^^^^^^^^^^^^^^
    "198.51.100.7" is an address, not a CIDR: write "198.51.100.7/32"
    "#);
    insta::assert_snapshot!(error("ingress.ssh = { port = 70000 }"), @"
    TOML parse error at line 1, column 24
      |
    1 | ingress.ssh = { port = 70000 }
      |                        ^^^^^
    invalid value: integer `70000`, expected a port, a number up to 65535
    ");
    insta::assert_snapshot!(error("ingress.ssh = { port = '22' }"), @r#"
    TOML parse error at line 1, column 24
      |
    1 | ingress.ssh = { port = '22' }
      |                        ^^^^
    invalid type: string "22", expected a port, a number up to 65535
    "#);
    insta::assert_snapshot!(error("vpc = 'vpc'"), @r#"
    TOML parse error at line 1, column 7
      |
    1 | vpc = 'vpc'
      |       ^^^^^
    "vpc" is no VPC: write default or vpc-0123456789abcdef0
    "#);
}

fn problems(toml: &str) -> String {
    let mut lines = Vec::new();
    expanded(toml).validate(&mut |Problem { path, message, hint }| {
        lines.push(format!("{path}: {message}{}", hint.map(|hint| format!(" | {hint}")).unwrap_or_default()));
    });
    lines.join("\n")
}

#[test]
fn says_what_is_wrong_with_a_rule() {
    insta::assert_snapshot!(problems(r#"
        description = "Grüße"
        [ingress]
        "9" = { port = 1, from = [] }
        both = { port = 1, ports = "1-2", from = [] }
        code = { protocol = "icmp", icmp = "packet-too-big", from = [] }
        nobody = { port = 1 }
        none = { from = [] }
        ping = { protocol = "icmp", from = [] }
        port = { protocol = "all", port = 1, from = [] }
        tcp = { protocol = "tcp", from = [] }
        to = { port = 1, to = [] }
        type = { port = 1, icmp = "all", from = [] }
        [egress]
        from = { port = 1, to = [], from = [] }
    "#), @r#"
    description: AWS does not allow the character ü in a description | letters without accents, digits, spaces and ._-:/()#,@[]+=&;{}!$* are allowed
    ingress.9: "9" is no name for a rule: write a letter, then letters, digits, `_` or `-`
    ingress.both.ports: both port and ports are given | leave one out
    ingress.code.icmp: icmp has no message named "packet-too-big"
    ingress.nobody: the rule does not say `from` | write `from = ["0.0.0.0/0", "::/0"]` for everyone
    ingress.none.protocol: neither port, ports nor protocol says what the rule lets through | write `port = 443`, or `protocol = "all"`
    ingress.ping.protocol: a rule for icmp must say which messages | write `icmp = "echo-request"`, or `icmp = "all"`
    ingress.port.port: a rule for every protocol has no ports | leave it out, or write tcp or udp
    ingress.tcp.protocol: a rule for tcp must say its ports | write `port = 443`, or `ports = "0-65535"` for all
    ingress.to.to: rules of ingress have `from`, not `to` | write `from`
    ingress.type.icmp: tcp has ports, not ICMP types
    egress.from.from: rules of egress have `to`, not `from` | write `to`
    "#);
    assert_eq!(problems(WEB), "");
}

#[test]
fn icmp_takes_the_peers_of_its_own_version() {
    let mut desired = expanded(
        r#"
        [ingress]
        ping  = { protocol = "icmp", icmp = "echo-request", from = ["everyone", "sg-0123456789abcdef0"] }
        ping6 = { protocol = "icmpv6", icmp = "echo-request", from = ["everyone"] }
    "#,
    );
    // What an earlier hand left: it lets nothing through, and goes.
    let mut live = group("ingress.a = { protocol = 'icmp', icmp = 'echo-request', from = ['0.0.0.0/0', '::/0'] }");
    desired.normalize(&mut live, Timestamp::UNIX_EPOCH);
    let shown = |group: &SecurityGroup| {
        let rules = group.ingress.iter().flatten();
        let peers =
            |rule: &Rule| rule.peers(Direction::Ingress).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        rules.map(|(name, rule)| format!("{name}: {}", peers(rule))).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(shown(&desired), @"
    ping: 0.0.0.0/0 sg-0123456789abcdef0
    ping6: ::/0
    ");
    insta::assert_snapshot!(shown(&live), @"
    a: ::/0
    ping: 0.0.0.0/0
    ");
    insta::assert_snapshot!(problems("ingress.ping = { protocol = 'icmp', icmp = 'all', from = ['2001:db8::/64'] }"), @r#"ingress.ping.protocol: icmp is for IPv4, and no peer of the rule is | write `protocol = "icmpv6"`"#);
    insta::assert_snapshot!(problems("ingress.ping = { protocol = 'icmpv6', icmp = 'all', from = ['192.0.2.0/24'] }"), @r#"ingress.ping.protocol: icmpv6 is for IPv6, and no peer of the rule is | write `protocol = "icmp"`"#);
    assert_eq!(problems("ingress.ping = { protocol = 'icmp', icmp = 'all', from = ['everyone'] }"), "");
}

#[test]
fn counts_rules_per_direction_and_version() {
    let rules = |count: usize| {
        let cidrs: Vec<_> = (0..count).map(|n| format!("\"192.0.2.{n}/32\"")).collect();
        format!("ingress.a = {{ port = 1, from = [{}, \"sg-0123456789abcdef0\", \"::/0\"] }}", cidrs.join(","))
    };
    assert_eq!(problems(&rules(59)), "");
    insta::assert_snapshot!(problems(&rules(60)), @"ingress: 61 IPv4 rules, one for each peer: AWS allows 60 | put the addresses into a prefix list, or the rules into two groups");
}

#[test]
fn remarks_on_host_bits_and_on_rules_that_outlived_their_time() {
    let desired = group(
        r#"
        [ingress]
        lab = { port = 22, from = ["203.0.113.5/28"] }
        loader = { port = 5432, from = ["192.0.2.10/32"], until = 2026-11-30T21:00:00Z }
        closed = { port = 5433, from = ["192.0.2.10/32"], until = 2026-11-30T21:00:00Z }
        again = { port = 5434, from = ["192.0.2.10/32"], until = 2026-11-30T21:00:00Z }
        still = { port = 5434, from = ["192.0.2.10/32"] }
    "#,
    );
    let live = group(
        r#"
        [ingress]
        one = { port = 5432, from = ["192.0.2.10/32"] }
        two = { port = 5434, from = ["192.0.2.10/32"] }
    "#,
    );
    let now = "2026-12-01T00:05:00Z".parse().unwrap();
    let situation = Situation { tier: Tier::Production, now, name: "web", my_ip: None };
    let mut findings = Vec::new();
    let mut add = |finding: Finding| findings.push(format!("{}: {}", finding.code, finding.message));
    desired.check(&Context { live: Some(&live), situation: &situation }, &mut add);
    insta::assert_snapshot!(findings.join("\n"), @"
    CN101: ingress rule lab: 203.0.113.5/28 means all of 203.0.113.0/28 to AWS
    CN102: ingress rule loader: expired 3 h ago, still open
    ");
}

#[test]
fn name_and_vpc_are_fixed_and_rules_cut_nobody_off() {
    let group = SecurityGroup::default();
    let impact =
        |path| SecurityGroup::impact(&FieldChange { path, before: None, after: None, desired: &group, live: &group });
    for path in ["name", "description", "vpc"] {
        assert!(matches!(impact(path), Impact::Impossible { .. }), "{path}");
    }
    assert_eq!(impact("ingress.ssh.from"), Impact::noted("nobody allowed before and after is cut off"));
}

// What AWS is asked.

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

#[tokio::test]
async fn a_reading_takes_two_calls_and_names_the_default_vpc() {
    let answer = format!(
        "<securityGroupInfo><item><ownerId>123456789012</ownerId><groupId>{GROUP}</groupId><groupName>web</groupName>\
         <groupDescription>CoralNet web servers</groupDescription><vpcId>vpc-0dddddddddddddddd</vpcId>\
         <securityGroupArn>arn:aws:ec2:us-west-2:123456789012:security-group/{GROUP}</securityGroupArn>\
         <tagSet><item><key>Name</key><value>web</value></item></tagSet>\
         <ipPermissions><item><ipProtocol>tcp</ipProtocol><fromPort>22</fromPort><toPort>22</toPort>\
         <ipRanges><item><cidrIp>198.51.100.7/32</cidrIp><description>ssh</description></item></ipRanges>\
         <ipv6Ranges><item><cidrIpv6>2001:db8::/64</cidrIpv6></item></ipv6Ranges>\
         <groups><item><groupId>{GROUP}</groupId><userId>123456789012</userId></item></groups>\
         <prefixListIds><item><prefixListId>pl-0123456789abcdef0</prefixListId></item></prefixListIds></item></ipPermissions>\
         <ipPermissionsEgress><item><ipProtocol>-1</ipProtocol>\
         <ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item></ipPermissionsEgress></item>\
         <item><groupId>sg-0bbbbbbbbbbbbbbbb</groupId><vpcId>vpc-0eeeeeeeeeeeeeeee</vpcId></item></securityGroupInfo>"
    );
    let script = Script::new()
        .answer("DescribeSecurityGroups", &answer)
        .answer("DescribeVpcs", "<vpcSet><item><vpcId>vpc-0dddddddddddddddd</vpcId></item></vpcSet>");
    let wanted = Wanted { owner: owner(), name: "web".into(), adopt: None, resource: group(WEB) };
    let groups = SecurityGroups::new(&script.session());
    let observed = groups.observe(&Scope { only: None, declared: &[wanted] }).await.unwrap();
    insta::assert_snapshot!(script.requests().join("\n"), @"
    DescribeSecurityGroups
    MaxResults=1000
    DescribeVpcs
    Filter.1.Name=is-default
    Filter.1.Value.1=true
    ");
    insta::assert_snapshot!(serde_json::to_string_pretty(&observed[0].live).unwrap(), @r#"
    {
      "description": "CoralNet web servers",
      "vpc": "default",
      "ingress": {
        "(unnamed) tcp 22": {
          "protocol": "tcp",
          "port": 22,
          "from": [
            "2001:db8::/64",
            "sg-0aaaaaaaaaaaaaaaa",
            "pl-0123456789abcdef0"
          ]
        },
        "(unnamed) tcp 22 (2)": {
          "protocol": "tcp",
          "port": 22,
          "from": [
            "198.51.100.7/32"
          ],
          "description": "ssh"
        }
      },
      "egress": {
        "(unnamed) all": {
          "protocol": "all",
          "to": [
            "0.0.0.0/0"
          ]
        }
      }
    }
    "#);
    assert_eq!(observed[0].name.as_deref(), Some("web"));
    assert_eq!(observed[0].outputs["vpc"], "vpc-0dddddddddddddddd");
    assert_eq!(observed[1].live.vpc, Some(Vpc::Id("vpc-0eeeeeeeeeeeeeeee".into())));
    assert_eq!(observed[1].live.ingress, Some(Rules::new()));
}

#[tokio::test]
async fn a_poll_reads_only_what_it_waits_for() {
    let script = Script::new().answer("DescribeSecurityGroups", "");
    let only = BTreeSet::from([PhysicalId(GROUP.into())]);
    let groups = SecurityGroups::new(&script.session());
    assert!(groups.observe(&Scope { only: Some(&only), declared: &[] }).await.unwrap().is_empty());
    insta::assert_snapshot!(script.requests().join("\n"), @"
    DescribeSecurityGroups
    MaxResults=1000
    Filter.1.Name=group-id
    Filter.1.Value.1=sg-0aaaaaaaaaaaaaaaa
    ");
}

#[tokio::test]
async fn the_default_vpc_is_shown_as_the_file_writes_it() {
    let answer = "<securityGroupInfo><item><groupId>sg-1</groupId><groupName>web</groupName>\
                  <vpcId>vpc-0dddddddddddddddd</vpcId></item></securityGroupInfo>";
    let script = Script::new()
        .answer("DescribeSecurityGroups", answer)
        .answer("DescribeVpcs", "<vpcSet><item><vpcId>vpc-0dddddddddddddddd</vpcId></item></vpcSet>");
    let resource = group("vpc = 'vpc-0dddddddddddddddd'");
    let wanted = Wanted { owner: owner(), name: "web".into(), adopt: None, resource: resource.clone() };
    let groups = SecurityGroups::new(&script.session());
    let observed = groups.observe(&Scope { only: None, declared: &[wanted] }).await.unwrap();
    assert_eq!(observed[0].live.vpc, resource.vpc);
}

async fn create(script: &Script, toml: &str) -> Result<PhysicalId, ManageError> {
    let (owner, tags) = (owner(), tags());
    let token = Token::new("123456789012", "us-west-2", &owner, 0);
    let new = New { address: &owner.address, name: "coralnet-web", resource: &group(toml), tags: &tags, token: &token };
    SecurityGroups::new(&script.session()).create(new).await
}

#[tokio::test]
async fn a_create_bears_tags_and_is_sent_once() {
    let script = Script::new()
        .answer("DescribeVpcs", "<vpcSet><item><vpcId>vpc-0dddddddddddddddd</vpcId></item></vpcSet>")
        .answer("CreateSecurityGroup", &format!("<groupId>{GROUP}</groupId>"))
        .fail("CreateSecurityGroup", 503, "InternalError");
    assert_eq!(create(&script, "description = 'CoralNet web servers'").await.unwrap(), GROUP.into());
    let error = create(&script, "vpc = 'vpc-0eeeeeeeeeeeeeeee'").await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Unknown);
    insta::assert_snapshot!(script.writes(), @"
    CreateSecurityGroup
    GroupDescription=CoralNet web servers
    GroupName=coralnet-web
    VpcId=vpc-0dddddddddddddddd
    TagSpecification.1.ResourceType=security-group
    TagSpecification.1.Tag.1.Key=cn-infra:address
    TagSpecification.1.Tag.1.Value=security_group.web
    TagSpecification.1.Tag.2.Key=cn-infra:environment
    TagSpecification.1.Tag.2.Value=production
    TagSpecification.1.Tag.3.Key=cn-infra:project
    TagSpecification.1.Tag.3.Value=coralnet

    CreateSecurityGroup
    GroupDescription=coralnet-web
    GroupName=coralnet-web
    VpcId=vpc-0eeeeeeeeeeeeeeee
    TagSpecification.1.ResourceType=security-group
    TagSpecification.1.Tag.1.Key=cn-infra:address
    TagSpecification.1.Tag.1.Value=security_group.web
    TagSpecification.1.Tag.2.Key=cn-infra:environment
    TagSpecification.1.Tag.2.Value=production
    TagSpecification.1.Tag.3.Key=cn-infra:project
    TagSpecification.1.Tag.3.Value=coralnet
    ");
}

#[tokio::test]
async fn without_a_default_vpc_a_create_says_what_to_write() {
    let script = Script::new().answer("DescribeVpcs", "");
    let error = create(&script, "").await.unwrap_err();
    insta::assert_snapshot!(error.message, @"us-west-2 has no default VPC");
    assert_eq!(script.writes(), "");
}

#[tokio::test]
async fn a_new_group_gets_its_rules_and_loses_the_rule_it_came_with() {
    let script = Script::new()
        .answer("DescribeSecurityGroupRules", &rules(&[new_egress()]))
        .answer("AuthorizeSecurityGroupIngress", "<return>true</return>")
        .answer("AuthorizeSecurityGroupEgress", "<return>true</return>")
        .answer("RevokeSecurityGroupEgress", "<return>true</return>");
    let desired = r#"
        [ingress]
        app = { ports = "8000-8010", from = ["sg-0bbbbbbbbbbbbbbbb", "pl-0123456789abcdef0"], description = "for now" }
        http = { port = 80, from = ["everyone"] }
        ping = { protocol = "icmp", icmp = "echo-request", from = ["198.51.100.7/24"] }
        [egress]
        esp = { protocol = "50", to = ["198.51.100.0/24"] }
    "#;
    assert_eq!(set_rules(&script, desired).await.unwrap(), Progress::Done);
    insta::assert_snapshot!(script.writes(), @"
    AuthorizeSecurityGroupIngress
    GroupId=sg-0aaaaaaaaaaaaaaaa
    IpPermissions.1.IpProtocol=tcp
    IpPermissions.1.FromPort=80
    IpPermissions.1.ToPort=80
    IpPermissions.1.IpRanges.1.Description=http
    IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0
    IpPermissions.1.Ipv6Ranges.1.Description=http
    IpPermissions.1.Ipv6Ranges.1.CidrIpv6=::/0
    IpPermissions.2.IpProtocol=tcp
    IpPermissions.2.FromPort=8000
    IpPermissions.2.ToPort=8010
    IpPermissions.2.Groups.1.Description=for now
    IpPermissions.2.Groups.1.GroupId=sg-0bbbbbbbbbbbbbbbb
    IpPermissions.2.PrefixListIds.1.Description=for now
    IpPermissions.2.PrefixListIds.1.PrefixListId=pl-0123456789abcdef0
    IpPermissions.3.IpProtocol=icmp
    IpPermissions.3.FromPort=8
    IpPermissions.3.ToPort=-1
    IpPermissions.3.IpRanges.1.Description=ping
    IpPermissions.3.IpRanges.1.CidrIp=198.51.100.0/24

    AuthorizeSecurityGroupEgress
    GroupId=sg-0aaaaaaaaaaaaaaaa
    IpPermissions.1.IpProtocol=50
    IpPermissions.1.IpRanges.1.Description=esp
    IpPermissions.1.IpRanges.1.CidrIp=198.51.100.0/24

    RevokeSecurityGroupEgress
    SecurityGroupRuleId.1=sgr-out
    GroupId=sg-0aaaaaaaaaaaaaaaa
    ");
}

#[tokio::test]
async fn a_rule_whose_id_does_not_show_yet_is_waited_for() {
    let mut live = observed_web();
    live.live = group("[ingress]\n[egress]\n'(unnamed) all' = { protocol = 'all', to = ['0.0.0.0/0'] }");
    let script = Script::new().answer("DescribeSecurityGroupRules", &rules(&[]));
    let error = set_rules_of(&script, &live, "egress = {}").await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Busy);
    assert_eq!(script.writes(), "");
}

fn ssh(id: &str, cidr: &str, description: &str) -> String {
    aws_rule(id, false, ("tcp", 22, 22), &format!("<cidrIpv4>{cidr}</cidrIpv4>"), description)
}

#[tokio::test]
async fn a_change_first_adds_what_is_missing_then_removes_what_is_too_much() {
    let there = [ssh("sgr-1", "192.0.2.1/32", "ssh"), ssh("sgr-2", "192.0.2.2/32", "ssh"), new_egress()];
    let script = Script::new()
        .answer("DescribeSecurityGroupRules", &rules(&there))
        .answer("AuthorizeSecurityGroupIngress", "")
        .answer("RevokeSecurityGroupIngress", "");
    set_rules(&script, "ingress.ssh = { port = 22, from = ['192.0.2.2/32', '192.0.2.3/32'] }").await.unwrap();
    insta::assert_snapshot!(script.writes(), @"
    AuthorizeSecurityGroupIngress
    GroupId=sg-0aaaaaaaaaaaaaaaa
    IpPermissions.1.IpProtocol=tcp
    IpPermissions.1.FromPort=22
    IpPermissions.1.ToPort=22
    IpPermissions.1.IpRanges.1.Description=ssh
    IpPermissions.1.IpRanges.1.CidrIp=192.0.2.3/32

    RevokeSecurityGroupIngress
    GroupId=sg-0aaaaaaaaaaaaaaaa
    SecurityGroupRuleId.1=sgr-1
    ");
}

#[tokio::test]
async fn nothing_is_sent_where_the_rules_are_as_wanted() {
    let there = [ssh("sgr-1", "192.0.2.1/32", "by hand"), new_egress()];
    let script = Script::new().answer("DescribeSecurityGroupRules", &rules(&there));
    set_rules(&script, "ingress.ssh = { port = 22, from = ['192.0.2.1/32'] }").await.unwrap();
    assert_eq!(script.writes(), "");
}

#[tokio::test]
async fn a_rule_that_somebody_else_added_meanwhile_is_not_sent_again() {
    let one = ssh("sgr-1", "192.0.2.1/32", "");
    let script = Script::new()
        .answer("DescribeSecurityGroupRules", &rules(&[]))
        .answer("DescribeSecurityGroupRules", &rules(&[one]))
        .fail("AuthorizeSecurityGroupIngress", 400, "InvalidPermission.Duplicate")
        .answer("AuthorizeSecurityGroupIngress", "");
    set_rules(&script, "ingress.ssh = { port = 22, from = ['192.0.2.1/32', '192.0.2.2/32'] }").await.unwrap();
    insta::assert_snapshot!(script.writes(), @"
    AuthorizeSecurityGroupIngress
    GroupId=sg-0aaaaaaaaaaaaaaaa
    IpPermissions.1.IpProtocol=tcp
    IpPermissions.1.FromPort=22
    IpPermissions.1.ToPort=22
    IpPermissions.1.IpRanges.1.Description=ssh
    IpPermissions.1.IpRanges.1.CidrIp=192.0.2.1/32
    IpPermissions.1.IpRanges.2.Description=ssh
    IpPermissions.1.IpRanges.2.CidrIp=192.0.2.2/32

    AuthorizeSecurityGroupIngress
    GroupId=sg-0aaaaaaaaaaaaaaaa
    IpPermissions.1.IpProtocol=tcp
    IpPermissions.1.FromPort=22
    IpPermissions.1.ToPort=22
    IpPermissions.1.IpRanges.1.Description=ssh
    IpPermissions.1.IpRanges.1.CidrIp=192.0.2.2/32
    ");
}

#[tokio::test]
async fn a_full_group_makes_room_first() {
    let script = Script::new()
        .answer("DescribeSecurityGroupRules", &rules(&[ssh("sgr-1", "192.0.2.1/32", "")]))
        .fail("AuthorizeSecurityGroupIngress", 400, "RulesPerSecurityGroupLimitExceeded")
        .answer("AuthorizeSecurityGroupIngress", "")
        .answer("RevokeSecurityGroupIngress", "");
    set_rules(&script, "ingress.ssh = { port = 22, from = ['192.0.2.2/32'] }").await.unwrap();
    let writes = script.writes();
    let actions: Vec<_> = writes.split("\n\n").filter_map(|write| write.lines().next()).collect();
    assert_eq!(
        actions,
        ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress", "AuthorizeSecurityGroupIngress"]
    );
}

#[tokio::test]
async fn a_new_description_leaves_the_rule_in_place() {
    let script = Script::new()
        .answer("DescribeSecurityGroupRules", &rules(&[ssh("sgr-1", "192.0.2.1/32", "ssh")]))
        .answer("UpdateSecurityGroupRuleDescriptionsIngress", "<return>true</return>");
    let desired = "ingress.ssh = { port = 22, from = ['192.0.2.1/32'], description = 'operators' }";
    set_rules(&script, desired).await.unwrap();
    insta::assert_snapshot!(script.writes(), @"
    UpdateSecurityGroupRuleDescriptionsIngress
    GroupId=sg-0aaaaaaaaaaaaaaaa
    SecurityGroupRuleDescription.1.SecurityGroupRuleId=sgr-1
    SecurityGroupRuleDescription.1.Description=operators
    ");
}

#[tokio::test]
async fn tags_are_set_and_removed_by_key() {
    let script = Script::new().answer("CreateTags", "").answer("DeleteTags", "");
    let tags =
        TagChange { set: [("Team".to_owned(), "reef & more".to_owned())].into(), remove: ["Old".to_owned()].into() };
    let group = SecurityGroup::default();
    let change = Change { part: None, name: None, desired: &group, live: &observed_web(), changed: &[], tags: &tags };
    SecurityGroups::new(&script.session()).update(&GROUP.into(), change).await.unwrap();
    insta::assert_snapshot!(script.writes(), @"
    CreateTags
    ResourceId.1=sg-0aaaaaaaaaaaaaaaa
    Tag.1.Key=Team
    Tag.1.Value=reef & more

    DeleteTags
    ResourceId.1=sg-0aaaaaaaaaaaaaaaa
    Tag.1.Key=Old
    ");
}

async fn delete(script: &Script, part: Option<&str>) -> Result<Progress, ManageError> {
    let what = Delete { part, live: &observed_web() };
    SecurityGroups::new(&script.session()).delete(&GROUP.into(), what).await
}

#[tokio::test]
async fn deleting_takes_the_rules_away_first_and_does_not_mind_what_is_gone() {
    let script = Script::new()
        .answer("DescribeSecurityGroupRules", &rules(&[ssh("sgr-1", "192.0.2.1/32", ""), new_egress()]))
        .answer("RevokeSecurityGroupIngress", "")
        .answer("RevokeSecurityGroupEgress", "")
        .fail("DeleteSecurityGroup", 400, "DependencyViolation")
        .answer("DeleteSecurityGroup", "")
        .fail("DeleteSecurityGroup", 400, "InvalidGroup.NotFound");
    delete(&script, Some("rules")).await.unwrap();
    assert_eq!(delete(&script, None).await.unwrap_err().class, ErrorClass::Busy);
    delete(&script, None).await.unwrap();
    delete(&script, None).await.unwrap();
    insta::assert_snapshot!(script.writes(), @"
    RevokeSecurityGroupIngress
    GroupId=sg-0aaaaaaaaaaaaaaaa
    SecurityGroupRuleId.1=sgr-1

    RevokeSecurityGroupEgress
    SecurityGroupRuleId.1=sgr-out
    GroupId=sg-0aaaaaaaaaaaaaaaa

    DeleteSecurityGroup
    GroupId=sg-0aaaaaaaaaaaaaaaa

    DeleteSecurityGroup
    GroupId=sg-0aaaaaaaaaaaaaaaa

    DeleteSecurityGroup
    GroupId=sg-0aaaaaaaaaaaaaaaa
    ");
}

#[tokio::test]
async fn a_rule_that_is_gone_meanwhile_does_not_keep_the_others() {
    let (one, two) = (ssh("sgr-1", "192.0.2.1/32", ""), ssh("sgr-2", "192.0.2.2/32", ""));
    let script = Script::new()
        .answer("DescribeSecurityGroupRules", &rules(&[one, two.clone()]))
        .answer("DescribeSecurityGroupRules", &rules(&[two]))
        .fail("RevokeSecurityGroupIngress", 400, "InvalidSecurityGroupRuleId.NotFound")
        .answer("RevokeSecurityGroupIngress", "");
    delete(&script, Some("rules")).await.unwrap();
    assert!(script.writes().ends_with(&format!("GroupId={GROUP}\nSecurityGroupRuleId.1=sgr-2")), "{}", script.writes());

    let script = Script::new().answer("DescribeSecurityGroupRules", &rules(&[ssh("sgr-1", "192.0.2.1/32", "")])).fail(
        "RevokeSecurityGroupIngress",
        400,
        "InvalidSecurityGroupRuleId.NotFound",
    );
    let error = delete(&script, Some("rules")).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Busy, "the engine takes `Gone` for a delete that is done");
}

#[tokio::test]
async fn rules_on_a_second_page_are_read() {
    let first = rules(&[ssh("sgr-1", "192.0.2.1/32", "")]) + "<nextToken>more</nextToken>";
    let script = Script::new()
        .answer("DescribeSecurityGroupRules", &first)
        .answer("DescribeSecurityGroupRules", &rules(&[ssh("sgr-2", "192.0.2.2/32", "")]));
    set_rules(&script, "ingress.ssh = { port = 22, from = ['192.0.2.1/32', '192.0.2.2/32'] }").await.unwrap();
    assert_eq!(script.writes(), "");
    assert!(script.requests()[1].contains("NextToken=more"));

    let page = |id: &str| format!("<securityGroupInfo><item><groupId>{id}</groupId></item></securityGroupInfo>");
    let script = Script::new()
        .answer("DescribeSecurityGroups", &(page("sg-1") + "<nextToken>more</nextToken>"))
        .answer("DescribeSecurityGroups", &page("sg-2"));
    let groups = SecurityGroups::new(&script.session()).observe(&Scope { only: None, declared: &[] }).await.unwrap();
    assert_eq!(groups.len(), 2);
}
