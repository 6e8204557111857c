"""The wire: EC2's query protocol as it is on the network, and what the server does with nonsense."""

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit
from xml.etree import ElementTree

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from sandbox import REGION, error_of, tags_of

VERSION = {"Version": "2016-11-15"}


def _ec2(aws, action, **parameters):
    """An EC2 request with the parameters as they go over the wire; __ stands for a dot."""
    form = {name.replace("__", "."): value for name, value in parameters.items()}
    return aws.query("ec2", {"Action": action, **VERSION, **form})


def _alive(aws):
    assert aws.sts.get_caller_identity()["Account"] == aws.account
    assert aws.ec2.describe_vpcs()["Vpcs"]


def _refused(answer):
    """An AWS-like refusal: 4xx, with a code in XML."""
    assert 400 <= answer.status_code < 500, f"{answer.status_code}: {answer.text[:200]}"
    error_of(answer)


def an_unknown_action_is_invalid(aws):
    """EC2 answers InvalidAction, status 400, to an action that it does not have."""
    answer = _ec2(aws, "DescribeWeather")
    assert error_of(answer) == "InvalidAction"
    assert answer.status_code == 400


def a_missing_action_is_refused(aws):
    """A request without an action is MissingAction or InvalidAction."""
    assert error_of(aws.query("ec2", VERSION)) in ("MissingAction", "InvalidAction", "MissingParameter")


def what_is_not_modelled_is_no_success(aws):
    """Real EC2 actions that the account does not offer are refused, never answered as done."""
    for action in ("PurchaseHostReservation", "CreateCoipPool", "ProvisionByoipCidr"):
        assert error_of(_ec2(aws, action)) in ("InvalidAction", "NotImplemented", "MissingParameter"), action


def required_parameters_are_required(aws):
    """EC2 answers MissingParameter where the API reference says Required: Yes."""
    for action, parameters in {
        "RunInstances": {"ImageId": "ami-0123456789abcdef0", "MaxCount": "1"},
        "CreateSecurityGroup": {"GroupName": "web"},
        "CreateKeyPair": {},
        "ModifyVolume": {"Size": "20"},
        "CreateSnapshot": {},
        "DeleteSnapshot": {},
        "ModifyNetworkInterfaceAttribute": {},
        "AssociateIamInstanceProfile": {"IamInstanceProfile.Name": "server"},
        "DisassociateIamInstanceProfile": {},
        "ModifySecurityGroupRules": {},
        "CreateTags": {"Tag.1.Key": "Name", "Tag.1.Value": "web"},
    }.items():
        answer = aws.query("ec2", {"Action": action, **VERSION, **parameters})
        assert error_of(answer) == "MissingParameter", f"{action}: {answer.text[:300]}"


def the_instance_of_an_attribute_is_required(aws):
    """Attributes cannot be read or changed without naming the instance, nor read without naming the attribute."""
    assert error_of(_ec2(aws, "ModifyInstanceAttribute", InstanceType__Value="t3.small")) == "MissingParameter"
    assert error_of(_ec2(aws, "DescribeInstanceAttribute", Attribute="userData")) == "MissingParameter"
    instance = aws.run()["InstanceId"]
    assert error_of(_ec2(aws, "DescribeInstanceAttribute", InstanceId=instance)) == "MissingParameter"


def no_instances_are_not_all_instances(aws):
    """TerminateInstances and StopInstances without ids are refused, and touch nothing."""
    instance = aws.running()["InstanceId"]
    for action in ("TerminateInstances", "StopInstances"):
        assert error_of(_ec2(aws, action)) in ("MissingParameter", "InvalidParameterCombination")
    assert aws.state(instance) == "running"


def unknown_parameters_are_refused(aws):
    """A parameter that the action does not have is UnknownParameter, not ignored."""
    assert error_of(_ec2(aws, "DescribeInstances", Colour="red")) == "UnknownParameter"
    answer = _ec2(aws, "CreateSecurityGroup", GroupName="web", GroupDescription="x", Colour="red")
    assert error_of(answer) == "UnknownParameter"
    assert len(aws.ec2.describe_security_groups()["SecurityGroups"]) == 1


def unknown_nested_parameters_are_refused(aws):
    """A misspelt member deep inside a parameter is UnknownParameter too."""
    form = {
        "ImageId": aws.image(),
        "InstanceType": "t3.micro",
        "MinCount": "1",
        "MaxCount": "1",
        "BlockDeviceMapping.1.DeviceName": "/dev/sdf",
        "BlockDeviceMapping.1.Ebs.VolumeSize": "20",
        "BlockDeviceMapping.1.Ebs.Colour": "red",
    }
    assert error_of(_ec2(aws, "RunInstances", **form)) == "UnknownParameter"
    assert aws.ec2.describe_instances()["Reservations"] == []


