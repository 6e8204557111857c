"""S3: checksums: of what is sent, and kept with what is stored."""

import base64
import hashlib
import zlib

from buckets import Bucket, Upload
from sandbox import error_of, expect_error

BODY = b"123456789"
MIB = 1024 * 1024


def _encoded(digest):
    return base64.b64encode(digest).decode()


RIGHT = {  # of BODY; the CRCs are the check values that their catalogue gives for these nine bytes
    "ChecksumCRC32": _encoded(zlib.crc32(BODY).to_bytes(4, "big")),
    "ChecksumCRC32C": _encoded((0xE3069283).to_bytes(4, "big")),
    "ChecksumCRC64NVME": _encoded((0xAE8B14860A799888).to_bytes(8, "big")),
    "ChecksumSHA1": _encoded(hashlib.sha1(BODY).digest()),
    "ChecksumSHA256": _encoded(hashlib.sha256(BODY).digest()),
}


def right_checksums_are_taken_and_told(aws):
    """Each kind of checksum, sent with the right value, is told in the answer and kept with the object."""
    bucket = Bucket(aws)
    for name, value in RIGHT.items():
        assert bucket.put(name, BODY, **{name: value}).get(name) == value, name
        assert bucket.head(name, ChecksumMode="ENABLED").get(name) == value, name


def wrong_checksums_are_refused(aws):
    """Each kind of checksum, sent with the value of other bytes, is a BadDigest, and nothing is stored."""
    bucket = Bucket(aws)
    for name, value in RIGHT.items():
        expect_error("BadDigest", bucket.put, name, b"12345678X", **{name: value})
    assert bucket.keys() == []


def a_checksum_that_is_none_is_refused(aws):
    """A checksum of another length than its kind has is an InvalidRequest."""
    expect_error("InvalidRequest", Bucket(aws).put, "key", BODY, ChecksumSHA256="c2hvcnQ=")


def a_wrong_content_md5_is_refused(aws):
    """A Content-MD5 of other bytes is a BadDigest, one that is no MD5 an InvalidDigest, and nothing is stored."""
    bucket = Bucket(aws)
    other = _encoded(hashlib.md5(b"other").digest())
    expect_error("BadDigest", bucket.put, "key", BODY, ContentMD5=other)
    expect_error("InvalidDigest", bucket.put, "key", BODY, ContentMD5="no digest")
    assert bucket.keys() == []
    bucket.put("key", BODY, ContentMD5=_encoded(hashlib.md5(BODY).digest()))


def a_wrong_payload_hash_is_refused(aws):
    """A body that is not the one whose SHA-256 was signed is an XAmzContentSHA256Mismatch."""
    bucket = Bucket(aws)
    answer = bucket.raw("PUT", "/key", BODY, sha256=hashlib.sha256(b"other").hexdigest())
    assert error_of(answer) == "XAmzContentSHA256Mismatch", answer.text
    assert bucket.keys() == []


def an_unsigned_payload_is_taken(aws):
    """A request may leave its payload unsigned."""
    bucket = Bucket(aws)
    answer = bucket.raw("PUT", "/key", BODY, sha256="UNSIGNED-PAYLOAD")
    assert answer.status_code == 200 and bucket.get("key") == BODY


def _chunked(body, trailer):
    return f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n" + trailer + b"\r\n\r\n"


def _put_chunked(bucket, checksum):
    headers = {
        "Content-Encoding": "aws-chunked",
        "x-amz-decoded-content-length": str(len(BODY)),
        "x-amz-trailer": "x-amz-checksum-crc32",
    }
    body = _chunked(BODY, f"x-amz-checksum-crc32:{checksum}".encode())
    return bucket.raw("PUT", "/key", body, headers, sha256="STREAMING-UNSIGNED-PAYLOAD-TRAILER")


def a_body_may_come_in_chunks_with_its_checksum_behind(aws):
    """A body in aws-chunked form is stored without its frame, and its trailing checksum is kept."""
    bucket = Bucket(aws)
    answer = _put_chunked(bucket, RIGHT["ChecksumCRC32"])
    assert answer.status_code == 200, answer.text
    assert bucket.get("key") == BODY
    head = bucket.head("key", ChecksumMode="ENABLED")
    assert head.get("ChecksumCRC32") == RIGHT["ChecksumCRC32"]
    assert "ContentEncoding" not in head, head["ContentEncoding"]


def a_wrong_trailing_checksum_is_refused(aws):
    """A trailing checksum of other bytes is a BadDigest, and nothing is stored."""
    bucket = Bucket(aws)
    assert error_of(_put_chunked(bucket, "AAAAAA==")) == "BadDigest"
    assert bucket.keys() == []


def a_checksum_is_told_only_on_demand(aws):
    """HEAD tells a checksum only when asked to."""
    bucket = Bucket(aws)
    bucket.put("key", BODY, ChecksumSHA256=RIGHT["ChecksumSHA256"])
    assert "ChecksumSHA256" not in bucket.head("key")


def without_a_checksum_s3_makes_one(aws):
    """An object put without a checksum gets a CRC64NVME of the whole object."""
    bucket = Bucket(aws)
    assert bucket.raw("PUT", "/key", BODY).status_code == 200
    head = bucket.head("key", ChecksumMode="ENABLED")
    assert head.get("ChecksumCRC64NVME") == RIGHT["ChecksumCRC64NVME"]
    assert head.get("ChecksumType") == "FULL_OBJECT"


def a_copy_keeps_its_checksum(aws):
    """A copy has the checksum of its source, and can be given one of another kind."""
    bucket = Bucket(aws)
    bucket.put("source", BODY, ChecksumSHA256=RIGHT["ChecksumSHA256"])
    assert bucket.copy("source", "same")["CopyObjectResult"].get("ChecksumSHA256") == RIGHT["ChecksumSHA256"]
    other = bucket.copy("source", "other", ChecksumAlgorithm="SHA1")["CopyObjectResult"]
    assert other.get("ChecksumSHA1") == RIGHT["ChecksumSHA1"]


def a_wrong_checksum_of_a_part_is_refused(aws):
    """A part with the checksum of other bytes is a BadDigest and is not kept."""
    upload = Upload(Bucket(aws), "key", ChecksumAlgorithm="SHA256")
    expect_error("BadDigest", upload.part, 1, b"other", ChecksumSHA256=RIGHT["ChecksumSHA256"])
    assert "Parts" not in upload.call("list_parts")


def checksums_of_parts_make_a_composite_one(aws):
    """The SHA-256 of a multipart object is that of its parts' digests, a hyphen and the number of parts."""
    bucket, bodies = Bucket(aws), [b"p" * 5 * MIB, b"end"]
    upload = Upload(bucket, "key", ChecksumAlgorithm="SHA256")
    digests = [hashlib.sha256(body).digest() for body in bodies]
    parts = []
    for number, (body, digest) in enumerate(zip(bodies, digests, strict=True), start=1):
        etag = upload.part(number, body, ChecksumSHA256=_encoded(digest))
        parts.append({"PartNumber": number, "ETag": etag, "ChecksumSHA256": _encoded(digest)})
    answer = upload.call("complete_multipart_upload", MultipartUpload={"Parts": parts})
    composite = _encoded(hashlib.sha256(b"".join(digests)).digest()) + "-2"
    assert answer.get("ChecksumSHA256") == composite, answer.get("ChecksumSHA256")
    head = bucket.head("key", ChecksumMode="ENABLED")
    assert (head.get("ChecksumSHA256"), head.get("ChecksumType")) == (composite, "COMPOSITE")
