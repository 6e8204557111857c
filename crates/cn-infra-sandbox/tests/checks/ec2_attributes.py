"""Attributes of instances: what can be changed, when, and what it does."""

import base64

from sandbox import expect_error


def _attribute(aws, instance_id, name):
    return aws.ec2.describe_instance_attribute(InstanceId=instance_id, Attribute=name)


def the_type_does_not_change_while_running(aws):
    """A type change of a running instance is IncorrectInstanceState, and changes nothing."""
    instance = aws.running()["InstanceId"]
    change = aws.ec2.modify_instance_attribute
    expect_error("IncorrectInstanceState", change, InstanceId=instance, InstanceType={"Value": "t3.small"})
    assert aws.instance(instance)["InstanceType"] == "t3.micro"


def the_type_changes_while_stopped(aws):
    """A stopped instance takes another type and keeps it when started."""
    instance = aws.stopped()
    aws.ec2.modify_instance_attribute(InstanceId=instance, InstanceType={"Value": "t3.small"})
    assert aws.instance(instance)["InstanceType"] == "t3.small"
    assert _attribute(aws, instance, "instanceType")["InstanceType"]["Value"] == "t3.small"
    aws.ec2.start_instances(InstanceIds=[instance])
    assert aws.instance(instance)["InstanceType"] == "t3.small"


def an_unknown_type_is_refused(aws):
    """A type that does not exist is refused on a stopped instance."""
    instance = aws.stopped()
    codes = ("InvalidInstanceAttributeValue", "InvalidParameterValue")
    change = aws.ec2.modify_instance_attribute
    expect_error(codes, change, InstanceId=instance, InstanceType={"Value": "t3.enormous"})
    assert aws.instance(instance)["InstanceType"] == "t3.micro"


def termination_protection_changes_while_running(aws):
    """DisableApiTermination is off by default and changes without a stop."""
    instance = aws.running()["InstanceId"]
    assert _attribute(aws, instance, "disableApiTermination")["DisableApiTermination"]["Value"] is False
    aws.ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": True})
    assert _attribute(aws, instance, "disableApiTermination")["DisableApiTermination"]["Value"] is True


def a_protected_instance_is_not_terminated(aws):
    """TerminateInstances of a protected instance is OperationNotPermitted until protection is off."""
    instance = aws.running(DisableApiTermination=True)["InstanceId"]
    expect_error("OperationNotPermitted", aws.ec2.terminate_instances, InstanceIds=[instance])
    assert aws.state(instance) == "running"
    aws.ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": False})
    aws.ec2.terminate_instances(InstanceIds=[instance])
    assert aws.state(instance) in ("shutting-down", "terminated")


def one_protected_instance_protects_the_request(aws):
    """A protected instance keeps the other instances of the request in its zone alive too."""
    subnet = aws.subnets()[0]["SubnetId"]
    free = aws.running(SubnetId=subnet)["InstanceId"]
    protected = aws.running(SubnetId=subnet, DisableApiTermination=True)["InstanceId"]
    expect_error("OperationNotPermitted", aws.ec2.terminate_instances, InstanceIds=[free, protected])
    assert aws.state(free) == "running"


def a_protected_instance_can_be_stopped(aws):
    """Termination protection does not keep from stopping."""
    instance = aws.running(DisableApiTermination=True)["InstanceId"]
    aws.ec2.stop_instances(InstanceIds=[instance])
    aws.advance(600)
    assert aws.state(instance) == "stopped"


def shutdown_stops_by_default(aws):
    """The shutdown behaviour is `stop` unless set, and changes without a stop."""
    instance = aws.running()["InstanceId"]
    name = "instanceInitiatedShutdownBehavior"
    assert _attribute(aws, instance, name)["InstanceInitiatedShutdownBehavior"]["Value"] == "stop"
    aws.ec2.modify_instance_attribute(InstanceId=instance, InstanceInitiatedShutdownBehavior={"Value": "terminate"})
    assert _attribute(aws, instance, name)["InstanceInitiatedShutdownBehavior"]["Value"] == "terminate"


