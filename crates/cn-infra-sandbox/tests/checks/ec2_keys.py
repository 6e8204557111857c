"""Key pairs."""

from sandbox import expect_error, tagged, tags_of

PUBLIC_KEY = b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl check"


def a_key_pair_is_made(aws):
    """CreateKeyPair answers the private key once, with an id and a fingerprint."""
    key = aws.ec2.create_key_pair(KeyName="operator")
    assert key["KeyName"] == "operator"
    assert key["KeyPairId"].startswith("key-")
    assert "PRIVATE KEY-----" in key["KeyMaterial"]
    (there,) = aws.ec2.describe_key_pairs(KeyNames=["operator"])["KeyPairs"]
    assert there["KeyPairId"] == key["KeyPairId"]
    assert there["KeyFingerprint"] == key["KeyFingerprint"]
    assert "KeyMaterial" not in there


def the_type_of_a_key_is_told(aws):
    """A key pair is RSA unless it is asked to be ED25519."""
    aws.ec2.create_key_pair(KeyName="old")
    aws.ec2.create_key_pair(KeyName="new", KeyType="ed25519")
    types = {key["KeyName"]: key["KeyType"] for key in aws.ec2.describe_key_pairs()["KeyPairs"]}
    assert types == {"old": "rsa", "new": "ed25519"}


def a_public_key_is_imported(aws):
    """ImportKeyPair takes a public key in OpenSSH's form, with tags, and answers no private one."""
    key = aws.ec2.import_key_pair(
        KeyName="operator", PublicKeyMaterial=PUBLIC_KEY, TagSpecifications=tagged("key-pair", Owner="us")
    )
    assert "KeyMaterial" not in key
    (there,) = aws.ec2.describe_key_pairs(KeyPairIds=[key["KeyPairId"]])["KeyPairs"]
    assert (there["KeyName"], there["KeyType"]) == ("operator", "ed25519")
    assert tags_of(there) == {"Owner": "us"}


def what_is_no_public_key_is_refused(aws):
    """ImportKeyPair of other text is InvalidKey.Format."""
    expect_error("InvalidKey.Format", aws.ec2.import_key_pair, KeyName="operator", PublicKeyMaterial=b"no key")


def a_second_key_of_a_name_is_refused(aws):
    """A key pair's name is unique in its region, for made and for imported ones: InvalidKeyPair.Duplicate."""
    aws.ec2.create_key_pair(KeyName="operator")
    expect_error("InvalidKeyPair.Duplicate", aws.ec2.create_key_pair, KeyName="operator")
    load = aws.ec2.import_key_pair
    expect_error("InvalidKeyPair.Duplicate", load, KeyName="operator", PublicKeyMaterial=PUBLIC_KEY)
    aws.client("ec2", region="eu-central-1").create_key_pair(KeyName="operator")


def a_deleted_key_is_gone(aws):
    """DeleteKeyPair removes the key pair: InvalidKeyPair.NotFound afterwards."""
    aws.ec2.create_key_pair(KeyName="operator")
    aws.ec2.delete_key_pair(KeyName="operator")
    expect_error("InvalidKeyPair.NotFound", aws.ec2.describe_key_pairs, KeyNames=["operator"])


def deleting_an_unknown_key_is_no_error(aws):
    """DeleteKeyPair of a name that does not exist succeeds."""
    aws.ec2.delete_key_pair(KeyName="no-such-key")
