"""S3: multipart uploads."""

import hashlib

from buckets import Bucket, Upload
from sandbox import expect_error

MIB = 1024 * 1024
PART = b"p" * 5 * MIB


def parts_become_one_object(aws):
    """The parts, in the order of their numbers, are the object's bytes, and nothing shows before completion."""
    bucket = Bucket(aws)
    upload = Upload(bucket, "key")
    upload.part(2, b"end")
    upload.part(1, PART)
    assert bucket.keys() == []
    answer = upload.complete()
    assert (answer["Bucket"], answer["Key"]) == (bucket.name, "key")
    assert bucket.get("key") == PART + b"end" and bucket.keys() == ["key"]


def the_etag_tells_the_number_of_parts(aws):
    """The ETag is the MD5 of the parts' MD5s, a hyphen and the number of parts."""
    bucket = Bucket(aws)
    upload = Upload(bucket, "key")
    upload.part(1, PART)
    upload.part(2, b"end")
    digest = hashlib.md5(hashlib.md5(PART).digest() + hashlib.md5(b"end").digest()).hexdigest()
    assert upload.complete()["ETag"] == f'"{digest}-2"'
    assert bucket.head("key")["ETag"] == f'"{digest}-2"'


def a_single_part_may_be_small(aws):
    """Only the last part may be under 5 MiB, and a single part is the last one; its ETag ends in -1."""
    upload = Upload(Bucket(aws), "key")
    upload.part(1, b"small")
    assert upload.complete()["ETag"].endswith('-1"')


def an_early_part_that_is_small_is_refused(aws):
    """A part under 5 MiB that is not the last is refused at completion, EntityTooSmall, and the upload stays."""
    upload = Upload(Bucket(aws), "key")
    upload.part(1, b"small")
    upload.part(2, b"end")
    expect_error("EntityTooSmall", upload.complete)
    upload.part(1, PART)
    upload.complete()


def a_wrong_part_is_refused(aws):
    """A part with another ETag than uploaded, or never uploaded, is refused at completion: InvalidPart."""
    upload = Upload(Bucket(aws), "key")
    etag = upload.part(1, PART)
    expect_error("InvalidPart", upload.complete, [(1, '"0123456789abcdef0123456789abcdef"')])
    expect_error("InvalidPart", upload.complete, [(1, etag), (2, etag)])


def parts_are_listed_in_order(aws):
    """Parts out of order at completion are refused: InvalidPartOrder."""
    upload = Upload(Bucket(aws), "key")
    upload.part(1, PART)
    upload.part(2, PART)
    backwards = sorted(upload.parts.items(), reverse=True)
    expect_error("InvalidPartOrder", upload.complete, backwards)


def a_completion_without_parts_is_malformed(aws):
    """Completion with an empty list of parts is MalformedXML."""
    expect_error("MalformedXML", Upload(Bucket(aws), "key").complete, [])


def part_numbers_run_to_10000(aws):
    """A part number is between 1 and 10,000; another one is an InvalidArgument."""
    upload = Upload(Bucket(aws), "key")
    upload.part(10_000, b"last")
    for number in (0, 10_001):
        expect_error("InvalidArgument", upload.part, number, b"none")


def a_part_can_be_uploaded_again(aws):
    """A part uploaded again replaces the former one of the number."""
    bucket = Bucket(aws)
    upload = Upload(bucket, "key")
    upload.part(1, b"old")
    upload.part(1, b"new")
    upload.complete()
    assert bucket.get("key") == b"new"


def parts_left_out_are_dropped(aws):
    """Completion takes the parts that it lists, and drops the others."""
    bucket = Bucket(aws)
    upload = Upload(bucket, "key")
    first = upload.part(1, b"first")
    upload.part(2, b"second")
    upload.complete([(1, first)])
    assert bucket.get("key") == b"first"


def an_aborted_upload_is_gone(aws):
    """An aborted upload takes no part and no completion, and has no parts: NoSuchUpload."""
    bucket = Bucket(aws)
    upload = Upload(bucket, "key")
    upload.part(1, b"part")
    assert upload.abort()["ResponseMetadata"]["HTTPStatusCode"] == 204
    expect_error("NoSuchUpload", upload.part, 2, b"late")
    expect_error("NoSuchUpload", upload.complete, [(1, upload.parts[1])])
    expect_error("NoSuchUpload", upload.call, "list_parts")
    assert bucket.keys() == []


def a_completed_upload_is_over(aws):
    """A completed upload takes no further part and is not listed any more."""
    bucket = Bucket(aws)
    upload = Upload(bucket, "key")
    upload.part(1, b"part")
    upload.complete()
    expect_error("NoSuchUpload", upload.part, 2, b"late")
    assert "Uploads" not in bucket.call("list_multipart_uploads")