def shutdown_behaviour_is_set_at_launch(aws):
    """RunInstances takes the shutdown behaviour."""
    instance = aws.run(InstanceInitiatedShutdownBehavior="terminate")["InstanceId"]
    name = "instanceInitiatedShutdownBehavior"
    assert _attribute(aws, instance, name)["InstanceInitiatedShutdownBehavior"]["Value"] == "terminate"


def an_unknown_shutdown_behaviour_is_refused(aws):
    """The shutdown behaviour is `stop` or `terminate`, nothing else."""
    instance = aws.running()["InstanceId"]
    codes = ("InvalidInstanceAttributeValue", "InvalidParameterValue")
    change = aws.ec2.modify_instance_attribute
    value = {"Value": "hibernate-now"}
    expect_error(codes, change, InstanceId=instance, InstanceInitiatedShutdownBehavior=value)


def groups_change_while_running(aws):
    """ModifyInstanceAttribute replaces the groups on the primary interface without a stop."""
    instance = aws.running()
    group = aws.group("web")
    aws.ec2.modify_instance_attribute(InstanceId=instance["InstanceId"], Groups=[group])
    now = aws.instance(instance["InstanceId"])
    assert [g["GroupId"] for g in now["SecurityGroups"]] == [group]
    assert [g["GroupId"] for g in now["NetworkInterfaces"][0]["Groups"]] == [group]


def groups_change_through_the_interface(aws):
    """ModifyNetworkInterfaceAttribute replaces the groups; the instance shows them."""
    instance = aws.running()
    group = aws.group("web")
    interface = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    aws.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[group])
    assert [g["GroupId"] for g in aws.interface(interface)["Groups"]] == [group]
    assert [g["GroupId"] for g in aws.instance(instance["InstanceId"])["SecurityGroups"]] == [group]


def an_unknown_group_is_refused(aws):
    """Unknown groups are InvalidGroup.NotFound and leave the groups as they are."""
    instance = aws.running()
    before = instance["SecurityGroups"]
    groups = [before[0]["GroupId"], "sg-0123456789abcdef0"]
    change = aws.ec2.modify_instance_attribute
    expect_error("InvalidGroup.NotFound", change, InstanceId=instance["InstanceId"], Groups=groups)
    assert aws.instance(instance["InstanceId"])["SecurityGroups"] == before


def a_sixth_group_is_refused(aws):
    """An interface has at most five groups: SecurityGroupsPerInterfaceLimitExceeded."""
    instance = aws.running()
    interface = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    groups = [aws.group(f"group-{n}") for n in range(6)]
    change = aws.ec2.modify_network_interface_attribute
    expect_error("SecurityGroupsPerInterfaceLimitExceeded", change, NetworkInterfaceId=interface, Groups=groups)


def groups_of_two_interfaces_need_the_interface(aws):
    """With two interfaces ModifyInstanceAttribute cannot tell whose groups to change: InvalidInstanceID."""
    subnet = aws.subnets()[0]["SubnetId"]
    interfaces = [{"DeviceIndex": n, "SubnetId": subnet} for n in (0, 1)]
    instance = aws.running(NetworkInterfaces=interfaces)["InstanceId"]
    groups = [aws.group()]
    change = aws.ec2.modify_instance_attribute
    expect_error("InvalidInstanceID", change, InstanceId=instance, Groups=groups)


def user_data_is_told(aws):
    """DescribeInstanceAttribute tells the user data, in base64."""
    instance = aws.run(UserData="#!/bin/sh\necho hello\n")["InstanceId"]
    data = _attribute(aws, instance, "userData")["UserData"]["Value"]
    assert base64.b64decode(data) == b"#!/bin/sh\necho hello\n"


def an_instance_without_user_data_tells_none(aws):
    """Without user data the attribute is there and has no value."""
    instance = aws.run()["InstanceId"]
    assert not _attribute(aws, instance, "userData")["UserData"].get("Value")


def user_data_does_not_change_while_running(aws):
    """A change of user data of a running instance is IncorrectInstanceState."""
    instance = aws.running()["InstanceId"]
    change = aws.ec2.modify_instance_attribute
    expect_error("IncorrectInstanceState", change, InstanceId=instance, UserData={"Value": b"new"})


