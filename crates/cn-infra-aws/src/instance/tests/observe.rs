use std::collections::BTreeSet;

use cn_infra_core::address::{Address, PhysicalId};
use cn_infra_core::live::{Observed, Readiness};
use cn_infra_core::manager::{Manager, Scope, Wanted};
use cn_infra_core::owner::Owner;
use serde_json::{Value, json};

use super::{ID, ids, instance, owner};
use crate::instance::{Instance, Instances};
use crate::testing::Script;

const RUNNING: &str = r"
    <instanceId>i-0123456789abcdef0</instanceId><imageId>ami-12345678</imageId>
    <instanceState><code>16</code><name>running</name></instanceState>
    <privateDnsName>ip-10-0-0-1.internal</privateDnsName><dnsName/>
    <keyName>coralnet</keyName><instanceType>t2.large</instanceType><clientToken>TOKEN</clientToken>
    <placement><availabilityZone>us-west-2a</availabilityZone></placement>
    <monitoring><state>disabled</state></monitoring>
    <subnetId>subnet-12345678</subnetId><privateIpAddress>10.0.0.1</privateIpAddress><ipAddress>198.51.100.7</ipAddress>
    <groupSet><item><groupId>sg-00000001</groupId></item><item><groupId>sg-00000002</groupId></item></groupSet>
    <rootDeviceName>/dev/sda1</rootDeviceName><ebsOptimized>true</ebsOptimized>
    <iamInstanceProfile><arn>arn:aws:iam::123456789012:instance-profile/servers/coralnet-server</arn></iamInstanceProfile>
    <hibernationOptions><configured>false</configured></hibernationOptions>
    <metadataOptions><state>applied</state><httpTokens>required</httpTokens>
      <httpPutResponseHopLimit>1</httpPutResponseHopLimit><httpEndpoint>enabled</httpEndpoint></metadataOptions>
    <blockDeviceMapping>
      <item><ebs><volumeId>vol-1</volumeId><deleteOnTermination>true</deleteOnTermination></ebs></item>
      <item><ebs><volumeId>vol-2</volumeId><deleteOnTermination>false</deleteOnTermination></ebs></item>
    </blockDeviceMapping>
    <networkInterfaceSet>
      <item><networkInterfaceId>eni-00000002</networkInterfaceId><attachment><deviceIndex>1</deviceIndex></attachment>
        <groupSet><item><groupId>sg-00000003</groupId></item></groupSet>
        <association><ipOwnerId>123456789012</ipOwnerId></association></item>
      <item><networkInterfaceId>eni-00000001</networkInterfaceId><attachment><deviceIndex>0</deviceIndex></attachment>
        <groupSet><item><groupId>sg-00000002</groupId></item><item><groupId>sg-00000001</groupId></item></groupSet>
        <association><ipOwnerId>amazon</ipOwnerId></association></item>
    </networkInterfaceSet>";

const TAGS: &str = r"<tagSet>
    <item><key>Name</key><value>coralnet-production-web</value></item>
    <item><key>cn-infra:project</key><value>coralnet</value></item>
    <item><key>cn-infra:environment</key><value>production</value></item>
    <item><key>cn-infra:address</key><value>instance.web</value></item>
    </tagSet>";

const VOLUMES: &str = r"<volumeSet>
    <item><volumeId>vol-1</volumeId><size>8</size><volumeType>gp3</volumeType><iops>3000</iops><throughput>125</throughput>
      <encrypted>false</encrypted><attachmentSet><item><instanceId>i-0123456789abcdef0</instanceId>
      <device>/dev/sda1</device></item></attachmentSet></item>
    <item><volumeId>vol-2</volumeId><size>100</size><volumeType>st1</volumeType><encrypted>true</encrypted>
      <kmsKeyId>arn:aws:kms:us-west-2:123456789012:key/1</kmsKeyId>
      <attachmentSet><item><instanceId>i-0123456789abcdef0</instanceId><device>/dev/sdf</device></item></attachmentSet></item>
    <item><volumeId>vol-3</volumeId><size>1</size><volumeType>gp2</volumeType><attachmentSet/></item>
    </volumeSet>";

fn reservation(instances: &[String]) -> String {
    let items = instances.join("</item><item>");
    format!("<reservationSet><item><instancesSet><item>{items}</item></instancesSet></item></reservationSet>")
}

fn running() -> String {
    reservation(&[format!("{RUNNING}{TAGS}")])
}

fn wanted(owner: Owner, fields: Value) -> Wanted<Instance> {
    Wanted { owner, name: "coralnet-production-web".into(), adopt: None, resource: instance(fields) }
}

async fn observe(
    script: &Script,
    only: Option<&BTreeSet<PhysicalId>>,
    declared: &[Wanted<Instance>],
) -> (Vec<Observed<Instance>>, usize) {
    let session = script.session();
    let observed = Instances::new(&session).observe(&Scope { only, declared }).await.unwrap();
    (observed, session.calls.waves())
}

