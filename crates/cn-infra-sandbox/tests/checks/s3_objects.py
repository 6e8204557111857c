"""S3: objects: their bytes, their headers, their tags, and reads under conditions."""

import hashlib
from datetime import timedelta

from buckets import Bucket
from sandbox import error_of, expect_error


def an_object_is_put_read_and_deleted(aws):
    """PutObject stores bytes, GetObject gives them back, DeleteObject takes them away."""
    bucket, body = Bucket(aws), bytes(range(256)) * 100
    bucket.put("media/images/1.jpg", body)
    assert bucket.get("media/images/1.jpg") == body
    assert bucket.delete("media/images/1.jpg")["ResponseMetadata"]["HTTPStatusCode"] == 204
    expect_error("NoSuchKey", bucket.get, "media/images/1.jpg")


def an_etag_is_the_md5(aws):
    """The ETag of an object put in one piece is its MD5, in quotes."""
    bucket, etag = Bucket(aws), f'"{hashlib.md5(b"coral").hexdigest()}"'
    assert bucket.put("key")["ETag"] == etag
    assert bucket.head("key")["ETag"] == etag
    assert bucket.call("list_objects_v2")["Contents"][0]["ETag"] == etag


def objects_are_strongly_consistent(aws):
    """An object put, replaced or deleted is seen so at once, even where other things take a while to show."""
    bucket = Bucket(aws)
    if not aws.moto:
        aws.settings(consistency_delay=60)
    for body in (b"one", b"two"):
        bucket.put("key", body)
        assert bucket.get("key") == body and bucket.keys() == ["key"]
    bucket.delete("key")
    expect_error("NoSuchKey", bucket.get, "key")
    assert bucket.keys() == []


def an_object_is_replaced_as_a_whole(aws):
    """A second PutObject replaces the bytes, the metadata, the content type and the tags."""
    bucket = Bucket(aws)
    bucket.put("key", b"one", ContentType="text/plain", Metadata={"old": "yes"}, Tagging="old=yes")
    bucket.put("key", b"two")
    head = bucket.head("key")
    assert (head["ContentType"], head["Metadata"], head["ContentLength"]) == ("binary/octet-stream", {}, 3)
    assert bucket.call("get_object_tagging", Key="key")["TagSet"] == []


def headers_are_kept(aws):
    """Content type, encoding, language, disposition, cache control and redirect come back as they were put."""
    bucket = Bucket(aws)
    headers = {
        "ContentType": "image/jpeg",
        "ContentEncoding": "identity",
        "ContentLanguage": "en",
        "ContentDisposition": 'attachment; filename="coral reef.jpg"',
        "CacheControl": "max-age=86400, public",
        "WebsiteRedirectLocation": "/other",
    }
    bucket.put("key", **headers)
    head = bucket.head("key")
    assert {name: head.get(name) for name in headers} == headers


def the_default_content_type_is_bytes(aws):
    """An object put without a content type has binary/octet-stream."""
    bucket = Bucket(aws)
    bucket.put("image.jpg")
    assert bucket.head("image.jpg")["ContentType"] == "binary/octet-stream"


def metadata_is_kept_under_small_names(aws):
    """User metadata comes back with its names in lower case."""
    bucket = Bucket(aws)
    bucket.put("key", Metadata={"Source": "alpha", "width": "1024"})
    assert bucket.head("key")["Metadata"] == {"source": "alpha", "width": "1024"}


def metadata_has_a_limit(aws):
    """More than 2 KB of user metadata is refused: MetadataTooLarge."""
    expect_error("MetadataTooLarge", Bucket(aws).put, "key", Metadata={"long": "x" * 2100})


def new_objects_are_encrypted(aws):
    """PutObject and HeadObject tell that the object is encrypted with AES256."""
    bucket = Bucket(aws)
    assert bucket.put("key").get("ServerSideEncryption") == "AES256"
    assert bucket.head("key").get("ServerSideEncryption") == "AES256"


