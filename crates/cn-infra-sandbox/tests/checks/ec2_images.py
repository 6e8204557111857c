"""EC2 images: by id, by owner and name, and through public SSM parameters."""

from sandbox import CANONICAL, expect_error

AMAZON_LINUX = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"


def an_image_is_found_by_its_id(aws):
    """DescribeImages answers the image of an id, available and with its root device."""
    (image,) = aws.ec2.describe_images(ImageIds=[aws.image()])["Images"]
    assert image["ImageId"] == aws.image()
    assert image["State"] == "available"
    devices = {mapping["DeviceName"] for mapping in image["BlockDeviceMappings"]}
    assert image["RootDeviceName"] in devices


def ubuntu_is_found_by_owner_and_name(aws):
    """Canonical's Ubuntu images are found by owner and a name with wildcards."""
    pattern = "ubuntu/images/hvm-ssd*/ubuntu-*-amd64-server-*"
    images = aws.ec2.describe_images(Owners=[CANONICAL], Filters=[{"Name": "name", "Values": [pattern]}])["Images"]
    assert images
    assert all(i["OwnerId"] == CANONICAL and i["Name"].startswith("ubuntu/images/hvm-ssd") for i in images)


def amazon_linux_is_found_by_owner_alias(aws):
    """Amazon Linux 2023 is found under the owner alias `amazon`."""
    filters = [{"Name": "name", "Values": ["al2023-ami-2023.*-x86_64"]}]
    images = aws.ec2.describe_images(Owners=["amazon"], Filters=filters)["Images"]
    assert images
    assert all(image["Name"].startswith("al2023-ami-2023.") for image in images)


def a_name_that_fits_no_image_finds_none(aws):
    """A name filter without a match answers an empty list, not an error."""
    filters = [{"Name": "name", "Values": ["no-such-image-*"]}]
    assert aws.ec2.describe_images(Owners=[CANONICAL], Filters=filters)["Images"] == []


def another_owner_finds_no_ubuntu(aws):
    """Owner and filter both have to fit: Ubuntu's names under one's own account are none."""
    filters = [{"Name": "name", "Values": ["ubuntu/images/*"]}]
    assert aws.ec2.describe_images(Owners=["self"], Filters=filters)["Images"] == []


def filters_of_images_narrow_together(aws):
    """An image has to pass all filters: an x86_64 image is not among arm64 images."""
    filters = [{"Name": "image-id", "Values": [aws.image()]}, {"Name": "architecture", "Values": ["arm64"]}]
    assert aws.ec2.describe_images(Filters=filters)["Images"] == []


def an_unknown_image_is_not_found(aws):
    """An image id that nobody has is InvalidAMIID.NotFound."""
    expect_error("InvalidAMIID.NotFound", aws.ec2.describe_images, ImageIds=["ami-0123456789abcdef0"])


def a_malformed_image_id_is_malformed(aws):
    """Text that cannot be an image id is InvalidAMIID.Malformed."""
    expect_error("InvalidAMIID.Malformed", aws.ec2.describe_images, ImageIds=["ami-notanid"])


def an_image_belongs_to_one_region(aws):
    """An image id of one region is not found in another."""
    elsewhere = aws.client("ec2", region="eu-central-1")
    expect_error("InvalidAMIID.NotFound", elsewhere.describe_images, ImageIds=[aws.image()])


def a_public_parameter_names_an_image(aws):
    """ssm:GetParameter of AWS's public parameter answers the id of an image that exists."""
    image = aws.ssm.get_parameter(Name=AMAZON_LINUX)["Parameter"]["Value"]
    assert len(aws.ec2.describe_images(ImageIds=[image])["Images"]) == 1


def an_unknown_parameter_is_not_found(aws):
    """ssm:GetParameter of a name that does not exist is ParameterNotFound."""
    try:
        aws.ssm.get_parameter(Name="/aws/service/no/such")
    except aws.ssm.exceptions.ParameterNotFound:  # AWS sends no message with this one
        return
    raise AssertionError("the parameter was found")


def run_instances_resolves_a_parameter(aws):
    """RunInstances resolves a `resolve:ssm:` image id by itself: the instance shows the image's id."""
    instance = aws.run(ImageId=f"resolve:ssm:{AMAZON_LINUX}")
    assert instance["ImageId"] == aws.ssm.get_parameter(Name=AMAZON_LINUX)["Parameter"]["Value"]


def run_instances_refuses_an_unknown_parameter(aws):
    """A `resolve:ssm:` image id whose parameter does not exist starts nothing."""
    expect_error(None, aws.run, ImageId="resolve:ssm:/aws/service/no/such")
    assert aws.ec2.describe_instances()["Reservations"] == []


def no_describe_call_resolves_a_parameter(aws):
    """DescribeImages takes no `resolve:ssm:` id."""
    expect_error("InvalidAMIID.Malformed", aws.ec2.describe_images, ImageIds=[f"resolve:ssm:{AMAZON_LINUX}"])
