"""S3: a bucket's settings: each is put, told as put, and taken away."""

import base64
import hashlib

from botocore.exceptions import ClientError

from buckets import EVERYONE, OPEN, Bucket
from sandbox import OTHER_ACCOUNT, error_of, expect_error, unique

ASPECTS = ["tagging", "versioning", "cors", "lifecycle", "encryption", "ownershipControls", "publicAccessBlock"]
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"


def _tag_set(**tags):
    return {"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _tags(bucket):
    return {it["Key"]: it["Value"] for it in bucket.call("get_bucket_tagging")["TagSet"]}


def tags_are_replaced_as_a_whole(aws):
    """PutBucketTagging replaces the whole set, DeleteBucketTagging takes it away."""
    bucket = Bucket(aws)
    bucket.call("put_bucket_tagging", Tagging=_tag_set(Name="media", team="coral"))
    bucket.call("put_bucket_tagging", Tagging=_tag_set(Name="media + more", phase=""))
    assert _tags(bucket) == {"Name": "media + more", "phase": ""}
    bucket.call("delete_bucket_tagging")
    expect_error("NoSuchTagSet", bucket.call, "get_bucket_tagging")


def tags_have_rules(aws):
    """A key twice, one over 128 characters, or one that begins with aws: is an InvalidTag."""
    bucket = Bucket(aws)
    twice = {"TagSet": [{"Key": "Name", "Value": "one"}, {"Key": "Name", "Value": "two"}]}
    for tags in (twice, _tag_set(**{"k" * 129: ""}), _tag_set(**{"aws:mine": ""})):
        expect_error("InvalidTag", bucket.call, "put_bucket_tagging", Tagging=tags)
    expect_error("NoSuchTagSet", bucket.call, "get_bucket_tagging")


def versioning_is_enabled_and_suspended(aws):
    """Versioning is absent, then Enabled, then Suspended."""
    bucket = Bucket(aws)
    for status in ("Enabled", "Suspended", "Enabled"):
        bucket.version(status)
        assert bucket.call("get_bucket_versioning")["Status"] == status


def encryption_is_replaced_and_reset(aws):
    """PutBucketEncryption sets a KMS key and bucket keys; DeleteBucketEncryption goes back to AES256, never to none."""
    bucket = Bucket(aws)
    key = f"arn:aws:kms:us-west-2:{aws.account}:key/0a1b2c3d-0000-4000-8000-123456789012"
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
        "BucketKeyEnabled": True,
    }
    bucket.call("put_bucket_encryption", ServerSideEncryptionConfiguration={"Rules": [rule]})

    def live():
        return bucket.call("get_bucket_encryption")["ServerSideEncryptionConfiguration"]["Rules"][0]

    assert {name: live()[name] for name in rule} == rule
    bucket.call("delete_bucket_encryption")
    assert live()["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def cors_is_told_as_put(aws):
    """PutBucketCors replaces all rules, in their order; DeleteBucketCors takes them away, twice too."""
    bucket = Bucket(aws)
    rules = [
        {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "AllowedHeaders": ["*"], "MaxAgeSeconds": 3000},
        {
            "ID": "upload",
            "AllowedMethods": ["PUT", "POST"],
            "AllowedOrigins": ["https://*.ucsd.edu"],
            "ExposeHeaders": ["ETag"],
        },
    ]
    bucket.call("put_bucket_cors", CORSConfiguration={"CORSRules": rules})
    assert bucket.call("get_bucket_cors")["CORSRules"] == rules
    bucket.call("put_bucket_cors", CORSConfiguration={"CORSRules": rules[:1]})
    assert bucket.call("get_bucket_cors")["CORSRules"] == rules[:1]
    bucket.call("delete_bucket_cors")
    expect_error("NoSuchCORSConfiguration", bucket.call, "get_bucket_cors")
    bucket.call("delete_bucket_cors")


def cors_rules_are_validated(aws):
    """An unknown method, two wildcards in an origin, or a wildcard exposed header is an InvalidRequest."""
    bucket = Bucket(aws)
    good = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}
    for bad in ({"AllowedMethods": ["FETCH"]}, {"AllowedOrigins": ["http://*.*.edu"]}, {"ExposeHeaders": ["x-*"]}):
        configuration = {"CORSRules": [{**good, **bad}]}
        expect_error("InvalidRequest", bucket.call, "put_bucket_cors", CORSConfiguration=configuration)