def numbers_and_booleans_are_checked(aws):
    """Text where a number or a boolean belongs is refused as an invalid value."""
    assert error_of(_ec2(aws, "DescribeInstances", MaxResults="many")).startswith("Invalid")
    assert error_of(_ec2(aws, "DescribeInstances", DryRun="perhaps")).startswith("Invalid")
    image = {"ImageId": aws.image(), "InstanceType": "t3.micro", "MinCount": "one", "MaxCount": "1"}
    assert error_of(_ec2(aws, "RunInstances", **image)).startswith("Invalid")
    assert aws.ec2.describe_instances()["Reservations"] == []


def user_data_has_to_be_base64(aws):
    """User data that is not base64 is InvalidUserData.Malformed."""
    form = {
        "ImageId": aws.image(),
        "InstanceType": "t3.micro",
        "MinCount": "1",
        "MaxCount": "1",
        "UserData": "%%% not base64 %%%",
    }
    assert error_of(_ec2(aws, "RunInstances", **form)) == "InvalidUserData.Malformed"


def an_error_has_the_form_of_ec2(aws):
    """EC2's errors are a Response with Errors, each with Code and Message, and a RequestID, as text/xml."""
    answer = _ec2(aws, "DescribeInstances", InstanceId__1="i-0123456789abcdef0")
    root = ElementTree.fromstring(answer.content)
    assert root.tag == "Response"
    assert root.findtext("Errors/Error/Code") == "InvalidInstanceID.NotFound"
    assert "i-0123456789abcdef0" in root.findtext("Errors/Error/Message")
    assert root.findtext("RequestID")
    assert answer.headers["Content-Type"].startswith("text/xml")


def an_answer_has_the_form_of_ec2(aws):
    """EC2's answers are named after the action, in the version's namespace, with requestId and items in sets."""
    answer = _ec2(aws, "DescribeVpcs")
    name = "{http://ec2.amazonaws.com/doc/2016-11-15/}"
    root = ElementTree.fromstring(answer.content)
    assert root.tag == f"{name}DescribeVpcsResponse"
    assert root.findtext(f"{name}requestId")
    assert root.find(f"{name}vpcSet/{name}item/{name}vpcId") is not None
    assert answer.headers["Content-Type"].startswith("text/xml")


def every_request_has_its_own_id(aws):
    """No two answers have the same request id."""
    ids = {aws.ec2.describe_vpcs()["ResponseMetadata"]["RequestId"] for _ in range(5)}
    assert len(ids) == 5


def times_are_in_utc_with_milliseconds(aws):
    """EC2 writes times as 2026-11-30T12:00:00.000Z."""
    aws.run()
    text = _ec2(aws, "DescribeInstances").text
    (time,) = re.findall(r"<launchTime>([^<]+)</launchTime>", text)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time), time


def requests_may_come_by_get(aws):
    """The query protocol takes GET with the parameters in the URL."""
    url = f"{aws.endpoint}/?Action=DescribeVpcs&Version=2016-11-15"
    request = AWSRequest("GET", url)
    SigV4Auth(Credentials(aws.account, "secret"), "ec2", REGION).add_auth(request)
    answer = requests.get(url, headers=dict(request.headers), timeout=10)
    assert answer.status_code == 200 and aws.default_vpc() in answer.text, answer.text[:200]


def any_text_survives(aws):
    """Markup, quotes, spaces, plus, percent, unicode and emoji in a tag come back as they were."""
    text = "<a href=\"x\">&amp; 'q' + 100% ü 漢字 🦀</a>"
    aws.ec2.create_tags(Resources=[aws.default_vpc()], Tags=[{"Key": text, "Value": text}])
    assert tags_of(aws.ec2.describe_vpcs()["Vpcs"][0]) == {text: text}


def an_unsigned_request_is_refused(aws):
    """A request without a signature is an error, as it tells neither caller nor service."""
    form = {"Action": "DescribeVpcs", **VERSION}
    _refused(aws.query("ec2", form, signed=False))
    _alive(aws)


def a_signature_without_a_scope_is_refused(aws):
    """An Authorization header whose scope is missing, short or empty is an error."""
    for header in (
        "nonsense",
        "AWS4-HMAC-SHA256 Signature=abc",
        "AWS4-HMAC-SHA256 Credential=123456789012, SignedHeaders=host, Signature=abc",
        "AWS4-HMAC-SHA256 Credential=123456789012/20261130/us-west-2, SignedHeaders=host, Signature=abc",
        "AWS4-HMAC-SHA256 Credential=////, SignedHeaders=, Signature=",
        "Bearer abc",
    ):
        body = "Action=DescribeVpcs&Version=2016-11-15"
        answer = aws.post("ec2", body, signed=False, headers={"Authorization": header})
        assert 400 <= answer.status_code < 500, f"{header}: {answer.status_code}"
        assert answer.content, header
    _alive(aws)


