"""S3: ListObjectsV2 and its predecessor."""

from buckets import Bucket
from sandbox import expect_error


def _filled(aws, *keys):
    bucket = Bucket(aws)
    for key in keys:
        bucket.put(key, b"")
    return bucket


def _pages(bucket, **parameters):
    """All pages, by continuation tokens."""
    pages = [bucket.call("list_objects_v2", **parameters)]
    while pages[-1]["IsTruncated"]:
        token = pages[-1]["NextContinuationToken"]
        pages.append(bucket.call("list_objects_v2", ContinuationToken=token, **parameters))
        assert len(pages) < 100
    return pages


def _prefixes(answer):
    return [it["Prefix"] for it in answer.get("CommonPrefixes", [])]


def _keys(answer):
    return [it["Key"] for it in answer.get("Contents", [])]


def an_empty_bucket_lists_nothing(aws):
    """An empty bucket has no contents, a count of 0 and no further page."""
    answer = Bucket(aws).call("list_objects_v2")
    assert "Contents" not in answer and answer["KeyCount"] == 0 and answer["IsTruncated"] is False


def keys_are_in_the_order_of_their_bytes(aws):
    """Keys are listed in the order of their UTF-8 bytes, whatever language sorts otherwise."""
    keys = ["a", "B", "b", "a/b", "a.b", "a-b", "ab", "é", "z", "Z", "10", "9", "\ufffd", "😀", "~", " "]
    assert _filled(aws, *keys).keys() == sorted(keys, key=lambda key: key.encode())


def a_prefix_keeps_what_begins_with_it(aws):
    """Prefix lists only keys that begin with it, a key that is the prefix itself included."""
    bucket = _filled(aws, "media/", "media/1", "media/images/2", "media2", "other")
    assert bucket.keys(Prefix="media/") == ["media/", "media/1", "media/images/2"]
    assert bucket.keys(Prefix="none") == []


def a_delimiter_folds_keys_into_prefixes(aws):
    """Delimiter folds keys with the same beginning up to it into one common prefix."""
    answer = _filled(aws, "a/1", "a/2", "b/c/3", "top").call("list_objects_v2", Delimiter="/")
    assert (_keys(answer), _prefixes(answer)) == (["top"], ["a/", "b/"]) and answer["KeyCount"] == 3


def a_delimiter_counts_behind_the_prefix(aws):
    """With a prefix, the delimiter is looked for behind it."""
    bucket = _filled(aws, "a/1", "a/b/2", "a/b/3", "a/c/4", "b/5")
    answer = bucket.call("list_objects_v2", Prefix="a/", Delimiter="/")
    assert (_keys(answer), _prefixes(answer)) == (["a/1"], ["a/b/", "a/c/"])


def a_delimiter_may_have_several_signs(aws):
    """A delimiter may be any text."""
    answer = _filled(aws, "a--1", "a-2", "b--3").call("list_objects_v2", Delimiter="--")
    assert (_keys(answer), _prefixes(answer)) == (["a-2"], ["a--", "b--"])


def keys_come_in_pages(aws):
    """MaxKeys limits a page, and a token leads to the rest, until the last page; each key comes once."""
    keys = [f"key-{n:02}" for n in range(7)]
    pages = _pages(_filled(aws, *keys), MaxKeys=3)
    assert [it["KeyCount"] for it in pages] == [3, 3, 1]
    assert [key for page in pages for key in _keys(page)] == keys
    assert "NextContinuationToken" not in pages[-1] and pages[1]["ContinuationToken"]


def a_full_last_page_is_not_truncated(aws):
    """Exactly as many keys as MaxKeys come without a further page."""
    answer = _filled(aws, "a", "b").call("list_objects_v2", MaxKeys=2)
    assert answer["IsTruncated"] is False and "NextContinuationToken" not in answer


def common_prefixes_count_in_pages(aws):
    """A common prefix counts as one of MaxKeys and comes on one page only."""
    bucket = _filled(aws, "a/1", "a/2", "a/3", "b", "c/1", "c/2", "d")
    pages = _pages(bucket, MaxKeys=2, Delimiter="/")
    assert [(_keys(it), _prefixes(it)) for it in pages] == [(["b"], ["a/"]), (["d"], ["c/"])]


def a_page_has_1000_keys_at_most(aws):
    """More than 1,000 keys come in pages of 1,000, even if more are asked for."""
    bucket = _filled(aws, *(f"{n:04}" for n in range(1001)))
    for parameters in ({}, {"MaxKeys": 5000}):
        answer = bucket.call("list_objects_v2", **parameters)
        assert (answer["KeyCount"], answer["IsTruncated"]) == (1000, True), answer["KeyCount"]


def no_keys_can_be_asked_for(aws):
    """MaxKeys of 0 lists nothing and is not truncated."""
    answer = _filled(aws, "a").call("list_objects_v2", MaxKeys=0)
    assert "Contents" not in answer and answer["IsTruncated"] is False