def _lifecycle(bucket, *rules):
    return bucket.call("put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": list(rules)})


def _rule(name="old", **members):
    return {"ID": name, "Status": "Enabled", "Filter": {"Prefix": ""}, **members}


def lifecycle_rules_are_told_as_put(aws):
    """Lifecycle rules with every kind of action and filter come back as they were put."""
    bucket = Bucket(aws)
    big = {"Prefix": "media/", "Tags": [{"Key": "a", "Value": "b"}], "ObjectSizeGreaterThan": 1048576}
    rules = [
        _rule("logs", Filter={"Prefix": "logs/"}, Expiration={"Days": 30}),
        _rule("uploads", AbortIncompleteMultipartUpload={"DaysAfterInitiation": 7}),
        _rule(
            "versions",
            Status="Disabled",
            NoncurrentVersionExpiration={"NoncurrentDays": 90, "NewerNoncurrentVersions": 3},
            Expiration={"ExpiredObjectDeleteMarker": True},
        ),
        _rule(
            "big",
            Filter={"And": big},
            Transitions=[{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}],
        ),
    ]
    _lifecycle(bucket, *rules)
    live = bucket.call("get_bucket_lifecycle_configuration")["Rules"]
    assert sorted(live, key=lambda it: it["ID"]) == sorted(rules, key=lambda it: it["ID"]), live
    bucket.call("delete_bucket_lifecycle")
    expect_error("NoSuchLifecycleConfiguration", bucket.call, "get_bucket_lifecycle_configuration")


def a_lifecycle_rule_without_an_id_gets_one(aws):
    """S3 gives an ID to a rule that has none."""
    bucket, rule = Bucket(aws), _rule(Expiration={"Days": 1})
    del rule["ID"]
    _lifecycle(bucket, rule)
    assert bucket.call("get_bucket_lifecycle_configuration")["Rules"][0]["ID"]


def lifecycle_answers_tell_the_least_size_for_transitions(aws):
    """GetBucketLifecycleConfiguration tells the default minimum size of transitions: 128 KiB for all classes."""
    bucket = Bucket(aws)
    _lifecycle(bucket, _rule(Expiration={"Days": 1}))
    answer = bucket.call("get_bucket_lifecycle_configuration")
    assert answer.get("TransitionDefaultMinimumObjectSize") == "all_storage_classes_128K"


def lifecycle_rules_are_validated(aws):
    """A rule without an action is an InvalidRequest; no days, an early transition or an ID twice an InvalidArgument."""
    bucket = Bucket(aws)
    expect_error("InvalidRequest", _lifecycle, bucket, _rule())
    early = {"Transitions": [{"Days": 29, "StorageClass": "STANDARD_IA"}]}
    for rules in ([_rule(Expiration={"Days": 0})], [_rule(**early)], [_rule(Expiration={"Days": 1})] * 2):
        expect_error("InvalidArgument", _lifecycle, bucket, *rules)


def a_lifecycle_rule_needs_a_filter_and_a_known_status(aws):
    """A rule without filter and prefix, or with a status that is none, is MalformedXML."""
    bucket = Bucket(aws)
    expect_error("MalformedXML", _lifecycle, bucket, {"ID": "bare", "Status": "Enabled", "Expiration": {"Days": 1}})
    expect_error("MalformedXML", _lifecycle, bucket, _rule(Status="Perhaps", Expiration={"Days": 1}))


def malformed_configurations_are_refused(aws):
    """A body that is no XML, or not what the operation takes, answers MalformedXML, and changes nothing."""
    bucket = Bucket(aws)
    for aspect in ASPECTS:
        for body in (b"no XML at all", b"<Unclosed>", b"<Nonsense/>"):
            answer = bucket.raw("PUT", f"?{aspect}", body, _md5(body))
            assert answer.status_code == 400 and error_of(answer) == "MalformedXML", (aspect, body, answer.text)
    expect_error("NoSuchTagSet", bucket.call, "get_bucket_tagging")


def _md5(body):
    return {"Content-MD5": base64.b64encode(hashlib.md5(body).digest()).decode()}


