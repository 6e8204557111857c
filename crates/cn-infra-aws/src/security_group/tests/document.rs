//! The file, its document, and what is wrong with it.

use super::*;

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