def a_service_that_is_not_there_is_refused(aws):
    """A request signed for a service that is not modelled is an error, not another service's answer."""
    answer = aws.query("lambda", {"Action": "ListFunctions", "Version": "2015-03-31"})
    assert 400 <= answer.status_code <= 501 and answer.content
    _alive(aws)


def garbage_is_refused(aws):
    """Bodies that are no query at all get an AWS-like refusal, and the server lives on."""
    for body in (
        b"\x00\xff\xfe\x80",
        b"%%%=%zz&%",
        b"&&&&====&&",
        b"Action",
        b"Action=",
        b"Action=%ff%fe&Version=2016-11-15",
        b'{"Action": "DescribeVpcs"}',
        b"<xml><Action>DescribeVpcs</Action></xml>",
        b"Action=Describe\x00Vpcs&Version=2016-11-15",
        b"\r\n\r\n" * 100,
    ):
        answer = aws.post("ec2", body)
        assert 400 <= answer.status_code < 500, f"{body[:40]}: {answer.status_code}"
        error_of(answer)
    _alive(aws)


def an_empty_body_is_refused(aws):
    """A POST without a body gets an AWS-like refusal."""
    _refused(aws.post("ec2", b""))
    _alive(aws)


def odd_lists_do_no_harm(aws):
    """Indices that are huge, negative, or no numbers, and members without end, never break the server."""
    for name in (
        "Filter.999999999999999999999.Name",
        "Filter.-1.Name",
        "Filter.0.Name",
        "Filter.x.Name",
        "Filter..Name",
        "Filter",
        "Filter.1.Value.4294967296",
        "InstanceId.1.1.1.1",
        "." * 1000,
        "Filter." * 2000,
    ):
        answer = aws.query("ec2", {"Action": "DescribeInstances", **VERSION, name: "x"})
        assert answer.status_code < 500, f"{name[:40]}: {answer.status_code}"
    _alive(aws)


def ten_megabytes_are_refused(aws):
    """A body of 10 MB is refused with a 4xx, be it one value, many parameters or garbage."""
    size = 10 * 1024 * 1024
    for body in (
        b"Action=DescribeVpcs&Version=2016-11-15&Filter.1.Name=" + b"x" * size,
        b"Action=DescribeVpcs&Version=2016-11-15" + b"&A=1" * (size // 4),
        b"\xff" * size,
    ):
        try:
            answer = aws.post("ec2", body)
            assert 400 <= answer.status_code < 500, f"{body[:60]}: {answer.status_code}"
        except requests.exceptions.ConnectionError:
            pass  # the server may answer and close before it has read it all
    _alive(aws)


def what_is_no_http_does_no_harm(aws):
    """Bytes that are no HTTP, half a request, and idle connections leave the server answering others."""
    url = urlsplit(aws.endpoint)
    idle = [socket.create_connection((url.hostname, url.port), timeout=5) for _ in range(20)]
    try:
        no_http = [b"\x16\x03\x01\x02\x00\x01", b"POST / HTTP/1.1\r\nContent-Le", b"\x00" * 9999]
        for connection, data in zip(idle, no_http):
            connection.sendall(data)
        _alive(aws)
    finally:
        for connection in idle:
            connection.close()
    _alive(aws)


def one_of_many_writers_wins(aws):
    """Of twenty clients that create a group of one name at once, one succeeds."""

    def create(_):
        try:
            return aws.ec2.create_security_group(GroupName="web", Description="x")["GroupId"]
        except ClientError as error:
            return error.response["Error"]["Code"]

    aws.ec2  # made before the threads need it
    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(create, range(20)))
    assert outcomes.count("InvalidGroup.Duplicate") == 19, outcomes


def a_quota_holds_under_many_writers(aws):
    """Of twenty clients that allocate an address at once, five succeed, with five addresses."""

    def allocate(_):
        try:
            return aws.ec2.allocate_address(Domain="vpc")["PublicIp"]
        except ClientError as error:
            return error.response["Error"]["Code"]

    aws.ec2  # made before the threads need it
    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(allocate, range(20)))
    assert outcomes.count("AddressLimitExceeded") == 15, outcomes
    assert len({address["PublicIp"] for address in aws.ec2.describe_addresses()["Addresses"]}) == 5


def one_token_starts_one_instance_under_many_writers(aws):
    """Twenty clients that run with one token at once start one instance."""
    aws.image()
    with ThreadPoolExecutor(20) as pool:
        made = list(pool.map(lambda _: aws.run(ClientToken="a-token")["InstanceId"], range(20)))
    assert len(set(made)) == 1
