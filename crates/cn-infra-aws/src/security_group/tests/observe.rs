//! What is read of live groups.

use super::*;

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
