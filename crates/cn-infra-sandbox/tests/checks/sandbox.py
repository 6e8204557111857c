"""What a check gets: clients of one simulated account, and its control door. Every check takes it as `aws`."""

import re
import uuid
from urllib.parse import urlsplit

import boto3
import botocore.session
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

REGION = "us-west-2"
ACCOUNT = "123456789012"
OTHER_ACCOUNT = "210987654321"
CANONICAL = "099720109477"  # the owner of Ubuntu's images


class NoControlDoor(Exception):
    """The endpoint is moto, which offers no faults, settings or call log."""


class Aws:
    """One endpoint, seen as an AWS account."""

    def __init__(self, endpoint, moto=False):
        self.endpoint = endpoint.rstrip("/")
        self.moto = moto
        self.region = REGION
        self.account = ACCOUNT
        self._core = botocore.session.get_session()
        self._session = boto3.Session(botocore_session=self._core)
        self._door = requests.Session()
        self._clients = {}
        self._images = {}

    # Clients

    @property
    def ec2(self):
        return self.client("ec2")

    @property
    def rds(self):
        return self.client("rds")

    @property
    def s3(self):
        return self.client("s3")

    @property
    def sts(self):
        return self.client("sts")

    @property
    def iam(self):
        return self.client("iam")

    @property
    def ssm(self):
        return self.client("ssm")

    def client(self, service, region=REGION, account=ACCOUNT, read_timeout=15):
        """A boto3 client that never retries. Making one is slow, so each is made once."""
        key = (service, region, account, read_timeout)
        if key not in self._clients:
            self._clients[key] = self._make_client(*key)
        return self._clients[key]

    def _make_client(self, service, region, account, read_timeout):
        client = self._session.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=account,
            aws_secret_access_key="secret",
            config=Config(
                retries={"total_max_attempts": 1},
                connect_timeout=5,
                read_timeout=read_timeout,
                max_pool_connections=32,
                s3={"addressing_style": "path"},
            ),
        )
        # S3 control puts the account before the host; on loopback that name does not resolve.
        client.meta.events.register("before-send.s3-control", self._to_loopback)
        if self.moto and account != ACCOUNT:  # moto takes the account from a header
            client.meta.events.register("before-sign", _header("x-moto-account-id", account))
        return client

    def _to_loopback(self, request, **_):
        request.url = self.endpoint + request.url[len("://".join(urlsplit(request.url)[:2])) :]

    # Requests that boto3 would refuse to send

    def query(self, service, parameters, signed=True, region=REGION, account=ACCOUNT):
        """One request of the query protocol (EC2, RDS, STS, IAM), as it stands: boto3 checks none of it."""
        return self.post(service, parameters, signed=signed, region=region, account=account)

    def post(self, service, body, path="/", signed=True, region=REGION, account=ACCOUNT, headers=None):
        """POSTs a form (a dict) or raw bytes, signed for the service."""
        request = AWSRequest("POST", self.endpoint + path, data=body, headers=headers or {})
        if not isinstance(body, dict) and "Content-Type" not in request.headers:
            request.headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
        if signed:
            SigV4Auth(Credentials(account, "secret"), service, region).add_auth(request)
        ready = request.prepare()
        return self._door.post(ready.url, data=ready.body, headers=dict(ready.headers), timeout=15)

    # The control door

    def reset(self):
        """A fresh account, default settings, no faults."""
        path = "/moto-api/reset" if self.moto else "/_sandbox/reset"
        self._door.post(self.endpoint + path, json={}, timeout=10).raise_for_status()

    def advance(self, seconds):
        """Moves the virtual clock on. Moto has none, and nothing in it takes time."""
        if not self.moto:
            self._control("POST", "clock", {"advance": seconds})

    def now(self):
        """The virtual time, as text."""
        return self._control("GET", "clock")["now"]

    def settings(self, **changes):
        """Changes settings: speed, limits, consistency_delay, latency, quotas."""
        return self._control("POST", "settings", changes)

    def fault(self, operation, effect, **details):
        """Plants a fault: code, status, seconds, at, times."""
        return self._control("POST", "faults", {"operation": operation, "effect": effect, **details})

    def faults(self):
        """The faults that are planted."""
        return self._control("GET", "faults")

    def clear_faults(self):
        """Takes all faults away."""
        return self._control("DELETE", "faults")

    def calls(self):
        """The log of calls since the reset."""
        return self._control("GET", "calls")

    def _control(self, method, door, body=None):
        if self.moto:
            raise NoControlDoor(f"moto has no /_sandbox/{door}")
        answer = self._door.request(method, f"{self.endpoint}/_sandbox/{door}", json=body, timeout=10)
        assert answer.ok, f"{method} /_sandbox/{door} answered {answer.status_code}: {answer.text[:200]}"
        return answer.json() if answer.content else None

    # Objects that many checks need

    def image(self, region=REGION):
        """The id of a current Ubuntu image."""
        if region not in self._images:
            images = self.client("ec2", region).describe_images(
                Owners=[CANONICAL], Filters=[{"Name": "architecture", "Values": ["x86_64"]}]
            )["Images"]
            assert images, f"there is no Ubuntu image in {region}"
            self._images[region] = max(images, key=lambda image: image["CreationDate"])["ImageId"]
        return self._images[region]

    def run(self, region=REGION, account=ACCOUNT, **parameters):
        """Starts one t3.micro and returns it as RunInstances answers: still pending."""
        parameters = {"InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, **parameters}
        parameters.setdefault("ImageId", self.image(region))
        return self.client("ec2", region, account).run_instances(**parameters)["Instances"][0]

    def running(self, region=REGION, account=ACCOUNT, **parameters):
        """Starts one t3.micro, waits until it runs, and returns it as DescribeInstances answers."""
        instance = self.run(region, account, **parameters)
        self.advance(300)
        return self.instance(instance["InstanceId"], region, account)

    def instance(self, instance_id, region=REGION, account=ACCOUNT):
        """An instance as DescribeInstances answers."""
        answer = self.client("ec2", region, account).describe_instances(InstanceIds=[instance_id])
        return answer["Reservations"][0]["Instances"][0]

    def state(self, instance_id):
        """The state of an instance, as DescribeInstances answers."""
        return self.instance(instance_id)["State"]["Name"]

    def stopped(self, **parameters):
        """Starts a t3.micro, stops it, and returns its id once it is stopped."""
        instance_id = self.running(**parameters)["InstanceId"]
        self.ec2.stop_instances(InstanceIds=[instance_id])
        self.advance(600)
        return instance_id

    def volumes(self, instance_id):
        """The volumes attached to an instance, as DescribeVolumes answers."""
        filters = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
        return self.ec2.describe_volumes(Filters=filters)["Volumes"]

    def interface(self, interface_id):
        """A network interface as DescribeNetworkInterfaces answers."""
        answer = self.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface_id])
        return answer["NetworkInterfaces"][0]

    def subnets(self, region=REGION):
        """The subnets of the default VPC, in the order of their zones."""
        filters = [{"Name": "default-for-az", "Values": ["true"]}]
        subnets = self.client("ec2", region).describe_subnets(Filters=filters)["Subnets"]
        return sorted(subnets, key=lambda subnet: subnet["AvailabilityZone"])

    def default_vpc(self, region=REGION):
        """The id of the default VPC."""
        answer = self.client("ec2", region).describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])
        return answer["Vpcs"][0]["VpcId"]

    def default_group(self, region=REGION):
        """The default group of the default VPC, as DescribeSecurityGroups answers."""
        filters = [
            {"Name": "group-name", "Values": ["default"]},
            {"Name": "vpc-id", "Values": [self.default_vpc(region)]},
        ]
        return self.client("ec2", region).describe_security_groups(Filters=filters)["SecurityGroups"][0]

    def rules(self, group_id, egress=False):
        """The rules of a group in one direction, as DescribeSecurityGroupRules answers."""
        filters = [{"Name": "group-id", "Values": [group_id]}]
        rules = self.ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
        return [rule for rule in rules if rule["IsEgress"] == egress]

    def group(self, name=None, region=REGION, **parameters):
        """The id of a new security group in the default VPC."""
        return self.client("ec2", region).create_security_group(
            GroupName=name or unique("group"), Description="of a check", **parameters
        )["GroupId"]