def user_data_changes_while_stopped(aws):
    """A stopped instance takes other user data."""
    instance = aws.stopped(UserData="old")
    aws.ec2.modify_instance_attribute(InstanceId=instance, UserData={"Value": b"new"})
    data = _attribute(aws, instance, "userData")["UserData"]["Value"]
    assert base64.b64decode(data) == b"new"


def source_dest_check_changes_while_running(aws):
    """SourceDestCheck is on by default and changes without a stop."""
    instance = aws.running()
    assert instance["SourceDestCheck"] is True
    aws.ec2.modify_instance_attribute(InstanceId=instance["InstanceId"], SourceDestCheck={"Value": False})
    assert aws.instance(instance["InstanceId"])["SourceDestCheck"] is False


def one_request_changes_one_attribute(aws):
    """ModifyInstanceAttribute takes one attribute: two are InvalidParameterCombination."""
    instance = aws.stopped()
    expect_error(
        "InvalidParameterCombination",
        aws.ec2.modify_instance_attribute,
        InstanceId=instance,
        InstanceType={"Value": "t3.small"},
        DisableApiTermination={"Value": True},
    )
    assert aws.instance(instance)["InstanceType"] == "t3.micro"


def a_request_without_an_attribute_is_refused(aws):
    """ModifyInstanceAttribute without any attribute is refused."""
    instance = aws.running()["InstanceId"]
    codes = ("InvalidParameterCombination", "MissingParameter")
    expect_error(codes, aws.ec2.modify_instance_attribute, InstanceId=instance)


def delete_on_termination_changes_while_running(aws):
    """BlockDeviceMappings of ModifyInstanceAttribute decide whether a volume goes with its instance."""
    instance = aws.running()
    mapping = {"DeviceName": instance["RootDeviceName"], "Ebs": {"DeleteOnTermination": False}}
    aws.ec2.modify_instance_attribute(InstanceId=instance["InstanceId"], BlockDeviceMappings=[mapping])
    (volume,) = aws.volumes(instance["InstanceId"])
    assert volume["Attachments"][0]["DeleteOnTermination"] is False


def attributes_of_an_unknown_instance_are_not_found(aws):
    """Attributes of an instance that nobody has are InvalidInstanceID.NotFound, to read and to change."""
    unknown = "i-0123456789abcdef0"
    expect_error("InvalidInstanceID.NotFound", _attribute, aws, unknown, "instanceType")
    change = aws.ec2.modify_instance_attribute
    expect_error("InvalidInstanceID.NotFound", change, InstanceId=unknown, InstanceType={"Value": "t3.small"})


def a_terminated_instance_does_not_change(aws):
    """A type change of a terminated instance is IncorrectInstanceState."""
    instance = aws.running()["InstanceId"]
    aws.ec2.terminate_instances(InstanceIds=[instance])
    aws.advance(600)
    change = aws.ec2.modify_instance_attribute
    expect_error("IncorrectInstanceState", change, InstanceId=instance, InstanceType={"Value": "t3.small"})


def metadata_options_keep_what_is_not_named(aws):
    """ModifyInstanceMetadataOptions changes what it is given and keeps the rest."""
    instance = aws.running(MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 2})["InstanceId"]
    aws.ec2.modify_instance_metadata_options(InstanceId=instance, HttpPutResponseHopLimit=3)
    aws.advance(60)
    options = aws.instance(instance)["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 3)
    assert options["State"] == "applied"


def monitoring_is_switched(aws):
    """MonitorInstances and UnmonitorInstances switch detailed monitoring."""
    instance = aws.running()["InstanceId"]
    assert aws.instance(instance)["Monitoring"]["State"] == "disabled"
    aws.ec2.monitor_instances(InstanceIds=[instance])
    aws.advance(60)
    assert aws.instance(instance)["Monitoring"]["State"] == "enabled"
    aws.ec2.unmonitor_instances(InstanceIds=[instance])
    aws.advance(60)
    assert aws.instance(instance)["Monitoring"]["State"] == "disabled"
