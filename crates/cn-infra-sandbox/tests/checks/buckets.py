"""A bucket that a check made, and requests to S3 that boto3 would not send."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import urlsplit

import requests
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sandbox import ACCOUNT, REGION, unique

OPEN = dict.fromkeys(["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"], False)
EVERYONE = "http://acs.amazonaws.com/groups/global/AllUsers"


class Bucket:
    """A bucket with the defaults of new ones, in us-west-2 unless said otherwise."""

    def __init__(self, aws, name=None, region=REGION, account=ACCOUNT, create=True, **parameters):
        self.aws, self.s3, self.region = aws, aws.client("s3", region, account), region
        self.name = name or unique("bucket")
        if create:
            self.create(**parameters)

    def create(self, constraint=True, configuration=None, **parameters):
        """CreateBucket, with the region as location constraint where one is needed."""
        configuration = dict(configuration or {})
        if constraint and self.region != "us-east-1":
            configuration["LocationConstraint"] = self.region
        if configuration:
            parameters["CreateBucketConfiguration"] = configuration
        return self.s3.create_bucket(Bucket=self.name, **parameters)

    @classmethod
    def with_acls(cls, aws):
        """A bucket whose ACLs count, public ones too."""
        bucket = cls(aws, ObjectOwnership="ObjectWriter")
        bucket.block(**OPEN)
        return bucket

    @classmethod
    def open(cls, aws):
        """A bucket that takes public policies."""
        bucket = cls(aws)
        bucket.block(**OPEN)
        return bucket

    @classmethod
    def versioned(cls, aws):
        bucket = cls(aws)
        bucket.version("Enabled")
        return bucket

    def call(self, operation, **parameters):
        """An operation on this bucket, by its name in boto3."""
        return getattr(self.s3, operation)(Bucket=self.name, **parameters)

    def block(self, **settings):
        self.call("put_public_access_block", PublicAccessBlockConfiguration=settings)

    def version(self, status):
        self.call("put_bucket_versioning", VersioningConfiguration={"Status": status})

    def allow(self, *statements):
        """Puts a policy of these statements; each needs what differs from a public s3:GetObject on all."""
        self.call("put_bucket_policy", Policy=json.dumps(self.policy(*statements)))

    def policy(self, *statements):
        """The policy of these statements; a member that is None is left out."""
        default = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": self.arn("*")}
        full = [{k: v for k, v in {**default, **it}.items() if v is not None} for it in statements]
        return {"Version": "2012-10-17", "Statement": full}

    def arn(self, key=None):
        return f"arn:aws:s3:::{self.name}" + (f"/{key}" if key else "")

    def put(self, key, body=b"coral", **parameters):
        return self.call("put_object", Key=key, Body=body, **parameters)

    def get(self, key, **parameters):
        """The bytes of an object."""
        return self.call("get_object", Key=key, **parameters)["Body"].read()

    def head(self, key, **parameters):
        return self.call("head_object", Key=key, **parameters)

    def delete(self, key, **parameters):
        return self.call("delete_object", Key=key, **parameters)

    def copy(self, source, key, bucket=None, **parameters):
        """Copies an object of this bucket to a key of this or another one."""
        to = bucket or self
        return to.call("copy_object", CopySource={"Bucket": self.name, "Key": source}, Key=key, **parameters)

    def keys(self, **parameters):
        return [it["Key"] for it in self.call("list_objects_v2", **parameters).get("Contents", [])]

    def raw(self, method, path="", body=b"", headers=None, signed=True, sha256=None):
        """A request as it stands; the path begins after the bucket's name, with its query."""
        return _send(self.aws, method, f"/{self.name}{path}", body, headers, signed, sha256)

    def repeat(self, method, path, times, threads):
        """One request without a body, sent many times, as fast as may be; returns the statuses of the answers."""
        ready = _request(self.aws, method, f"/{self.name}{path}", b"", {"Content-Length": "0"}, True, None)
        host = urlsplit(self.aws.endpoint).netloc

        def some(count):
            connection, statuses = HTTPConnection(host, timeout=15), []
            for _ in range(count):
                connection.request(method, f"/{self.name}{path}", headers=dict(ready.headers))
                answer = connection.getresponse()
                answer.read()
                statuses.append(answer.status)
            connection.close()
            return statuses

        with ThreadPoolExecutor(threads) as pool:
            return [status for statuses in pool.map(some, [times // threads] * threads) for status in statuses]


class Upload:
    """A multipart upload."""

    def __init__(self, bucket, key, **parameters):
        self.bucket, self.key = bucket, key
        self.id = bucket.call("create_multipart_upload", Key=key, **parameters)["UploadId"]
        self.parts = {}

    def call(self, operation, **parameters):
        return self.bucket.call(operation, Key=self.key, UploadId=self.id, **parameters)

    def part(self, number, body, **parameters):
        self.parts[number] = self.call("upload_part", PartNumber=number, Body=body, **parameters)["ETag"]
        return self.parts[number]

    def copy(self, number, source, **parameters):
        source = {"Bucket": self.bucket.name, "Key": source}
        answer = self.call("upload_part_copy", PartNumber=number, CopySource=source, **parameters)
        self.parts[number] = answer["CopyPartResult"]["ETag"]
        return answer

    def complete(self, parts=None, **parameters):
        """Completes it from these (number, etag) pairs, or from all its parts."""
        pairs = sorted(self.parts.items()) if parts is None else parts
        listed = [{"PartNumber": number, "ETag": etag} for number, etag in pairs]
        return self.call("complete_multipart_upload", MultipartUpload={"Parts": listed}, **parameters)

    def abort(self):
        return self.call("abort_multipart_upload")


def _send(aws, method, path, body=b"", headers=None, signed=True, sha256=None):
    """Sends a request to S3 that boto3 would not send, signed as S3 wants it unless told otherwise."""
    ready = _request(aws, method, path, body, headers, signed, sha256)
    return requests.request(method, ready.url, data=ready.body, headers=dict(ready.headers), timeout=15)


def _request(aws, method, path, body, headers, signed, sha256):
    declared = sha256 or hashlib.sha256(body).hexdigest()
    request = AWSRequest(method, aws.endpoint + path, data=body, headers=headers or {})
    if signed:
        _Signer(declared).add_auth(request)
    return request.prepare()


class _Signer(S3SigV4Auth):
    """Signs with the payload's hash that the request is to declare."""

    def __init__(self, declared):
        super().__init__(Credentials(ACCOUNT, "secret"), "s3", REGION)
        self.declared = declared

    def payload(self, request):
        return self.declared