def storage_classes_are_told(aws):
    """A storage class other than STANDARD is told by HEAD and in listings; STANDARD only in listings."""
    bucket = Bucket(aws)
    bucket.put("rare", StorageClass="STANDARD_IA")
    bucket.put("usual")
    assert bucket.head("rare")["StorageClass"] == "STANDARD_IA" and "StorageClass" not in bucket.head("usual")
    listed = {it["Key"]: it["StorageClass"] for it in bucket.call("list_objects_v2")["Contents"]}
    assert listed == {"rare": "STANDARD_IA", "usual": "STANDARD"}


def an_unknown_storage_class_is_refused(aws):
    """A storage class that does not exist is an InvalidStorageClass."""
    expect_error("InvalidStorageClass", Bucket(aws).put, "key", StorageClass="LUKEWARM")


def an_absent_object_answers_no_such_key(aws):
    """An absent key answers NoSuchKey to GET, a bare 404 to HEAD, and its deletion is fine."""
    bucket = Bucket(aws)
    expect_error("NoSuchKey", bucket.get, "none")
    expect_error("404", bucket.head, "none")
    expect_error("NoSuchKey", bucket.call, "get_object_tagging", Key="none")
    assert bucket.delete("none")["ResponseMetadata"]["HTTPStatusCode"] == 204


def an_object_may_be_empty(aws):
    """An object of no bytes is an object."""
    bucket = Bucket(aws)
    bucket.put("folder/", b"")
    assert bucket.get("folder/") == b"" and bucket.keys() == ["folder/"]


def ten_megabytes_are_stored(aws):
    """A body of 10 MB comes back byte for byte."""
    bucket, body = Bucket(aws), bytes(range(250)) * 40_000
    bucket.put("big", body)
    assert hashlib.md5(bucket.get("big")).digest() == hashlib.md5(body).digest()


def strange_keys_are_kept(aws):
    """Blanks, plus signs, dots, slashes, ampersands, percent signs and any letters are kept as they are."""
    bucket = Bucket(aws)
    keys = [
        " lead and trail ", "a b", "a+b", "a%20b", "a&b=c?d#e", "a//b", "dir/../file", "dir/./file",
        "quote'\"<tag>", "semi;colon:at@", "Åland/ö", "珊瑚/🪸", "/slash", "back\\slash", "tilde~*()!",
    ]  # fmt: skip
    for key in keys:
        bucket.put(key, key.encode())
    assert sorted(bucket.keys()) == sorted(keys)
    for key in keys:
        assert bucket.get(key) == key.encode(), key
    for key in keys:
        bucket.delete(key)
    assert bucket.keys() == []


def a_key_has_1024_bytes_at_most(aws):
    """A key of 1,024 bytes in UTF-8 is fine; one byte more is a KeyTooLongError."""
    bucket = Bucket(aws)
    for key in ("k" * 1024, "ö" * 512):
        bucket.put(key)
        assert bucket.get(key) == b"coral"
    expect_error("KeyTooLongError", bucket.put, "k" * 1025)
    expect_error("KeyTooLongError", bucket.put, "ö" * 512 + "k")


def a_range_is_read(aws):
    """Range reads from and to, from, or the last bytes, with status 206 and the range in the answer."""
    bucket = Bucket(aws)
    bucket.put("key", b"0123456789")
    for asked, body, told in (
        ("bytes=2-5", b"2345", "bytes 2-5/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=5-100", b"56789", "bytes 5-9/10"),
    ):
        answer = bucket.call("get_object", Key="key", Range=asked)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
        assert (answer["Body"].read(), answer["ContentRange"]) == (body, told), asked
        assert answer["ContentLength"] == len(body)


def a_range_beyond_the_end_is_invalid(aws):
    """A range that begins at or behind the end is an InvalidRange."""
    bucket = Bucket(aws)
    bucket.put("key", b"0123456789")
    expect_error("InvalidRange", bucket.get, "key", Range="bytes=10-12")


def a_read_can_ask_for_another_etag(aws):
    """IfNoneMatch of the current ETag answers 304; of another one the object."""
    bucket = Bucket(aws)
    etag = bucket.put("key")["ETag"]
    for read in (bucket.get, bucket.head):
        expect_error("304", read, "key", IfNoneMatch=etag)
    assert bucket.get("key", IfNoneMatch='"other"') == b"coral"