def tcp(port, cidr="192.0.2.0/24", description=None):
    """An IpPermission: one TCP port from one IPv4 or IPv6 network."""
    source = {"CidrIpv6" if ":" in cidr else "CidrIp": cidr}
    if description is not None:
        source["Description"] = description
    return {
        "IpProtocol": "tcp",
        "FromPort": port,
        "ToPort": port,
        "Ipv6Ranges" if ":" in cidr else "IpRanges": [source],
    }


def tags_of(thing):
    """The tags of a described object, as a dict."""
    return {tag["Key"]: tag["Value"] for tag in thing.get("Tags", [])}


def tagged(kind, **tags):
    """TagSpecifications of one resource type."""
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]


def _header(name, value):
    def add(request, **_):
        request.headers[name] = value

    return add


def unique(prefix):
    """A name that no other object has."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def expect_error(code, call, *arguments, **parameters):
    """Asserts that the call is refused with this code and says why; returns botocore's error.

    Where AWS's documents name several codes for one case, `code` is a tuple of them; None means any code of a 4xx.
    """
    codes = (code,) if isinstance(code, str) else code
    try:
        answer = call(*arguments, **parameters)
    except ClientError as error:
        got, status = error.response["Error"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        if codes is None:
            assert 400 <= status < 500, f"expected a refusal, got {status} {got['Code']}: {got.get('Message')}"
        else:
            assert got["Code"] in codes, f"expected {code}, got {got['Code']}: {got.get('Message')}"
        assert (got.get("Message") or "").strip(), f"{got['Code']} came without a message"
        return error
    answer = {k: v for k, v in answer.items() if k != "ResponseMetadata"} if isinstance(answer, dict) else answer
    raise AssertionError(f"expected {code or 'a refusal'}, got an answer: {str(answer)[:200]}")


def error_of(response):
    """The code in an XML error answer of any AWS service; asserts that it is one, with a message."""
    assert response.status_code >= 400, f"expected an error, got {response.status_code}: {response.text[:200]}"
    code = re.search(r"<Code>([^<]+)</Code>", response.text)
    assert code, f"no <Code> in the answer {response.status_code}: {response.text[:200]}"
    assert re.search(r"<Message>[^<]+</Message>", response.text), f"{code[1]} came without a message"
    return code[1]
