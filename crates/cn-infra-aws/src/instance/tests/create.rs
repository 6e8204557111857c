use cn_infra_core::address::{Address, PhysicalId};
use cn_infra_core::manager::{ErrorClass, ManageError, Manager, New};
use cn_infra_core::token::Token;
use serde_json::{Value, json};

use super::{ID, instance, owner, tags};
use crate::instance::Instances;
use crate::testing::Script;

fn token() -> Token {
    Token::new("123456789012", "us-west-2", &owner(), 0)
}

async fn create(script: &Script, fields: Value) -> Result<PhysicalId, ManageError> {
    let (address, resource) = (Address::new("instance", "web"), instance(fields));
    let tags = tags(&[("Name", "web"), ("Project", "coralnet")]);
    let new = New { address: &address, name: "web", resource: &resource, tags: &tags, token: &token() };
    Instances::new(&script.session()).create(new).await
}

fn made(status: &str) -> String {
    format!(
        "<instancesSet><item><instanceId>{ID}</instanceId><instanceState><name>{status}</name></instanceState></item></instancesSet>"
    )
}

fn described(status: &str) -> String {
    format!("<reservationSet><item>{}</item></reservationSet>", made(status))
}

#[tokio::test]
async fn one_call_makes_all_of_it() {
    let script = Script::new().answer("RunInstances", &made("pending"));
    let fields = json!({
        "type": "t2.large",
        "image": "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
        "instance_profile": "coralnet-server",
        "security_groups": ["sg-00000001", "sg-00000002"],
        "public_ip": false,
        "availability_zone": "us-west-2a",
        "key_pair": "coralnet",
        "termination_protection": true,
        "shutdown_behavior": "stop",
        "state": "running",
        "monitoring": false,
        "ebs_optimized": true,
        "hibernation": false,
        "metadata": { "tokens": "required", "hop_limit": 1, "endpoint": "enabled" },
        "root_volume": { "size_gib": 8, "type": "gp3", "delete_on_termination": false },
        "volumes": { "data": {
            "device": "/dev/sdf", "size_gib": 100, "type": "gp3", "iops": 3000, "throughput": 125,
            "delete_on_termination": true, "encrypted": true, "kms_key": "alias/data",
        } },
        "user_data": { "file": "#cloud-config\n", "template": false },
    });
    assert_eq!(create(&script, fields).await.unwrap(), PhysicalId::from(ID));
    assert_eq!(script.requests().len(), 1);
    insta::assert_snapshot!(script.writes(), @r"
    RunInstances
    BlockDeviceMapping.1.Ebs.DeleteOnTermination=false
    BlockDeviceMapping.1.Ebs.VolumeSize=8
    BlockDeviceMapping.1.Ebs.VolumeType=gp3
    BlockDeviceMapping.1.DeviceName=/dev/sda1
    BlockDeviceMapping.2.Ebs.DeleteOnTermination=true
    BlockDeviceMapping.2.Ebs.Iops=3000
    BlockDeviceMapping.2.Ebs.VolumeSize=100
    BlockDeviceMapping.2.Ebs.VolumeType=gp3
    BlockDeviceMapping.2.Ebs.KmsKeyId=alias/data
    BlockDeviceMapping.2.Ebs.Throughput=125
    BlockDeviceMapping.2.Ebs.Encrypted=true
    BlockDeviceMapping.2.DeviceName=/dev/sdf
    ImageId=resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id
    InstanceType=t2.large
    KeyName=coralnet
    MaxCount=1
    MinCount=1
    Monitoring.Enabled=false
    Placement.AvailabilityZone=us-west-2a
    UserData=I2Nsb3VkLWNvbmZpZwo=
    TagSpecification.1.ResourceType=instance
    TagSpecification.1.Tag.1.Key=Name
    TagSpecification.1.Tag.1.Value=web
    TagSpecification.1.Tag.2.Key=Project
    TagSpecification.1.Tag.2.Value=coralnet
    TagSpecification.2.ResourceType=volume
    TagSpecification.2.Tag.1.Key=Name
    TagSpecification.2.Tag.1.Value=web
    TagSpecification.2.Tag.2.Key=Project
    TagSpecification.2.Tag.2.Value=coralnet
    HibernationOptions.Configured=false
    MetadataOptions.HttpTokens=required
    MetadataOptions.HttpPutResponseHopLimit=1
    MetadataOptions.HttpEndpoint=enabled
    DisableApiTermination=true
    InstanceInitiatedShutdownBehavior=stop
    ClientToken=OOSF653Q3PSEVP7JZUWPJ72KNTAEK3JE2567V43TTJ6UWCCF43OQ
    NetworkInterface.1.AssociatePublicIpAddress=false
    NetworkInterface.1.DeviceIndex=0
    NetworkInterface.1.SecurityGroupId.1=sg-00000001
    NetworkInterface.1.SecurityGroupId.2=sg-00000002
    IamInstanceProfile.Name=coralnet-server
    EbsOptimized=true
    ");
}

#[tokio::test]
async fn a_key_asks_for_encryption() {
    let script = Script::new().answer("RunInstances", &made("pending"));
    let volumes = json!({ "data": { "device": "/dev/sdf", "size_gib": 1, "kms_key": "alias/data" } });
    create(&script, json!({ "type": "t2.large", "image": "resolve:ssm:/image", "volumes": volumes })).await.unwrap();
    assert!(script.writes().contains("BlockDeviceMapping.1.Ebs.Encrypted=true"), "{}", script.writes());
}

#[tokio::test]
async fn what_is_left_out_is_not_sent() {
    let script = Script::new().answer("RunInstances", &made("pending"));
    let fields = json!({
        "type": "t2.micro", "image": "ami-12345678", "security_groups": ["sg-00000001"],
        "availability_zone": "us-west-2b", "instance_profile": "none", "user_data": {},
    });
    create(&script, fields).await.unwrap();
    insta::assert_snapshot!(script.writes(), @r"
    RunInstances
    ImageId=ami-12345678
    InstanceType=t2.micro
    MaxCount=1
    MinCount=1
    Placement.AvailabilityZone=us-west-2b
    SecurityGroupId.1=sg-00000001
    TagSpecification.1.ResourceType=instance
    TagSpecification.1.Tag.1.Key=Name
    TagSpecification.1.Tag.1.Value=web
    TagSpecification.1.Tag.2.Key=Project
    TagSpecification.1.Tag.2.Value=coralnet
    TagSpecification.2.ResourceType=volume
    TagSpecification.2.Tag.1.Key=Name
    TagSpecification.2.Tag.1.Value=web
    TagSpecification.2.Tag.2.Key=Project
    TagSpecification.2.Tag.2.Value=coralnet
    ClientToken=OOSF653Q3PSEVP7JZUWPJ72KNTAEK3JE2567V43TTJ6UWCCF43OQ
    ");
}

#[tokio::test]
async fn a_subnet_takes_the_groups_to_the_interface() {
    let script = Script::new().answer("RunInstances", &made("pending"));
    let fields = json!({
        "type": "t2.micro", "image": "ami-12345678", "security_groups": ["sg-00000001"],
        "subnet": "subnet-12345678", "metadata": { "tokens": "required", "endpoint": "disabled" },
    });
    create(&script, fields).await.unwrap();
    let request = script.writes();
    let interface: Vec<_> =
        request.lines().filter(|line| line.contains("Interface") || line.contains("Meta")).collect();
    insta::assert_snapshot!(interface.join("\n"), @r"
    MetadataOptions.HttpEndpoint=disabled
    NetworkInterface.1.DeviceIndex=0
    NetworkInterface.1.SecurityGroupId.1=sg-00000001
    NetworkInterface.1.SubnetId=subnet-12345678
    ");
    assert!(!request.contains("\nSecurityGroupId"), "AWS refuses both: {request}");
}

/// The device of the root volume in the request for an image.
async fn root_device(script: Script, image: &str) -> String {
    let script = script.answer("RunInstances", &made("pending"));
    create(&script, json!({ "type": "t2.micro", "image": image, "root_volume": { "size_gib": 9 } })).await.unwrap();
    let request = script.writes();
    let line = request.lines().find_map(|line| line.strip_prefix("BlockDeviceMapping.1.DeviceName="));
    line.unwrap().to_owned()
}

#[tokio::test]
async fn the_root_device_is_the_images() {
    let image = "<imagesSet><item><rootDeviceName>/dev/xvdx</rootDeviceName></item></imagesSet>";
    assert_eq!(root_device(Script::new().answer("DescribeImages", image), "ami-12345678").await, "/dev/xvdx");
    let unknown = Script::new().fail("DescribeImages", 400, "InvalidAMIID.NotFound");
    assert_eq!(root_device(unknown, "ami-12345678").await, "/dev/sda1");
}

#[tokio::test]
async fn a_parameters_name_tells_the_root_device() {
    let ubuntu = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id";
    let amazon = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
    assert_eq!(root_device(Script::new(), ubuntu).await, "/dev/sda1");
    assert_eq!(root_device(Script::new(), amazon).await, "/dev/xvda");
    for made_for in
        ["ecs/optimized-ami/amazon-linux-2023/recommended/image_id", "bottlerocket/aws-ecs-2/x86_64/latest/image_id"]
    {
        assert_eq!(root_device(Script::new(), &format!("resolve:ssm:/aws/service/{made_for}")).await, "/dev/xvda");
    }
}

fn tokens(script: &Script) -> Vec<String> {
    let runs = script.requests().into_iter().filter(|request| request.starts_with("RunInstances"));
    runs.filter_map(|run| run.lines().find_map(|line| line.strip_prefix("ClientToken=").map(str::to_owned))).collect()
}

#[tokio::test]
async fn passes_over_a_terminated_predecessor() {
    let script = Script::new().answer("RunInstances", &made("terminated")).answer("RunInstances", &made("pending"));
    create(&script, json!({ "type": "t2.micro", "image": "ami-12345678" })).await.unwrap();
    assert_eq!(tokens(&script), [token().text(), token().next().text()]);
}

#[tokio::test]
async fn passes_over_a_predecessor_that_aws_says_is_terminated() {
    let script = Script::new()
        .fail("RunInstances", 400, "IdempotentInstanceTerminated")
        .answer("RunInstances", &made("pending"));
    create(&script, json!({ "type": "t2.micro", "image": "ami-12345678" })).await.unwrap();
    assert_eq!(tokens(&script), [token().text(), token().next().text()]);
}

#[tokio::test]
async fn an_answer_without_an_instance_makes_no_second_one() {
    for answer in ["", "<instancesSet/>", "<instancesSet><item><instanceId></instanceId></item></instancesSet>"] {
        let script = Script::new().answer("RunInstances", answer);
        let error = create(&script, json!({ "type": "t2.micro", "image": "ami-12345678" })).await.unwrap_err();
        assert_eq!((error.class, tokens(&script).len()), (ErrorClass::Unknown, 1), "{answer}");
    }
}

#[tokio::test]
async fn passes_over_a_terminated_predecessor_of_another_shape() {
    let script = Script::new()
        .fail("RunInstances", 400, "IdempotentParameterMismatch")
        .answer("RunInstances", &made("pending"))
        .answer("DescribeInstances", &described("terminated"));
    create(&script, json!({ "type": "t2.micro", "image": "ami-12345678" })).await.unwrap();
    assert_eq!(tokens(&script), [token().text(), token().next().text()]);
    assert!(script.requests()[1].contains(&token().text()), "{:?}", script.requests());
}

#[tokio::test]
async fn one_that_no_reading_shows_is_looked_for_before_a_second_is_made() {
    let mut script = Script::new().answer("DescribeInstances", "");
    for _ in 0..6 {
        script = script.fail("RunInstances", 400, "IdempotentParameterMismatch");
    }
    let script = script.answer("RunInstances", &made("pending"));
    let manager = Instances::new(&script.session());
    let (address, resource) = (Address::new("instance", "web"), instance(json!({ "type": "t2.micro" })));
    let (tags, first) = (tags(&[]), token());
    let new = || New { address: &address, name: "web", resource: &resource, tags: &tags, token: &first };
    for _ in 0..5 {
        assert_eq!(manager.create(new()).await.unwrap_err().class, ErrorClass::Gone);
    }
    // Terminated hours ago, then: it no longer shows, and its token is still remembered.
    manager.create(new()).await.unwrap();
    assert_eq!(tokens(&script).last(), Some(&token().next().text()));
    assert_eq!(tokens(&script).iter().filter(|sent| **sent == token().text()).count(), 6);
}

#[tokio::test]
async fn never_makes_a_second_one_beside_a_living_one() {
    let script = Script::new()
        .fail("RunInstances", 400, "IdempotentParameterMismatch")
        .answer("DescribeInstances", &described("running"));
    let error = create(&script, json!({ "type": "t2.micro", "image": "ami-12345678" })).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Exists);
    insta::assert_snapshot!(error, @"RunInstances: i-0123456789abcdef0 was created for instance.web before, by a file that said something else");
    insta::assert_snapshot!(error.hint.unwrap(), @"plan again; if i-0123456789abcdef0 has lost its tags, `cn-infra adopt` it");
}

#[tokio::test]
async fn gives_up_after_many_predecessors() {
    let script = Script::new().answer("RunInstances", &made("terminated"));
    let error = create(&script, json!({ "type": "t2.micro", "image": "ami-12345678" })).await.unwrap_err();
    assert_eq!((error.class, tokens(&script).len()), (ErrorClass::Invalid, 5));
}
