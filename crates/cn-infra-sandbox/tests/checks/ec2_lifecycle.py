"""Stop, start, reboot, terminate: the states an instance goes through, and what each costs it."""

from sandbox import expect_error, tagged, tags_of


def _states_until(aws, instance, last, limit=3600):
    """The states that Describe shows while the clock advances in small steps, until the last one."""
    seen = [aws.state(instance)]
    for _ in range(limit // 5):
        if seen[-1] == last:
            break
        aws.advance(5)
        state = aws.state(instance)
        if state != seen[-1]:
            seen.append(state)
    return seen


def a_start_is_visible(aws):
    """A new instance is pending, then running."""
    instance = aws.run()["InstanceId"]
    assert _states_until(aws, instance, "running") == ["pending", "running"]


def a_stop_is_visible(aws):
    """A stopped instance was stopping first; StopInstances answers the previous and the current state."""
    instance = aws.running()["InstanceId"]
    (change,) = aws.ec2.stop_instances(InstanceIds=[instance])["StoppingInstances"]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("running", "stopping")
    assert _states_until(aws, instance, "stopped") == ["stopping", "stopped"]


def a_restart_is_visible(aws):
    """A started instance is pending, then running; StartInstances answers stopped and pending."""
    instance = aws.stopped()
    (change,) = aws.ec2.start_instances(InstanceIds=[instance])["StartingInstances"]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("stopped", "pending")
    assert _states_until(aws, instance, "running") == ["pending", "running"]


def a_termination_is_visible(aws):
    """A terminated instance was shutting-down first; TerminateInstances answers both states."""
    instance = aws.running()["InstanceId"]
    (change,) = aws.ec2.terminate_instances(InstanceIds=[instance])["TerminatingInstances"]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("running", "shutting-down")
    assert _states_until(aws, instance, "terminated") == ["shutting-down", "terminated"]


def a_terminated_instance_lingers(aws):
    """Half an hour after its end a terminated instance is still described, with its tags."""
    instance = aws.running(TagSpecifications=tagged("instance", Name="web"))["InstanceId"]
    aws.ec2.terminate_instances(InstanceIds=[instance])
    aws.advance(1800)
    there = aws.instance(instance)
    assert there["State"] == {"Code": 48, "Name": "terminated"}
    assert tags_of(there) == {"Name": "web"}


def a_terminated_instance_goes_after_an_hour(aws):
    """About an hour after its end a terminated instance is gone: InvalidInstanceID.NotFound."""
    instance = aws.running()["InstanceId"]
    aws.ec2.terminate_instances(InstanceIds=[instance])
    aws.advance(2 * 3600)
    assert aws.ec2.describe_instances()["Reservations"] == []
    expect_error("InvalidInstanceID.NotFound", aws.ec2.describe_instances, InstanceIds=[instance])


def a_terminated_instance_has_no_network(aws):
    """A terminated instance shows no interface, no addresses and no subnet; its interface is gone."""
    instance = aws.running()
    interface = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    aws.ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    aws.advance(600)
    there = aws.instance(instance["InstanceId"])
    assert there["NetworkInterfaces"] == []
    assert not there.get("PrivateIpAddress") and not there.get("PublicIpAddress") and not there.get("SubnetId")
    find = aws.ec2.describe_network_interfaces
    expect_error("InvalidNetworkInterfaceID.NotFound", find, NetworkInterfaceIds=[interface])


def terminating_twice_is_no_error(aws):
    """TerminateInstances of a terminated instance succeeds and changes nothing."""
    instance = aws.running()["InstanceId"]
    aws.ec2.terminate_instances(InstanceIds=[instance])
    aws.advance(600)
    (change,) = aws.ec2.terminate_instances(InstanceIds=[instance])["TerminatingInstances"]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("terminated", "terminated")


def starting_a_running_instance_is_no_error(aws):
    """StartInstances of a running instance succeeds and changes nothing."""
    instance = aws.running()["InstanceId"]
    (change,) = aws.ec2.start_instances(InstanceIds=[instance])["StartingInstances"]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("running", "running")
    assert aws.state(instance) == "running"


def stopping_a_stopped_instance_is_no_error(aws):
    """StopInstances of a stopped instance succeeds and changes nothing."""
    instance = aws.stopped()
    (change,) = aws.ec2.stop_instances(InstanceIds=[instance])["StoppingInstances"]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("stopped", "stopped")


def a_stopping_instance_does_not_start(aws):
    """StartInstances while the instance is stopping is IncorrectInstanceState."""
    instance = aws.running()["InstanceId"]
    aws.ec2.stop_instances(InstanceIds=[instance])
    expect_error("IncorrectInstanceState", aws.ec2.start_instances, InstanceIds=[instance])


def a_terminated_instance_does_not_start_or_stop(aws):
    """StartInstances and StopInstances of a terminated instance are IncorrectInstanceState."""
    instance = aws.running()["InstanceId"]
    aws.ec2.terminate_instances(InstanceIds=[instance])
    aws.advance(600)
    expect_error("IncorrectInstanceState", aws.ec2.start_instances, InstanceIds=[instance])
    expect_error("IncorrectInstanceState", aws.ec2.stop_instances, InstanceIds=[instance])


def a_stopped_instance_can_be_terminated(aws):
    """A stopped instance goes straight to its end."""
    instance = aws.stopped()
    aws.ec2.terminate_instances(InstanceIds=[instance])
    aws.advance(600)
    assert aws.state(instance) == "terminated"


def a_reboot_keeps_the_instance_running(aws):
    """RebootInstances leaves state and addresses as they are."""
    before = aws.running()
    aws.ec2.reboot_instances(InstanceIds=[before["InstanceId"]])
    after = aws.instance(before["InstanceId"])
    assert after["State"]["Name"] == "running"
    assert after["PublicIpAddress"] == before["PublicIpAddress"]


def a_stopped_instance_does_not_reboot(aws):
    """RebootInstances of a stopped instance is refused for its state."""
    instance = aws.stopped()
    expect_error(("IncorrectInstanceState", "IncorrectState"), aws.ec2.reboot_instances, InstanceIds=[instance])


def an_unknown_instance_spoils_the_request(aws):
    """One unknown id is InvalidInstanceID.NotFound, and no other instance of the request is terminated."""
    instance = aws.running()["InstanceId"]
    ids = [instance, "i-0123456789abcdef0"]
    for call in (aws.ec2.stop_instances, aws.ec2.terminate_instances):
        expect_error("InvalidInstanceID.NotFound", call, InstanceIds=ids)
    assert aws.state(instance) == "running"


def a_stop_loses_the_auto_assigned_address(aws):
    """A stopped instance has no public address but keeps its private one; started, it gets a public one again."""
    before = aws.running()
    instance = before["InstanceId"]
    aws.ec2.stop_instances(InstanceIds=[instance])
    aws.advance(600)
    stopped = aws.instance(instance)
    assert not stopped.get("PublicIpAddress")
    assert stopped["PrivateIpAddress"] == before["PrivateIpAddress"]
    aws.ec2.start_instances(InstanceIds=[instance])
    aws.advance(300)
    assert aws.instance(instance)["PublicIpAddress"]


def a_stop_says_who_did_it(aws):
    """A stopped instance tells Client.UserInitiatedShutdown as the reason; a running one tells none."""
    instance = aws.stopped()
    there = aws.instance(instance)
    assert there["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    assert there["StateTransitionReason"].startswith("User initiated")
    aws.ec2.start_instances(InstanceIds=[instance])
    aws.advance(300)
    assert aws.instance(instance).get("StateTransitionReason", "") == ""


def a_restart_moves_the_launch_time(aws):
    """LaunchTime is the time of the last start."""
    instance = aws.stopped()
    before = aws.instance(instance)["LaunchTime"]
    aws.advance(3600)
    aws.ec2.start_instances(InstanceIds=[instance])
    assert aws.instance(instance)["LaunchTime"] > before


def a_start_can_fail_for_capacity(aws):
    """StartInstances can fail with InsufficientInstanceCapacity; the instance stays stopped and can be tried again."""
    instance = aws.stopped()
    aws.fault("ec2:StartInstances", "fail", code="InsufficientInstanceCapacity", status=500, at=1)
    expect_error("InsufficientInstanceCapacity", aws.ec2.start_instances, InstanceIds=[instance])
    assert aws.state(instance) == "stopped"
    aws.ec2.start_instances(InstanceIds=[instance])
    aws.advance(300)
    assert aws.state(instance) == "running"


def a_start_is_within_the_quota_of_vcpus(aws):
    """StartInstances counts against the vCPUs as RunInstances does: VcpuLimitExceeded."""
    instance = aws.stopped()
    aws.run()
    aws.settings(quotas={"vcpus": 3})
    expect_error("VcpuLimitExceeded", aws.ec2.start_instances, InstanceIds=[instance])
    assert aws.state(instance) == "stopped"
    aws.settings(quotas={"vcpus": 4})
    aws.ec2.start_instances(InstanceIds=[instance])


def an_instance_starts_from_its_root_volume(aws):
    """A stopped instance whose root volume was detached does not start, until it is attached again."""
    instance = aws.stopped()
    volume, device = aws.volumes(instance)[0]["VolumeId"], aws.instance(instance)["RootDeviceName"]
    aws.ec2.detach_volume(VolumeId=volume)
    aws.advance(60)
    expect_error("InvalidParameterValue", aws.ec2.start_instances, InstanceIds=[instance])
    aws.ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device=device)
    aws.advance(60)
    aws.ec2.start_instances(InstanceIds=[instance])
    aws.advance(300)
    assert aws.state(instance) == "running"


def stop_protection_prevents_termination(aws):
    """DisableApiStop refuses StopInstances, and TerminateInstances too."""
    instance = aws.running(DisableApiStop=True)["InstanceId"]
    for call in (aws.ec2.stop_instances, aws.ec2.terminate_instances):
        expect_error("OperationNotPermitted", call, InstanceIds=[instance])
    assert aws.state(instance) == "running"
    aws.ec2.modify_instance_attribute(InstanceId=instance, DisableApiStop={"Value": False})
    aws.ec2.terminate_instances(InstanceIds=[instance])


def volumes_go_with_their_instance(aws):
    """A volume with DeleteOnTermination is gone after its instance ended."""
    instance = aws.running()["InstanceId"]
    (volume,) = aws.volumes(instance)
    aws.ec2.terminate_instances(InstanceIds=[instance])
    aws.advance(1200)
    expect_error("InvalidVolume.NotFound", aws.ec2.describe_volumes, VolumeIds=[volume["VolumeId"]])


def a_kept_volume_outlives_its_instance(aws):
    """A volume without DeleteOnTermination stays behind, available and unattached."""
    mapping = {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 20, "DeleteOnTermination": False}}
    instance = aws.running(BlockDeviceMappings=[mapping])
    (kept,) = [m["Ebs"]["VolumeId"] for m in instance["BlockDeviceMappings"] if m["DeviceName"] == "/dev/sdf"]
    aws.ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    aws.advance(1200)
    (volume,) = aws.ec2.describe_volumes(VolumeIds=[kept])["Volumes"]
    assert (volume["State"], volume["Attachments"]) == ("available", [])


def a_stop_keeps_volumes(aws):
    """A stopped instance keeps its volumes attached."""
    instance = aws.stopped()
    (volume,) = aws.volumes(instance)
    assert volume["State"] == "in-use"
    assert volume["Attachments"][0]["State"] == "attached"


def a_terminated_instance_frees_its_group(aws):
    """A group can be deleted once the instance that used it is terminated."""
    group = aws.group()
    instance = aws.running(SecurityGroupIds=[group])["InstanceId"]
    aws.ec2.terminate_instances(InstanceIds=[instance])
    aws.advance(600)
    aws.ec2.delete_security_group(GroupId=group)
    expect_error("InvalidGroup.NotFound", aws.ec2.describe_security_groups, GroupIds=[group])
