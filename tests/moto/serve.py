"""serve.py PORT [--prepare] [--attached]: moto's server on loopback, with what it gets so wrong that no client can work with it put right.

Put right below: all databases have one DbiResourceId; GetBucketVersioning answers with a wrong element; an address that
was associated by network interface tells no instance, and one that moves stays shown at the interface that it left, as
does the one that it displaces; ModifyInstanceMetadataOptions clears what it is not given; RunInstances drops
DisableApiTermination and the throughput of volumes; GetBucketAcl tells one permission of each grantee; the port and
Performance Insights of a database are filed away; CreateBucket drops tags; a new bucket has no ownership controls, no
public access block and no encryption, where AWS since 2023 sets all three.

What else it gets wrong, and is left as it is, since the tool copes: ACLs of buckets are taken where they are off; changes
of a database that should wait for its window are carried out at once; `resolve:ssm:` image ids are kept as text; DescribeVolumes tells no DeleteOnTermination; a security group
in use is deleted; client tokens are not honoured; ObjectSizeGreaterThan and ObjectSizeLessThan of lifecycle rules are
dropped; what docs/fields.md exempts from checks on moto. AWS's own behaviour is in its API reference, and wins.

With --prepare the account gets what environments/ takes for granted: a key pair and an instance profile.
With --attached the server ends when its standard input closes, so that no test leaves one behind.
"""

import os
import sys
import threading
import uuid

import xmltodict
from moto.backends import get_backend
from moto.ec2.models import EC2Backend
from moto.ec2.models.elastic_ip_addresses import ElasticAddress, ElasticAddressBackend
from moto.ec2.responses.instances import InstanceResponse
from moto.rds.models import DBInstance
from moto.s3.models import FakeAcl, FakeBucket, FakeGrant, PublicAccessBlock
from moto.s3.responses import S3Response
from moto.server import main


def unique_resource_ids():
    """AWS gives every database a DbiResourceId of its own; moto gives all the same."""
    original = DBInstance.__init__

    def init(self, *args, **kwargs):
        original(self, *args, **kwargs)
        self.dbi_resource_id = "db-" + uuid.uuid4().hex[:26].upper()

    DBInstance.__init__ = init


def kept_database_settings():
    """Performance Insights are told, and the port can be changed; moto files both under the names of the parameters."""

    def init(self, *args, **kwargs):
        original(self, *args, **kwargs)
        self.enable_performance_insights = kwargs.get("enable_performance_insights") or False

    original, DBInstance.__init__ = DBInstance.__init__, init
    DBInstance.performance_insights_enabled = property(lambda self: self.enable_performance_insights)
    DBInstance.db_port_number = property(lambda self: self.port, lambda self, port: setattr(self, "port", port))


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


def every_permission():
    """GetBucketAcl has a grant for each permission; moto tells the first of each grantee."""
    original = S3Response._acl_to_dict

    def to_dict(acl):
        grants = [FakeGrant(grant.grantees, [permission]) for grant in acl.grants for permission in grant.permissions]
        return original(FakeAcl(grants))

    S3Response._acl_to_dict = staticmethod(to_dict)


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


def kept_metadata_options():
    """ModifyInstanceMetadataOptions changes what it is given; moto clears the rest."""
    original = EC2Backend.modify_instance_metadata_options

    def modify(self, instance_id, http_tokens=None, hop_limit=None, http_endpoint=None, **others):
        there = self.get_instance(instance_id).metadata_options
        return original(
            self,
            instance_id,
            http_tokens=http_tokens or there.http_tokens,
            hop_limit=hop_limit or there.http_put_response_hop_limit,
            http_endpoint=http_endpoint or there.http_endpoint,
            **others,
        )

    EC2Backend.modify_instance_metadata_options = modify


def kept_by_run_instances():
    """RunInstances takes DisableApiTermination and the throughput of volumes; moto drops both."""
    original = InstanceResponse.run_instances

    def run(self):
        answer = original(self)
        volumes = {volume["DeviceName"]: volume.get("Ebs", {}) for volume in self._get_param("BlockDeviceMappings", [])}
        for instance in answer.result.instances:
            instance.disable_api_termination = self._get_param("DisableApiTermination") or False
            for device, attached in instance.block_device_mapping.items():
                throughput = volumes.get(device, {}).get("Throughput")
                self.ec2_backend.volumes[attached.volume_id].throughput = throughput and int(throughput)
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


def closed_from_the_start():
    """A new bucket takes no ACLs, blocks public access and encrypts; moto's does nothing of that."""
    original = FakeBucket.__init__

    def init(self, *args, **kwargs):
        original(self, *args, **kwargs)
        self.ownership_rule = "BucketOwnerEnforced"
        self.public_access_block = PublicAccessBlock(True, True, True, True)
        algorithm = {"SSEAlgorithm": "AES256"}
        self.encryption = {"Rule": {"ApplyServerSideEncryptionByDefault": algorithm, "BucketKeyEnabled": False}}

    FakeBucket.__init__ = init


def prepare():
    """What stands in the account before the environments are applied."""
    account = "123456789012"
    get_backend("ec2")[account]["us-west-2"].create_key_pair("coralnet", "ed25519", tags={})
    get_backend("iam")[account]["aws"].create_instance_profile("coralnet-server", "/", role_names=[])


if __name__ == "__main__":
    unique_resource_ids()
    named_versioning()
    every_permission()
    instances_of_interfaces()
    one_address_per_interface()
    kept_metadata_options()
    kept_by_run_instances()
    kept_database_settings()
    tagged_from_the_start()
    closed_from_the_start()
    if "--prepare" in sys.argv:
        prepare()
    if "--attached" in sys.argv:
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    main(["-H", "127.0.0.1", "-p", sys.argv[1]])