def ownership_is_replaced_and_taken_away(aws):
    """Ownership controls are told as put; without any, the answer is OwnershipControlsNotFoundError."""
    bucket = Bucket(aws)
    for ownership in ("ObjectWriter", "BucketOwnerPreferred", "BucketOwnerEnforced"):
        rules = [{"ObjectOwnership": ownership}]
        bucket.call("put_bucket_ownership_controls", OwnershipControls={"Rules": rules})
        assert bucket.call("get_bucket_ownership_controls")["OwnershipControls"]["Rules"] == rules
    bucket.call("delete_bucket_ownership_controls")
    expect_error("OwnershipControlsNotFoundError", bucket.call, "get_bucket_ownership_controls")


def acls_cannot_be_disabled_while_others_have_rights(aws):
    """BucketOwnerEnforced is an InvalidBucketAclWithObjectOwnership while the bucket's ACL gives others rights."""
    bucket = Bucket.with_acls(aws)
    bucket.call("put_bucket_acl", ACL="public-read")
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    put = "put_bucket_ownership_controls"
    expect_error("InvalidBucketAclWithObjectOwnership", bucket.call, put, OwnershipControls=rules)
    bucket.call("put_bucket_acl", ACL="private")
    bucket.call(put, OwnershipControls=rules)


def canned_acls_are_told_as_grants(aws):
    """Each canned ACL of a bucket comes back as its grants."""
    bucket = Bucket.with_acls(aws)
    known = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
    for acl, wanted in {
        "private": set(),
        "public-read": {(EVERYONE, "READ")},
        "public-read-write": {(EVERYONE, "READ"), (EVERYONE, "WRITE")},
        "authenticated-read": {(known, "READ")},
        "log-delivery-write": {(LOG_DELIVERY, "WRITE"), (LOG_DELIVERY, "READ_ACP")},
    }.items():
        bucket.call("put_bucket_acl", ACL=acl)
        answer = bucket.call("get_bucket_acl")
        grants = {(it["Grantee"].get("URI") or it["Grantee"]["ID"], it["Permission"]) for it in answer["Grants"]}
        assert grants == wanted | {(answer["Owner"]["ID"], "FULL_CONTROL")}, (acl, grants)


def acls_are_refused_while_they_are_disabled(aws):
    """Under BucketOwnerEnforced a bucket ACL is refused: AccessControlListNotSupported."""
    expect_error("AccessControlListNotSupported", Bucket(aws).call, "put_bucket_acl", ACL="public-read")


def public_acls_are_refused_while_blocked(aws):
    """Under BlockPublicAcls a public bucket ACL is refused, AccessDenied, and a private one is not."""
    bucket = Bucket(aws, ObjectOwnership="ObjectWriter")
    for acl in ("public-read", "public-read-write", "authenticated-read"):
        expect_error("AccessDenied", bucket.call, "put_bucket_acl", ACL=acl)
    bucket.call("put_bucket_acl", ACL="private")


def logging_is_put_and_taken_away(aws):
    """Access logs go to a bucket and prefix, until an empty configuration takes them away."""
    bucket, target = Bucket(aws), Bucket(aws)
    target.allow({"Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject"})
    enabled = {"TargetBucket": target.name, "TargetPrefix": "media/"}
    bucket.call("put_bucket_logging", BucketLoggingStatus={"LoggingEnabled": enabled})
    live = bucket.call("get_bucket_logging")["LoggingEnabled"]
    assert {name: live[name] for name in enabled} == enabled
    bucket.call("put_bucket_logging", BucketLoggingStatus={})
    assert "LoggingEnabled" not in bucket.call("get_bucket_logging")


