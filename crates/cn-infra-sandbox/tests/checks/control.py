"""The control door: clock, settings, faults and the call log."""

import time
from datetime import datetime
from xml.etree import ElementTree

from botocore.exceptions import HTTPClientError, ReadTimeoutError

from sandbox import expect_error, unique


def _seconds(aws):
    return datetime.fromisoformat(aws.now().replace("Z", "+00:00")).timestamp()


def _addresses(aws):
    return len(aws.ec2.describe_addresses()["Addresses"])


def _allocate(aws):
    return aws.ec2.allocate_address(Domain="vpc")


def _broken(call, *arguments):
    """Asserts that the connection breaks under the call."""
    try:
        call(*arguments)
    except HTTPClientError as error:
        assert not isinstance(error, ReadTimeoutError), "the call hung"
        return
    raise AssertionError("the call was answered")


# Clock


def the_clock_stands_until_it_is_moved(aws):
    """At speed 0 the clock stands; advance moves it by so many seconds."""
    aws.settings(speed=0)
    before = _seconds(aws)
    time.sleep(0.05)
    assert _seconds(aws) == before
    aws.advance(600)
    assert _seconds(aws) == before + 600


def the_clock_runs_at_a_speed(aws):
    """At a speed, virtual time passes by itself, and transitions with it."""
    instance = aws.run()["InstanceId"]
    began = time.monotonic()
    aws.settings(speed=10000)
    before = _seconds(aws)
    time.sleep(0.2)
    passed = _seconds(aws) - before
    assert 2000 <= passed + 1 and passed <= 10000 * (time.monotonic() - began) + 1
    assert aws.state(instance) == "running"


def times_come_from_the_virtual_clock(aws):
    """LaunchTime is the virtual time."""
    aws.advance(30 * 24 * 3600)
    launched = aws.run()["LaunchTime"].timestamp()
    assert abs(launched - _seconds(aws)) < 60


# Reset


def a_reset_is_a_fresh_account(aws):
    """After a reset there are no objects, no faults and no calls, in any region."""
    aws.run()
    aws.run(region="eu-central-1")
    aws.fault("ec2:DescribeVpcs", "fail", code="InternalError", status=500)
    aws.reset()
    assert aws.calls() == []
    assert aws.ec2.describe_instances()["Reservations"] == []
    assert aws.client("ec2", region="eu-central-1").describe_instances()["Reservations"] == []
    assert len(aws.ec2.describe_vpcs()["Vpcs"]) == 1
    assert aws.faults() == []


def a_reset_restores_the_settings(aws):
    """After a reset the quotas are the usual ones."""
    aws.settings(quotas={"elastic-ips": 0})
    expect_error("AddressLimitExceeded", _allocate, aws)
    aws.reset()
    _allocate(aws)


# Calls


def calls_are_logged(aws):
    """The log tells service, operation, region, status and code of every call, in order."""
    aws.ec2.describe_vpcs()
    aws.client("sts", region="eu-central-1").get_caller_identity()
    expect_error("InvalidInstanceID.NotFound", aws.ec2.terminate_instances, InstanceIds=["i-0123456789abcdef0"])
    told = [(c["service"], c["operation"], c["region"], c["status"], c["code"]) for c in aws.calls()]
    assert told == [
        ("ec2", "DescribeVpcs", "us-west-2", 200, None),
        ("sts", "GetCallerIdentity", "eu-central-1", 200, None),
        ("ec2", "TerminateInstances", "us-west-2", 400, "InvalidInstanceID.NotFound"),
    ]
    assert [call["n"] for call in aws.calls()] == [1, 2, 3]


def latency_is_per_call(aws):
    """With a latency, every call takes at least so long."""
    aws.settings(latency=0.2)
    started = time.monotonic()
    aws.ec2.describe_vpcs()
    aws.sts.get_caller_identity()
    took = time.monotonic() - started
    assert 0.4 <= took < 3, took


# Faults


def a_fault_fails_a_call_before_its_effect(aws):
    """`fail` answers its code and status, and the call has no effect."""
    aws.fault("ec2:AllocateAddress", "fail", code="InternalError", status=500, times=1)
    error = expect_error("InternalError", _allocate, aws)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert _addresses(aws) == 0
    _allocate(aws)


def a_fault_without_times_goes_on(aws):
    """Without `at` and `times` every matching call fails until the fault is taken away."""
    aws.fault("ec2:DescribeVpcs", "fail", code="Unavailable", status=503)
    for _ in range(3):
        expect_error("Unavailable", aws.ec2.describe_vpcs)
    assert len(aws.faults()) == 1
    aws.clear_faults()
    aws.ec2.describe_vpcs()
    assert aws.faults() == []


def a_fault_hits_the_nth_call(aws):
    """`at` is the n-th matching call from now, and that one only."""
    aws.ec2.describe_vpcs()
    aws.fault("ec2:DescribeVpcs", "fail", code="Unavailable", status=503, at=3)
    aws.ec2.describe_vpcs()
    aws.ec2.describe_subnets()
    aws.ec2.describe_vpcs()
    expect_error("Unavailable", aws.ec2.describe_vpcs)
    aws.ec2.describe_vpcs()


def a_fault_hits_so_many_calls(aws):
    """`times` is the number of calls that are hit."""
    aws.fault("ec2:DescribeVpcs", "fail", code="Unavailable", status=503, times=2)
    expect_error("Unavailable", aws.ec2.describe_vpcs)
    expect_error("Unavailable", aws.ec2.describe_vpcs)
    aws.ec2.describe_vpcs()


