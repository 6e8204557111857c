"""EC2's request budgets, switched on, on the virtual clock that stands."""

from botocore.exceptions import ClientError

from sandbox import OTHER_ACCOUNT, expect_error


def _until_refused(call, at_most=400):
    """How often the call goes through until it is RequestLimitExceeded."""
    for n in range(at_most):
        try:
            call()
        except ClientError as error:
            assert error.response["Error"]["Code"] == "RequestLimitExceeded", error
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 503
            return n
    raise AssertionError(f"not refused after {at_most} calls")


def _paged(client):
    return lambda: client.describe_instances(MaxResults=5)


def without_limits_nothing_is_refused(aws):
    """Switched off, the budgets refuse nothing."""
    aws.settings(limits=False)
    for _ in range(150):
        aws.ec2.describe_vpcs()


def a_paginated_describe_has_a_hundred(aws):
    """A paginated or filtered Describe has 100 requests, and 20 more each second."""
    aws.settings(limits=True)
    assert _until_refused(_paged(aws.ec2)) == 100
    aws.advance(1)
    assert _until_refused(_paged(aws.ec2)) == 20


def a_full_bucket_takes_no_more(aws):
    """However long nothing is asked, a bucket holds 100."""
    aws.settings(limits=True)
    aws.advance(3600)
    filters = [{"Name": "tag:Name", "Values": ["web"]}]
    assert _until_refused(lambda: aws.ec2.describe_volumes(Filters=filters)) == 100


def an_unfiltered_describe_has_fifty(aws):
    """Unfiltered and unpaginated Describes of what can be large have 50 requests, and 10 more each second."""
    aws.settings(limits=True)
    for call in (
        aws.ec2.describe_instances,
        aws.ec2.describe_security_groups,
        aws.ec2.describe_volumes,
        aws.ec2.describe_network_interfaces,
    ):
        assert _until_refused(call) == 50, call
    aws.advance(1)
    assert _until_refused(aws.ec2.describe_instances) == 10


def every_action_has_its_own_bucket(aws):
    """An action whose bucket is empty leaves the others alone."""
    aws.settings(limits=True)
    _until_refused(_paged(aws.ec2))
    aws.ec2.describe_security_groups(MaxResults=5)
    aws.ec2.describe_addresses()


def every_region_and_account_has_its_own_buckets(aws):
    """Budgets are per account and region."""
    aws.settings(limits=True)
    _until_refused(_paged(aws.ec2))
    aws.client("ec2", region="eu-central-1").describe_instances(MaxResults=5)
    aws.client("ec2", account=OTHER_ACCOUNT).describe_instances(MaxResults=5)
    expect_error("RequestLimitExceeded", aws.ec2.describe_instances, MaxResults=5)


def a_writing_action_has_fifty(aws):
    """A mutating action has 50 requests, and 5 more each second."""
    group = aws.group()
    aws.settings(limits=True)
    change = {"GroupId": group, "IpPermissions": [_port(1)]}
    assert _until_refused(lambda: _try(aws.ec2.revoke_security_group_ingress, **change)) == 50
    aws.advance(1)
    assert _until_refused(lambda: _try(aws.ec2.revoke_security_group_ingress, **change)) == 5


def tagging_has_a_hundred(aws):
    """CreateTags and DeleteTags have 100 requests each, and 10 more each second."""
    group = aws.group()
    aws.settings(limits=True)
    tags = [{"Key": "Name", "Value": "web"}]
    for call in (aws.ec2.create_tags, aws.ec2.delete_tags):
        assert _until_refused(lambda call=call: call(Resources=[group], Tags=tags)) == 100
    aws.advance(1)
    assert _until_refused(lambda: aws.ec2.create_tags(Resources=[group], Tags=tags)) == 10


def run_instances_has_five_requests(aws):
    """RunInstances has 5 requests, and 2 more each second; a refused one starts nothing."""
    aws.image()
    aws.settings(limits=True)
    assert _until_refused(aws.run) == 5
    aws.advance(1)
    assert _until_refused(aws.run) == 2
    pages = aws.ec2.describe_instances(MaxResults=100)["Reservations"]
    assert sum(len(reservation["Instances"]) for reservation in pages) == 7


def run_instances_has_a_thousand_instances(aws):
    """RunInstances starts 1,000 instances, and 2 more each second, whatever the number of requests."""
    aws.image()
    aws.settings(limits=True)
    aws.run(MinCount=600, MaxCount=600)
    expect_error("RequestLimitExceeded", aws.run, MinCount=600, MaxCount=600)
    aws.run(MinCount=300, MaxCount=300)


def a_refused_write_has_no_effect(aws):
    """A call beyond the budget changes nothing."""
    group = aws.group()
    aws.settings(limits=True)
    ports = iter(range(1, 100))

    def authorize():
        aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[_port(next(ports))])

    assert _until_refused(authorize) == 50
    assert len(aws.rules(group)) == 50


def _port(port):
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}


def _try(call, **parameters):
    """Calls, and takes any refusal but that of the budget for done: it has used up a request as well."""
    try:
        call(**parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] == "RequestLimitExceeded":
            raise