def logs_go_to_a_bucket_of_ones_own(aws):
    """A log bucket that is absent, or another account's, is refused: InvalidTargetBucketForLogging."""
    bucket, theirs = Bucket(aws), Bucket(aws, account=OTHER_ACCOUNT)
    for target in (unique("none"), theirs.name):
        status = {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": ""}}
        expect_error("InvalidTargetBucketForLogging", bucket.call, "put_bucket_logging", BucketLoggingStatus=status)


def a_website_is_put_and_taken_away(aws):
    """A website's documents and rules come back as put; one that redirects all has nothing else."""
    bucket = Bucket(aws)
    site = {
        "IndexDocument": {"Suffix": "index.html"},
        "ErrorDocument": {"Key": "error.html"},
        "RoutingRules": [{"Condition": {"KeyPrefixEquals": "old/"}, "Redirect": {"ReplaceKeyPrefixWith": "new/"}}],
    }
    redirect = {"RedirectAllRequestsTo": {"HostName": "coralnet.ucsd.edu", "Protocol": "https"}}
    for configuration in (site, redirect):
        bucket.call("put_bucket_website", WebsiteConfiguration=configuration)
        live = bucket.call("get_bucket_website")
        del live["ResponseMetadata"]
        assert live == configuration, live
    bucket.call("delete_bucket_website")
    expect_error("NoSuchWebsiteConfiguration", bucket.call, "get_bucket_website")


def a_website_needs_an_index_document(aws):
    """A website without an index document and without a redirect, or with a slash in its suffix, is refused."""
    bucket = Bucket(aws)
    for bad in ({"ErrorDocument": {"Key": "error.html"}}, {"IndexDocument": {"Suffix": "a/index.html"}}):
        expect_error("InvalidArgument", bucket.call, "put_bucket_website", WebsiteConfiguration=bad)


def public_access_settings_not_named_are_off(aws):
    """PutPublicAccessBlock sets what it names, and turns the rest off."""
    bucket = Bucket(aws)
    bucket.block(BlockPublicAcls=True)
    live = bucket.call("get_public_access_block")["PublicAccessBlockConfiguration"]
    assert live == {**OPEN, "BlockPublicAcls": True}, live


def the_public_access_block_can_be_taken_away(aws):
    """Without a Public Access Block the answer is NoSuchPublicAccessBlockConfiguration; deleting it twice is fine."""
    bucket = Bucket(aws)
    bucket.call("delete_public_access_block")
    expect_error("NoSuchPublicAccessBlockConfiguration", bucket.call, "get_public_access_block")
    bucket.call("delete_public_access_block")


def an_account_has_a_public_access_block_of_its_own(aws):
    """The account's block is absent at first; it is put, told and taken away by its account id."""
    control, mine = aws.client("s3control"), {"AccountId": aws.account}
    expect_error("NoSuchPublicAccessBlockConfiguration", control.get_public_access_block, **mine)
    settings = {**OPEN, "BlockPublicPolicy": True}
    control.put_public_access_block(PublicAccessBlockConfiguration=settings, **mine)
    assert control.get_public_access_block(**mine)["PublicAccessBlockConfiguration"] == settings
    control.delete_public_access_block(**mine)
    expect_error("NoSuchPublicAccessBlockConfiguration", control.get_public_access_block, **mine)


def the_accounts_block_overrides_the_buckets(aws):
    """Under the account's block a public policy and a public ACL are refused though the bucket allows them."""
    bucket, control, mine = Bucket.with_acls(aws), aws.client("s3control"), {"AccountId": aws.account}
    control.put_public_access_block(PublicAccessBlockConfiguration=dict.fromkeys(OPEN, True), **mine)
    expect_error("AccessDenied", bucket.allow, {})
    expect_error("AccessDenied", bucket.call, "put_bucket_acl", ACL="public-read")
    control.delete_public_access_block(**mine)
    bucket.allow({})
    bucket.call("put_bucket_acl", ACL="public-read")


def a_setting_is_kept_or_refused(aws):
    """No setting is answered with success and forgotten: it is told as put, or was refused."""
    bucket = Bucket(aws)
    for name, parameter, value in (
        ("bucket_accelerate_configuration", "AccelerateConfiguration", {"Status": "Enabled"}),
        ("bucket_request_payment", "RequestPaymentConfiguration", {"Payer": "Requester"}),
        ("bucket_notification_configuration", "NotificationConfiguration", {"EventBridgeConfiguration": {}}),
    ):
        try:
            bucket.call(f"put_{name}", **{parameter: value})
        except ClientError as error:
            assert error.response["Error"]["Code"] == "NotImplemented", error
            continue
        live = bucket.call(f"get_{name}")
        assert {it: live[it] for it in value} == value, (name, live)
    assert bucket.keys() == []


def settings_stand_for_themselves(aws):
    """A change of one setting leaves the others and the objects as they are."""
    bucket = Bucket(aws)
    bucket.put("image.jpg")
    bucket.call("put_bucket_tagging", Tagging=_tag_set(Name="media"))
    bucket.version("Enabled")
    cors = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
    bucket.call("put_bucket_cors", CORSConfiguration=cors)
    bucket.call("delete_bucket_cors")
    assert _tags(bucket) == {"Name": "media"}
    assert bucket.call("get_bucket_versioning")["Status"] == "Enabled" and bucket.get("image.jpg") == b"coral"