def a_fault_hits_a_service_or_all(aws):
    """ec2:* is every operation of EC2, * every operation of every service."""
    aws.fault("ec2:*", "fail", code="Unavailable", status=503)
    expect_error("Unavailable", aws.ec2.describe_vpcs)
    expect_error("Unavailable", aws.ec2.describe_subnets)
    aws.sts.get_caller_identity()
    aws.clear_faults()
    aws.fault("*", "fail", code="Unavailable", status=503)
    expect_error("Unavailable", aws.ec2.describe_vpcs)
    expect_error("Unavailable", aws.sts.get_caller_identity)


def a_throttled_call_says_so(aws):
    """`throttle` answers EC2's RequestLimitExceeded with status 503, before any effect."""
    aws.fault("ec2:AllocateAddress", "throttle", times=1)
    error = expect_error("RequestLimitExceeded", _allocate, aws)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert _addresses(aws) == 0


def a_delayed_call_is_answered(aws):
    """`delay` holds a call for so many seconds and then carries it out."""
    aws.fault("ec2:AllocateAddress", "delay", seconds=0.5, times=1)
    started = time.monotonic()
    _allocate(aws)
    assert 0.5 <= time.monotonic() - started < 5
    assert _addresses(aws) == 1


def a_hung_call_holds_up_no_other(aws):
    """`hang` never answers a call; other calls are answered meanwhile."""
    aws.fault("ec2:DescribeVpcs", "hang", times=1)
    hasty = aws.client("ec2", read_timeout=1)
    try:
        hasty.describe_vpcs()
        raise AssertionError("the call was answered")
    except ReadTimeoutError:
        pass
    started = time.monotonic()
    aws.ec2.describe_vpcs()
    assert time.monotonic() - started < 5


def a_cut_call_has_no_effect(aws):
    """`cut` breaks the connection before the effect."""
    aws.fault("ec2:AllocateAddress", "cut", times=1)
    _broken(_allocate, aws)
    assert _addresses(aws) == 0
    _allocate(aws)


def a_lost_answer_has_its_effect(aws):
    """`lose-answer` carries the call out and breaks the connection: the address is there."""
    aws.fault("ec2:AllocateAddress", "lose-answer", times=1)
    _broken(_allocate, aws)
    assert _addresses(aws) == 1


def a_lost_answer_is_found_by_its_token(aws):
    """RunInstances again with the token of a lost answer tells the instance that was started."""
    token = unique("token")
    aws.fault("ec2:RunInstances", "lose-answer", at=1)
    _broken(lambda: aws.run(ClientToken=token))
    instance = aws.run(ClientToken=token)["InstanceId"]
    reservations = aws.ec2.describe_instances()["Reservations"]
    assert [i["InstanceId"] for r in reservations for i in r["Instances"]] == [instance]


def garbage_is_no_answer(aws):
    """`garbage` answers what no client can take for EC2's answer."""
    aws.fault("ec2:DescribeVpcs", "garbage", times=2)
    answer = aws.query("ec2", {"Action": "DescribeVpcs", "Version": "2016-11-15"})
    try:
        root = ElementTree.fromstring(answer.content)
    except ElementTree.ParseError:
        root = None
    assert root is None or not root.tag.endswith("DescribeVpcsResponse"), answer.text[:200]
    try:
        aws.ec2.describe_vpcs()
    except Exception:
        return
    raise AssertionError("botocore could read it")


def an_invented_effect_is_refused(aws):
    """The door refuses a fault whose effect does not exist."""
    try:
        aws.fault("ec2:DescribeVpcs", "explode")
    except AssertionError as error:
        assert "answered 4" in str(error), error
        return
    raise AssertionError("the fault was taken")


# Eventual consistency


def a_new_object_is_not_found_for_a_while(aws):
    """With a consistency delay an object just made is NotFound, and found when the delay has passed."""
    aws.settings(consistency_delay=5)
    instance, group = aws.run()["InstanceId"], aws.group()
    allocation = _allocate(aws)["AllocationId"]
    expect_error("InvalidInstanceID.NotFound", aws.instance, instance)
    expect_error("InvalidGroup.NotFound", aws.ec2.describe_security_groups, GroupIds=[group])
    expect_error("InvalidAllocationID.NotFound", aws.ec2.describe_addresses, AllocationIds=[allocation])
    aws.advance(6)
    assert aws.instance(instance)["InstanceId"] == instance
    assert len(aws.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]) == 1
    assert len(aws.ec2.describe_addresses(AllocationIds=[allocation])["Addresses"]) == 1


def a_new_object_is_not_listed_for_a_while(aws):
    """With a consistency delay an object just made is missing from the lists too."""
    aws.settings(consistency_delay=5)
    aws.run()
    assert aws.ec2.describe_instances()["Reservations"] == []
    aws.advance(6)
    assert len(aws.ec2.describe_instances()["Reservations"]) == 1


def a_new_object_takes_no_changes_for_a_while(aws):
    """With a consistency delay an object just made cannot be tagged yet."""
    aws.settings(consistency_delay=5)
    instance = aws.run()["InstanceId"]
    tags = [{"Key": "Name", "Value": "web"}]
    expect_error("InvalidInstanceID.NotFound", aws.ec2.create_tags, Resources=[instance], Tags=tags)
    aws.advance(6)
    aws.ec2.create_tags(Resources=[instance], Tags=tags)


def a_token_knows_its_instance_at_once(aws):
    """With a consistency delay, too, a client token starts one instance."""
    aws.settings(consistency_delay=5)
    token = unique("token")
    assert aws.run(ClientToken=token)["InstanceId"] == aws.run(ClientToken=token)["InstanceId"]