def headers_are_given_at_the_start(aws):
    """Content type, metadata, tags and storage class of CreateMultipartUpload are the object's."""
    bucket = Bucket(aws)
    upload = Upload(
        bucket, "key", ContentType="image/jpeg", Metadata={"a": "b"}, Tagging="c=d", StorageClass="STANDARD_IA"
    )
    upload.part(1, b"part")
    upload.complete()
    head = bucket.head("key")
    assert (head["ContentType"], head["Metadata"], head["StorageClass"]) == ("image/jpeg", {"a": "b"}, "STANDARD_IA")
    assert bucket.call("get_object_tagging", Key="key")["TagSet"] == [{"Key": "c", "Value": "d"}]


def uploaded_parts_are_listed_in_pages(aws):
    """ListParts tells number, size and ETag in order, at most MaxParts, and where to go on."""
    upload = Upload(Bucket(aws), "key")
    for number in (3, 1, 7):
        upload.part(number, b"x" * number)
    first = upload.call("list_parts", MaxParts=2)
    assert [(it["PartNumber"], it["Size"], it["ETag"]) for it in first["Parts"]] == [
        (1, 1, upload.parts[1]),
        (3, 3, upload.parts[3]),
    ]
    assert first["IsTruncated"] is True and first["NextPartNumberMarker"] == 3
    rest = upload.call("list_parts", PartNumberMarker=3)
    assert [it["PartNumber"] for it in rest["Parts"]] == [7] and rest["IsTruncated"] is False


def unfinished_uploads_are_listed(aws):
    """ListMultipartUploads tells the unfinished uploads by key, and takes a prefix."""
    bucket = Bucket(aws)
    uploads = {key: Upload(bucket, key).id for key in ("b/two", "a/one", "b/three")}
    listed = bucket.call("list_multipart_uploads")["Uploads"]
    assert [(it["Key"], it["UploadId"]) for it in listed] == sorted(uploads.items())
    under = bucket.call("list_multipart_uploads", Prefix="b/")["Uploads"]
    assert [it["Key"] for it in under] == ["b/three", "b/two"]


def unfinished_uploads_are_listed_in_pages(aws):
    """ListMultipartUploads gives at most MaxUploads, and the markers to go on from."""
    bucket = Bucket(aws)
    ids = [Upload(bucket, "a").id, Upload(bucket, "a").id, Upload(bucket, "b").id]
    first = bucket.call("list_multipart_uploads", MaxUploads=2)
    assert first["IsTruncated"] is True
    markers = {"KeyMarker": first["NextKeyMarker"], "UploadIdMarker": first["NextUploadIdMarker"]}
    rest = bucket.call("list_multipart_uploads", **markers)
    assert rest["IsTruncated"] is False
    assert sorted(it["UploadId"] for it in first["Uploads"] + rest["Uploads"]) == sorted(ids)


def one_key_can_have_several_uploads(aws):
    """Two uploads of one key do not disturb each other; the one completed last is the object."""
    bucket = Bucket(aws)
    one, two = Upload(bucket, "key"), Upload(bucket, "key")
    one.part(1, b"one")
    two.part(1, b"two")
    two.complete()
    assert bucket.get("key") == b"two"
    one.complete()
    assert bucket.get("key") == b"one"


def a_part_is_copied_from_an_object(aws):
    """UploadPartCopy makes a part of an object, or of a range of it."""
    bucket = Bucket(aws)
    bucket.put("source", PART + b"0123456789")
    upload = Upload(bucket, "key")
    assert upload.copy(1, "source", CopySourceRange=f"bytes=0-{5 * MIB - 1}")["CopyPartResult"]["LastModified"]
    upload.copy(2, "source", CopySourceRange=f"bytes={5 * MIB + 2}-{5 * MIB + 4}")
    upload.complete()
    assert bucket.get("key") == PART + b"234"


def a_copied_part_can_ask_for_an_etag(aws):
    """UploadPartCopy with CopySourceIfMatch of another ETag is a PreconditionFailed, and makes no part."""
    bucket = Bucket(aws)
    etag = bucket.put("source")["ETag"]
    upload = Upload(bucket, "key")
    expect_error("PreconditionFailed", upload.copy, 1, "source", CopySourceIfMatch='"other"')
    assert "Parts" not in upload.call("list_parts")
    upload.copy(1, "source", CopySourceIfMatch=etag)


def an_absent_source_of_a_part_is_told(aws):
    """UploadPartCopy from an absent object answers NoSuchKey."""
    expect_error("NoSuchKey", Upload(Bucket(aws), "key").copy, 1, "none")


def one_part_of_an_object_can_be_read(aws):
    """HEAD with a part number tells that part's size and how many there are."""
    bucket = Bucket(aws)
    upload = Upload(bucket, "key")
    upload.part(1, PART)
    upload.part(2, b"end")
    upload.complete()
    head = bucket.head("key", PartNumber=2)
    assert (head["ContentLength"], head["PartsCount"]) == (3, 2)


def an_unknown_upload_is_refused(aws):
    """An upload id that does not exist, or is of another key, answers NoSuchUpload."""
    bucket = Bucket(aws)
    upload = Upload(bucket, "key")
    expect_error("NoSuchUpload", bucket.call, "upload_part", Key="other", UploadId=upload.id, PartNumber=1, Body=b"")
    expect_error("NoSuchUpload", bucket.call, "list_parts", Key="key", UploadId="none")