#[tokio::test]
async fn one_call_tells_nearly_everything() {
    let script = Script::new().answer("DescribeInstances", &running());
    let declared = [wanted(owner(), json!({ "type": "t2.large", "security_groups": ["sg-00000001"] }))];
    let (observed, waves) = observe(&script, None, &declared).await;
    assert_eq!((script.requests(), waves), (vec!["DescribeInstances\nMaxResults=1000".to_owned()], 2));
    let [web] = &observed[..] else { panic!("{observed:?}") };
    assert_eq!((web.id.0.as_str(), web.token.as_deref(), &web.readiness), (ID, Some("TOKEN"), &Readiness::Ready));
    assert_eq!(web.aliases, ["eni-00000001".into()]);
    assert_eq!((web.name.as_deref(), &web.unfinished), (Some("coralnet-production-web"), &None));
    insta::assert_json_snapshot!(web.live, @r#"
    {
      "type": "t2.large",
      "image": "ami-12345678",
      "instance_profile": "coralnet-server",
      "security_groups": [
        "sg-00000001",
        "sg-00000002"
      ],
      "public_ip": true,
      "availability_zone": "us-west-2a",
      "subnet": "subnet-12345678",
      "key_pair": "coralnet",
      "state": "running",
      "monitoring": false,
      "ebs_optimized": true,
      "hibernation": false,
      "metadata": {
        "tokens": "required",
        "hop_limit": 1,
        "endpoint": "enabled"
      }
    }
    "#);
    insta::assert_json_snapshot!(web.outputs, @r#"
    {
      "availability_zone": "us-west-2a",
      "id": "i-0123456789abcdef0",
      "private_dns": "ip-10-0-0-1.internal",
      "private_ip": "10.0.0.1",
      "public_ip": "198.51.100.7"
    }
    "#);
}

#[tokio::test]
async fn volumes_and_attributes_are_read_where_managed() {
    let script = Script::new().answer("DescribeInstances", &running()).answer("DescribeVolumes", VOLUMES).answer(
        "DescribeInstanceAttribute",
        "<disableApiTermination><value>true</value></disableApiTermination>\
            <instanceInitiatedShutdownBehavior><value>terminate</value></instanceInitiatedShutdownBehavior>\
            <userData><value>I2Nsb3VkLWNvbmZpZw==</value></userData>",
    );
    let declared = [wanted(
        owner(),
        json!({
            "termination_protection": true, "shutdown_behavior": "stop",
            "root_volume": { "size_gib": 8 }, "user_data": { "file": "" },
        }),
    )];
    let (observed, waves) = observe(&script, None, &declared).await;
    assert_eq!(waves, 3);
    let mut requests = script.requests();
    requests.sort();
    insta::assert_snapshot!(requests.join("\n"), @r"
    DescribeInstanceAttribute
    InstanceId=i-0123456789abcdef0
    Attribute=disableApiTermination
    DescribeInstanceAttribute
    InstanceId=i-0123456789abcdef0
    Attribute=instanceInitiatedShutdownBehavior
    DescribeInstanceAttribute
    InstanceId=i-0123456789abcdef0
    Attribute=userData
    DescribeInstances
    MaxResults=1000
    DescribeVolumes
    MaxResults=500
    ");
    let live = serde_json::to_value(&observed[0].live).unwrap();
    let read = ["termination_protection", "shutdown_behavior", "user_data", "root_volume", "volumes"];
    insta::assert_json_snapshot!(read.map(|field| &live[field]), @r##"
    [
      true,
      "terminate",
      {
        "file": "#cloud-config"
      },
      {
        "size_gib": 8,
        "type": "gp3",
        "iops": 3000,
        "throughput": 125,
        "delete_on_termination": true,
        "encrypted": false
      },
      {
        "/dev/sdf": {
          "device": "/dev/sdf",
          "size_gib": 100,
          "type": "st1",
          "delete_on_termination": false,
          "encrypted": true,
          "kms_key": "arn:aws:kms:us-west-2:123456789012:key/1"
        }
      }
    ]
    "##);
}

#[tokio::test]
async fn user_data_that_is_not_there_is_empty() {
    let script =
        Script::new().answer("DescribeInstances", &running()).answer("DescribeInstanceAttribute", "<userData/>");
    let (observed, _) = observe(&script, None, &[wanted(owner(), json!({ "user_data": { "file": "x" } }))]).await;
    assert_eq!(serde_json::to_value(&observed[0].live.user_data).unwrap(), json!({ "file": "" }));
}

/// How many attributes are read for one declared resource that manages one of them.
async fn attributes_read(answer: &str, declared: &[Wanted<Instance>]) -> usize {
    let script = Script::new().answer("DescribeInstances", answer).answer("DescribeInstanceAttribute", "");
    observe(&script, None, declared).await;
    script.requests().iter().filter(|request| request.starts_with("DescribeInstanceAttribute")).count()
}

#[tokio::test]
async fn attributes_are_read_only_of_what_may_be_ours() {
    let manages = json!({ "termination_protection": true });
    let named = |address: &str, name: &str| Wanted {
        name: name.into(),
        ..wanted(Owner { address: Address::new("instance", address), ..owner() }, manages.clone())
    };
    let untagged = reservation(&[RUNNING.to_owned()]);
    let other = Owner { environment: "staging".into(), ..owner() };
    assert_eq!(attributes_read(&running(), &[named("web", "x")]).await, 1, "by tags");
    assert_eq!(attributes_read(&running(), &[named("new", "coralnet-production-web")]).await, 1, "by name");
    assert_eq!(attributes_read(&running(), &[named("new", "x")]).await, 1, "of our environment, perhaps renamed");
    assert_eq!(attributes_read(&untagged, &[named("web", "x")]).await, 0, "somebody else's");
    let foreign = Wanted { owner: other, ..named("web", "x") };
    assert_eq!(attributes_read(&running(), &[foreign]).await, 0, "of another environment");
    let adopts = Wanted { adopt: Some(PhysicalId::from(ID)), ..named("web", "x") };
    assert_eq!(attributes_read(&untagged, &[adopts]).await, 1, "by id");
    let owner_manages_nothing = [wanted(owner(), json!({})), named("new", "x")];
    assert_eq!(attributes_read(&running(), &owner_manages_nothing).await, 0, "its owner manages none");
}

#[tokio::test]
async fn states_are_told_apart() {
    let state = |id: &str, state: &str| {
        format!(
            "<instanceId>{id}</instanceId><instanceType>t2.micro</instanceType><instanceState><name>{state}</name></instanceState>"
        )
    };
    let states = ["pending", "running", "stopping", "stopped", "shutting-down", "terminated"];
    let answer = reservation(&states.map(|of| state(of, of)));
    let script = Script::new().answer("DescribeInstances", &answer);
    let (observed, _) = observe(&script, None, &[]).await;
    let table: Vec<_> = observed
        .iter()
        .map(|object| format!("{}: {:?} {:?}", object.id, object.readiness, object.live.state))
        .collect();
    insta::assert_snapshot!(table.join("\n"), @r#"
    pending: Pending("pending") Some(Running)
    running: Ready Some(Running)
    stopping: Pending("stopping") Some(Stopped)
    stopped: Ready Some(Stopped)
    shutting-down: Leaving("shutting-down") None
    terminated: Gone None
    "#);
}

#[tokio::test]
async fn an_instance_stopped_for_a_change_is_unfinished() {
    let tags = TAGS.replace("</tagSet>", "<item><key>cn-infra:restart</key><value>t2.medium</value></item></tagSet>");
    let script = Script::new().answer("DescribeInstances", &reservation(&[format!("{RUNNING}{tags}")]));
    let (observed, _) = observe(&script, None, &[]).await;
    assert_eq!(observed[0].unfinished.as_deref(), Some("stopped for a change; it has to be started again"));
}

#[tokio::test]
async fn pages_are_followed() {
    let first = format!("{}<nextToken>more</nextToken>", reservation(&["<instanceId>i-1</instanceId>".to_owned()]));
    let second = reservation(&["<instanceId>i-2</instanceId>".to_owned()]);
    let script = Script::new().answer("DescribeInstances", &first).answer("DescribeInstances", &second);
    let (observed, _) = observe(&script, None, &[]).await;
    assert_eq!(observed.len(), 2);
    assert!(script.requests()[1].contains("NextToken=more"));
}

#[tokio::test]
async fn a_few_are_read_by_filter_and_many_by_reading_all() {
    let script = Script::new().answer("DescribeInstances", &running()).answer("DescribeVolumes", "");
    let declared = [wanted(owner(), json!({ "root_volume": { "size_gib": 8 } }))];
    observe(&script, Some(&ids(&[ID])), &declared).await;
    let mut requests = script.requests();
    requests.sort();
    insta::assert_snapshot!(requests.join("\n"), @r"
    DescribeInstances
    Filter.1.Name=instance-id
    Filter.1.Value.1=i-0123456789abcdef0
    MaxResults=1000
    DescribeVolumes
    Filter.1.Name=attachment.instance-id
    Filter.1.Value.1=i-0123456789abcdef0
    MaxResults=500
    ");

    let script = Script::new().answer("DescribeInstances", &running());
    let many: BTreeSet<_> = (0..201).map(|number| PhysicalId(format!("i-{number:08x}"))).collect();
    let (observed, _) = observe(&script, Some(&many), &[]).await;
    assert_eq!(script.requests(), ["DescribeInstances\nMaxResults=1000"]);
    assert!(observed.is_empty(), "what was not asked for is left out");
}

#[tokio::test]
async fn of_one_that_is_waited_for_no_attribute_is_read() {
    let pending = reservation(&[format!("{RUNNING}{TAGS}").replace(">running<", ">pending<")]);
    let declared = [wanted(owner(), json!({ "termination_protection": true }))];
    let script = || Script::new().answer("DescribeInstances", &pending).answer("DescribeInstanceAttribute", "");
    let (polled, planned) = (script(), script());
    observe(&polled, Some(&ids(&[ID])), &declared).await;
    observe(&planned, None, &declared).await;
    assert_eq!((polled.requests().len(), planned.requests().len()), (1, 2));
}
