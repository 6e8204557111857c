"""DryRun: every operation says DryRunOperation and does nothing."""

from sandbox import expect_error, tagged, tags_of, tcp


def _dry(call, **parameters):
    error = expect_error("DryRunOperation", call, DryRun=True, **parameters)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 412


def reading_can_be_tried(aws):
    """Every Describe operation takes DryRun and answers DryRunOperation with status 412."""
    for call in (
        aws.ec2.describe_addresses,
        aws.ec2.describe_images,
        aws.ec2.describe_instances,
        aws.ec2.describe_key_pairs,
        aws.ec2.describe_managed_prefix_lists,
        aws.ec2.describe_network_interfaces,
        aws.ec2.describe_security_group_rules,
        aws.ec2.describe_security_groups,
        aws.ec2.describe_snapshots,
        aws.ec2.describe_subnets,
        aws.ec2.describe_tags,
        aws.ec2.describe_volumes,
        aws.ec2.describe_volumes_modifications,
        aws.ec2.describe_vpcs,
    ):
        _dry(call)
    _dry(aws.ec2.describe_instance_attribute, InstanceId=aws.run()["InstanceId"], Attribute="userData")


def a_run_can_be_tried(aws):
    """RunInstances as a dry run starts nothing, and leaves its client token unused."""
    parameters = {"ImageId": aws.image(), "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    _dry(aws.ec2.run_instances, ClientToken="a-token", **parameters)
    assert aws.ec2.describe_instances()["Reservations"] == []
    aws.run(ClientToken="a-token")


def power_can_be_tried(aws):
    """Stop, reboot, terminate and start as dry runs leave the instance in its state."""
    instance = aws.running()["InstanceId"]
    for call in (aws.ec2.stop_instances, aws.ec2.reboot_instances, aws.ec2.terminate_instances):
        _dry(call, InstanceIds=[instance])
    assert aws.state(instance) == "running"
    aws.ec2.stop_instances(InstanceIds=[instance])
    aws.advance(600)
    _dry(aws.ec2.start_instances, InstanceIds=[instance])
    assert aws.state(instance) == "stopped"


def attributes_can_be_tried(aws):
    """Changes of attributes as dry runs change nothing."""
    instance = aws.stopped()
    before = aws.instance(instance)
    change = aws.ec2.modify_instance_attribute
    _dry(change, InstanceId=instance, InstanceType={"Value": "t3.small"})
    _dry(change, InstanceId=instance, DisableApiTermination={"Value": True})
    interface = before["NetworkInterfaces"][0]["NetworkInterfaceId"]
    group = aws.group()
    _dry(aws.ec2.modify_network_interface_attribute, NetworkInterfaceId=interface, Groups=[group])
    _dry(aws.ec2.modify_instance_metadata_options, InstanceId=instance, HttpTokens="required")
    _dry(aws.ec2.monitor_instances, InstanceIds=[instance])
    after = aws.instance(instance)
    for key in ("InstanceType", "SecurityGroups", "MetadataOptions", "Monitoring"):
        assert after[key] == before[key], key
    protection = aws.ec2.describe_instance_attribute(InstanceId=instance, Attribute="disableApiTermination")
    assert protection["DisableApiTermination"]["Value"] is False


def addresses_can_be_tried(aws):
    """Allocate, associate, disassociate and release as dry runs leave the addresses as they are."""
    _dry(aws.ec2.allocate_address, Domain="vpc")
    assert aws.ec2.describe_addresses()["Addresses"] == []
    interface = aws.running()["NetworkInterfaces"][0]["NetworkInterfaceId"]
    allocation = aws.ec2.allocate_address(Domain="vpc")["AllocationId"]
    target = {"AllocationId": allocation, "NetworkInterfaceId": interface}
    _dry(aws.ec2.associate_address, **target)
    _dry(aws.ec2.release_address, AllocationId=allocation)
    assert "AssociationId" not in aws.ec2.describe_addresses()["Addresses"][0]
    association = aws.ec2.associate_address(**target)["AssociationId"]
    _dry(aws.ec2.disassociate_address, AssociationId=association)
    assert aws.ec2.describe_addresses()["Addresses"][0]["AssociationId"] == association


def groups_can_be_tried(aws):
    """Creating and deleting a group as dry runs does neither."""
    _dry(aws.ec2.create_security_group, GroupName="web", Description="tried")
    group = aws.group("web")
    _dry(aws.ec2.delete_security_group, GroupId=group)
    assert len(aws.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]) == 1


def rules_can_be_tried(aws):
    """Authorize, revoke, modify and new descriptions as dry runs leave the rules as they are."""
    group = aws.group()
    authorize = aws.ec2.authorize_security_group_ingress
    rule = authorize(GroupId=group, IpPermissions=[tcp(22)])["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    before = aws.rules(group)
    _dry(authorize, GroupId=group, IpPermissions=[tcp(80)])
    _dry(aws.ec2.authorize_security_group_egress, GroupId=group, IpPermissions=[tcp(80)])
    _dry(aws.ec2.revoke_security_group_ingress, GroupId=group, SecurityGroupRuleIds=[rule])
    update = aws.ec2.update_security_group_rule_descriptions_ingress
    _dry(update, GroupId=group, IpPermissions=[tcp(22, description="new")])
    request = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv4": "198.51.100.0/24"}
    rules = [{"SecurityGroupRuleId": rule, "SecurityGroupRule": request}]
    _dry(aws.ec2.modify_security_group_rules, GroupId=group, SecurityGroupRules=rules)
    assert aws.rules(group) == before
    assert len(aws.rules(group, egress=True)) == 1


def tags_can_be_tried(aws):
    """CreateTags and DeleteTags as dry runs leave the tags as they are."""
    instance = aws.run(TagSpecifications=tagged("instance", Name="web"))["InstanceId"]
    _dry(aws.ec2.create_tags, Resources=[instance], Tags=[{"Key": "Owner", "Value": "us"}])
    _dry(aws.ec2.delete_tags, Resources=[instance], Tags=[{"Key": "Name"}])
    assert tags_of(aws.instance(instance)) == {"Name": "web"}


def volumes_can_be_tried(aws):
    """Modifying a volume and making a snapshot as dry runs does neither."""
    (volume,) = aws.volumes(aws.running()["InstanceId"])
    _dry(aws.ec2.modify_volume, VolumeId=volume["VolumeId"], Size=volume["Size"] + 10)
    _dry(aws.ec2.create_snapshot, VolumeId=volume["VolumeId"])
    (after,) = aws.ec2.describe_volumes(VolumeIds=[volume["VolumeId"]])["Volumes"]
    assert after["Size"] == volume["Size"]
    assert aws.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


def keys_can_be_tried(aws):
    """Creating and deleting a key pair as dry runs does neither."""
    _dry(aws.ec2.create_key_pair, KeyName="operator")
    assert aws.ec2.describe_key_pairs()["KeyPairs"] == []
    aws.ec2.create_key_pair(KeyName="operator")
    _dry(aws.ec2.delete_key_pair, KeyName="operator")
    assert len(aws.ec2.describe_key_pairs()["KeyPairs"]) == 1


def dry_run_false_is_no_dry_run(aws):
    """DryRun=false carries the call out."""
    aws.ec2.allocate_address(Domain="vpc", DryRun=False)
    assert len(aws.ec2.describe_addresses(DryRun=False)["Addresses"]) == 1
