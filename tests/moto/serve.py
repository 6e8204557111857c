"""serve.py PORT [--prepare] [--attached]: moto's server on loopback, with what it gets so wrong that no client can work with it put right.

Put right below: all databases have one DbiResourceId; GetBucketVersioning answers with a wrong element; an address that
was associated by network interface tells no instance, and one that moves stays shown at the interface that it left, as
does the one that it displaces; RunInstances drops DisableApiTermination; CreateBucket drops tags.

What else it gets wrong, and is left as it is, since the tool copes: a new bucket has no ownership controls and no
public access block, where AWS since 2023 sets both; changes of a database that should wait for its window are carried
out at once; `resolve:ssm:` image ids are kept as text; DescribeVolumes tells no
DeleteOnTermination; a security group in use is deleted; client tokens are not honoured; ObjectSizeGreaterThan and
ObjectSizeLessThan of lifecycle rules are dropped; Performance Insights of a database are not kept. AWS's own behaviour
is in its API reference, and wins.

With --prepare the account gets what environments/ takes for granted: a key pair and an instance profile.
With --attached the server ends when its standard input closes, so that no test leaves one behind.
"""

import os
import sys
import threading
import uuid

import xmltodict
from moto.backends import get_backend
from moto.ec2.models.elastic_ip_addresses import ElasticAddress, ElasticAddressBackend
from moto.ec2.responses.instances import InstanceResponse
from moto.rds.models import DBInstance
from moto.s3.responses import S3Response
from moto.server import main


def unique_resource_ids():
    """AWS gives every database a DbiResourceId of its own; moto gives all the same."""
    original = DBInstance.__init__

    def init(self, *args, **kwargs):
        original(self, *args, **kwargs)
        self.dbi_resource_id = "db-" + uuid.uuid4().hex[:26].upper()

    DBInstance.__init__ = init


def named_versioning():
    """GetBucketVersioning answers with VersioningConfiguration; moto names the element after the action."""
    original = S3Response.get_bucket_versioning

    def get(self):
        answer = original(self)
        body = answer[-1]
        if isinstance(body, bytes):
            body = body.decode()
        return (*answer[:-1], body.replace("GetBucketVersioningResponse", "VersioningConfiguration"))

    S3Response.get_bucket_versioning = get


def instances_of_interfaces():
    """DescribeAddresses tells the instance of an interface; moto tells it only where the request named the instance."""

    def instance_id(self):
        instance = self.instance or getattr(self.eni, "instance", None)
        return instance.id if instance else ""

    ElasticAddress.instance_id = property(instance_id)


def one_address_per_interface():
    """An address leaves the interface where it was, and displaces the one of the interface where it arrives."""
    original = ElasticAddressBackend.associate_address

    def associate(self, instance=None, eni=None, address=None, allocation_id=None, reassociate=False):
        moving = next(a for a in self.addresses if address == a.public_ip or allocation_id == a.allocation_id)
        left = moving.eni
        answer = original(self, instance, eni, address, allocation_id, reassociate)
        if left and left is not moving.eni:
            left.public_ip = None
        for other in self.addresses:
            if other is not moving and other.eni and other.eni is moving.eni:
                other.eni = other.instance = other.association_id = None
        return answer

    ElasticAddressBackend.associate_address = associate


def protected_from_the_start():
    """RunInstances takes DisableApiTermination; moto drops it."""
    original = InstanceResponse.run_instances

    def run(self):
        answer = original(self)
        for instance in answer.result.instances:
            instance.disable_api_termination = self._get_param("DisableApiTermination") or False
        return answer

    InstanceResponse.run_instances = run


def tagged_from_the_start():
    """CreateBucket takes tags; moto drops them."""
    original = S3Response._bucket_response_put

    def put(self, request, bucket_name, querystring):
        answer = original(self, request, bucket_name, querystring)
        if not querystring and self.body:
            tags = xmltodict.parse(self.body, force_list=["Tag"])["CreateBucketConfiguration"].get("Tags")
            if tags:
                self.backend.put_bucket_tagging(bucket_name, {tag["Key"]: tag["Value"] for tag in tags["Tag"]})
        return answer

    S3Response._bucket_response_put = put


def prepare():
    """What stands in the account before the environments are applied."""
    account = "123456789012"
    get_backend("ec2")[account]["us-west-2"].create_key_pair("coralnet", "ed25519", tags={})
    get_backend("iam")[account]["aws"].create_instance_profile("coralnet-server", "/", role_names=[])


if __name__ == "__main__":
    unique_resource_ids()
    named_versioning()
    instances_of_interfaces()
    one_address_per_interface()
    protected_from_the_start()
    tagged_from_the_start()
    if "--prepare" in sys.argv:
        prepare()
    if "--attached" in sys.argv:
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    main(["-H", "127.0.0.1", "-p", sys.argv[1]])