def fewer_than_no_keys_are_refused(aws):
    """A negative MaxKeys is an InvalidArgument."""
    expect_error("InvalidArgument", Bucket(aws).call, "list_objects_v2", MaxKeys=-1)


def a_listing_starts_after_a_key(aws):
    """StartAfter lists the keys behind it, whether or not it is a key."""
    bucket = _filled(aws, "a", "b", "c")
    assert bucket.keys(StartAfter="a") == ["b", "c"] and bucket.keys(StartAfter="aa") == ["b", "c"]
    assert bucket.keys(StartAfter="c") == []


def a_start_works_with_a_prefix_and_pages(aws):
    """StartAfter goes together with a prefix, and pages go on from there."""
    bucket = _filled(aws, *(f"p/{n}" for n in range(6)), "q")
    pages = _pages(bucket, Prefix="p/", StartAfter="p/1", MaxKeys=3)
    assert [key for page in pages for key in _keys(page)] == ["p/2", "p/3", "p/4", "p/5"]


def a_wrong_token_is_refused(aws):
    """A continuation token that S3 did not give is an InvalidArgument."""
    expect_error("InvalidArgument", _filled(aws, "a").call, "list_objects_v2", ContinuationToken="no token")


def a_page_goes_on_where_the_last_ended(aws):
    """Keys put or deleted between two pages do not disturb where the second begins."""
    bucket = _filled(aws, "b", "c", "d", "e")
    first = bucket.call("list_objects_v2", MaxKeys=2)
    bucket.delete("c")
    bucket.put("a")
    bucket.put("cc")
    rest = bucket.call("list_objects_v2", ContinuationToken=first["NextContinuationToken"])
    assert _keys(rest) == ["cc", "d", "e"]


def keys_are_encoded_on_demand(aws):
    """With the encoding type url, keys, prefixes and delimiters come URL-encoded, slashes as they are."""
    bucket = _filled(aws, "a b+c/ö&<1>.jpg")
    answer = bucket.raw("GET", "?list-type=2&encoding-type=url&prefix=a%20b&delimiter=.")
    assert "<EncodingType>url</EncodingType>" in answer.text
    encoded = "<Prefix>a b%2Bc/%C3%B6%26%3C1%3E.</Prefix>"
    assert any(encoded.replace(" ", blank) in answer.text for blank in ("+", "%20")), answer.text


def keys_are_escaped_in_xml(aws):
    """Without an encoding type, keys come as XML with what it escapes escaped."""
    answer = _filled(aws, "a&b<c>").raw("GET", "?list-type=2")
    assert "<Key>a&amp;b&lt;c&gt;</Key>" in answer.text, answer.text
    assert "EncodingType" not in answer.text


def signs_that_xml_has_not_are_listed_encoded(aws):
    """boto3 asks for encoded keys, so that a line feed, a tab and any other sign come back."""
    keys = ["line\nfeed", "tab\there", "bell\x07", "percent%41", "plus+"]
    assert sorted(_filled(aws, *keys).keys()) == sorted(keys)


def an_entry_tells_size_and_time(aws):
    """Each entry has key, size, ETag, time and storage class."""
    bucket = Bucket(aws)
    bucket.put("key", b"12345")
    entry = bucket.call("list_objects_v2")["Contents"][0]
    assert (entry["Key"], entry["Size"], entry["StorageClass"]) == ("key", 5, "STANDARD")
    assert entry["ETag"] == bucket.head("key")["ETag"] and entry["LastModified"] == bucket.head("key")["LastModified"]


def an_answer_repeats_the_question(aws):
    """The answer tells name, prefix, delimiter, StartAfter and MaxKeys as they were asked."""
    bucket = Bucket(aws)
    asked = {"Prefix": "a b/", "Delimiter": "/", "StartAfter": "a b/c", "MaxKeys": 7}
    answer = bucket.call("list_objects_v2", **asked)
    assert {name: answer[name] for name in asked} == asked and answer["Name"] == bucket.name


def the_older_listing_goes_by_markers(aws):
    """ListObjects goes on behind a marker, and tells the next one only where a delimiter was asked for."""
    bucket = _filled(aws, "a/1", "b", "c")
    first = bucket.call("list_objects", MaxKeys=2)
    assert first["IsTruncated"] is True and "NextMarker" not in first and _keys(first) == ["a/1", "b"]
    assert _keys(bucket.call("list_objects", Marker="b")) == ["c"]
    folded = bucket.call("list_objects", MaxKeys=1, Delimiter="/")
    assert folded["NextMarker"] == "a/" and _prefixes(folded) == ["a/"]
    assert _keys(bucket.call("list_objects", Marker="a/", Delimiter="/")) == ["b", "c"]