def a_read_can_ask_for_an_etag(aws):
    """IfMatch of another ETag answers 412; of the current one the object."""
    bucket = Bucket(aws)
    etag = bucket.put("key")["ETag"]
    expect_error("PreconditionFailed", bucket.get, "key", IfMatch='"other"')
    expect_error("412", bucket.head, "key", IfMatch='"other"')
    assert bucket.get("key", IfMatch=etag) == b"coral"


def a_read_can_ask_by_time(aws):
    """IfModifiedSince answers 304 to what is older, IfUnmodifiedSince 412 to what is newer."""
    bucket = Bucket(aws)
    bucket.put("key")
    modified = bucket.head("key")["LastModified"]
    earlier = modified - timedelta(hours=1)
    expect_error("304", bucket.get, "key", IfModifiedSince=modified)
    expect_error("PreconditionFailed", bucket.get, "key", IfUnmodifiedSince=earlier)
    assert bucket.get("key", IfModifiedSince=earlier) == b"coral"
    assert bucket.get("key", IfUnmodifiedSince=modified) == b"coral"


def answers_can_be_given_other_headers(aws):
    """GetObject takes the headers that its answer shall have."""
    bucket = Bucket(aws)
    bucket.put("key", ContentType="image/jpeg")
    answer = bucket.call("get_object", Key="key", ResponseContentType="text/plain", ResponseCacheControl="no-store")
    assert (answer["ContentType"], answer["CacheControl"]) == ("text/plain", "no-store")


def object_tags_are_given_with_the_object(aws):
    """PutObject takes tags; reads tell their number, GetObjectTagging the tags."""
    bucket = Bucket(aws)
    bucket.put("key", Tagging="Name=reef%20one&phase=4")
    assert bucket.call("get_object", Key="key")["TagCount"] == 2
    tags = bucket.call("get_object_tagging", Key="key")["TagSet"]
    assert sorted((it["Key"], it["Value"]) for it in tags) == [("Name", "reef one"), ("phase", "4")], tags


def object_tags_are_replaced_as_a_whole(aws):
    """PutObjectTagging replaces all tags, DeleteObjectTagging takes them away, and the object stays as it is."""
    bucket = Bucket(aws)
    bucket.put("key", Tagging="old=yes", Metadata={"a": "b"})
    tags = [{"Key": "new", "Value": "1"}]
    bucket.call("put_object_tagging", Key="key", Tagging={"TagSet": tags})
    assert bucket.call("get_object_tagging", Key="key")["TagSet"] == tags
    bucket.call("delete_object_tagging", Key="key")
    assert bucket.call("get_object_tagging", Key="key")["TagSet"] == []
    assert bucket.get("key") == b"coral" and bucket.head("key")["Metadata"] == {"a": "b"}


def an_object_has_ten_tags_at_most(aws):
    """An eleventh tag of an object is refused: BadRequest."""
    bucket = Bucket(aws)
    bucket.put("key")
    tags = [{"Key": str(n), "Value": ""} for n in range(11)]
    expect_error("BadRequest", bucket.call, "put_object_tagging", Key="key", Tagging={"TagSet": tags})


def times_follow_the_accounts_clock(aws):
    """LastModified and the Date of answers move with the virtual clock."""
    bucket = Bucket(aws)
    bucket.put("one")
    aws.advance(3600)
    bucket.put("two")
    one, two = bucket.head("one")["LastModified"], bucket.head("two")["LastModified"]
    assert timedelta(minutes=59) < two - one < timedelta(minutes=61), two - one


def an_anonymous_read_is_refused(aws):
    """A request without a signature is an AccessDenied where no policy lets everyone in."""
    bucket = Bucket(aws)
    bucket.put("key")
    answer = bucket.raw("GET", "/key", signed=False)
    assert (answer.status_code, error_of(answer)) == (403, "AccessDenied"), answer.text


def the_owner_is_told_on_demand(aws):
    """ListObjectsV2 tells owners only with FetchOwner."""
    bucket = Bucket(aws)
    bucket.put("key")
    assert "Owner" not in bucket.call("list_objects_v2")["Contents"][0]
    owner = bucket.call("list_objects_v2", FetchOwner=True)["Contents"][0]["Owner"]["ID"]
    assert owner == aws.s3.list_buckets()["Owner"]["ID"]
