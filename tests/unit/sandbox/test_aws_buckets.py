"""Buckets answer as AWS's do: tags given at creation, names that are taken, and what cannot be deleted."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

TAGS = [{"Key": "plan", "Value": "p-1 <&>"}, {"Key": "step", "Value": ""}]
EUROPE = {"LocationConstraint": "eu-west-1"}


def failure(call: Callable[..., Any], **arguments: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    return str(answer["Error"]["Code"]), int(answer["ResponseMetadata"]["HTTPStatusCode"])


def tags_of(s3: Any, name: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket=name)["TagSet"]}


def test_a_bucket_has_the_tags_it_was_created_with_in_its_first_region_and_elsewhere(aws: Any) -> None:
    for region, more in (("us-east-1", {}), ("eu-west-1", EUROPE)):
        s3, name = aws.user("s3", region), f"tagged-{region}"
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={**more, "Tags": TAGS})
        assert tags_of(s3, name) == {"plan": "p-1 <&>", "step": ""}
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "other", "Value": "1"}]})
        assert tags_of(s3, name) == {"other": "1"}


def test_a_bucket_without_tags_has_none_even_if_one_of_its_name_had_some(aws: Any) -> None:
    s3 = aws.user("s3")
    s3.create_bucket(Bucket="again-untagged", CreateBucketConfiguration={"Tags": TAGS})
    s3.delete_bucket(Bucket="again-untagged")
    s3.create_bucket(Bucket="again-untagged")
    assert failure(s3.get_bucket_tagging, Bucket="again-untagged") == ("NoSuchTagSet", 404)


def test_tags_at_creation_need_a_permission_of_their_own(aws: Any) -> None:
    create = {"Effect": "Allow", "Action": "s3:CreateBucket", "Resource": "*"}
    tag = {"Effect": "Allow", "Action": "s3:TagResource", "Resource": "arn:aws:s3:::only-this-name"}
    s3 = aws.client("s3", aws.new_user("bucket-maker", create, tag))
    configuration = {"Tags": TAGS}
    call = s3.create_bucket
    assert failure(call, Bucket="another-name-x", CreateBucketConfiguration=configuration) == ("AccessDenied", 403)
    assert failure(aws.user("s3").head_bucket, Bucket="another-name-x") == ("404", 404)
    call(Bucket="another-name-x")
    call(Bucket="only-this-name", CreateBucketConfiguration=configuration)


def test_a_policy_can_ask_for_certain_tags(aws: Any) -> None:
    allowed = {
        "Effect": "Allow", "Action": ["s3:CreateBucket", "s3:TagResource"], "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestTag/plan": "mine"}},
    }  # fmt: skip
    s3 = aws.client("s3", aws.new_user("bucket-tagger", allowed))
    mine, other = ({"Tags": [{"Key": "plan", "Value": value}]} for value in ("mine", "other"))
    assert failure(s3.create_bucket, Bucket="asked-tags", CreateBucketConfiguration=other) == ("AccessDenied", 403)
    s3.create_bucket(Bucket="asked-tags", CreateBucketConfiguration=mine)


@pytest.mark.parametrize(
    "tags",
    [
        [{"Key": "aws:x", "Value": "1"}],
        [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
        [{"Key": "a", "Value": "v" * 257}],
    ],
)
def test_tags_that_aws_refuses_make_no_bucket(aws: Any, tags: list[dict[str, str]]) -> None:
    s3 = aws.user("s3")
    assert failure(s3.create_bucket, Bucket="bad-tags", CreateBucketConfiguration={"Tags": tags})[0] == "InvalidTag"
    assert failure(s3.head_bucket, Bucket="bad-tags") == ("404", 404)


def test_making_ones_own_bucket_again_is_fine_in_the_first_region_only_and_changes_nothing(aws: Any) -> None:
    here, there = aws.user("s3"), aws.user("s3", "eu-west-1")
    here.create_bucket(Bucket="mine-already", CreateBucketConfiguration={"Tags": TAGS})
    here.create_bucket(Bucket="mine-already", CreateBucketConfiguration={"Tags": [{"Key": "plan", "Value": "p-2"}]})
    here.create_bucket(Bucket="mine-already")
    assert tags_of(here, "mine-already")["plan"] == "p-1 <&>"
    there.create_bucket(Bucket="mine-already-eu", CreateBucketConfiguration={**EUROPE, "Tags": TAGS})
    taken = ("BucketAlreadyOwnedByYou", 409)
    assert failure(there.create_bucket, Bucket="mine-already-eu", CreateBucketConfiguration=EUROPE) == taken
    assert failure(there.create_bucket, Bucket="mine-already", CreateBucketConfiguration=EUROPE) == taken
    assert failure(here.create_bucket, Bucket="mine-already-eu") == taken


def test_of_many_requests_for_one_name_one_makes_the_bucket(aws: Any) -> None:
    s3 = aws.user("s3", "eu-west-1")

    def create(number: int) -> int | None:
        tags = [{"Key": "by", "Value": str(number)}]
        try:
            s3.create_bucket(Bucket="raced-for", CreateBucketConfiguration={**EUROPE, "Tags": tags})
        except s3.exceptions.BucketAlreadyOwnedByYou:
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        made = [number for number in pool.map(create, range(24)) if number is not None]
    assert len(made) == 1
    assert tags_of(s3, "raced-for") == {"by": str(made[0])}


def test_a_bucket_with_objects_is_not_deleted(aws: Any) -> None:
    s3 = aws.user("s3")
    s3.create_bucket(Bucket="not-empty-bucket")
    s3.put_object(Bucket="not-empty-bucket", Key="a", Body=b"1")
    assert failure(s3.delete_bucket, Bucket="not-empty-bucket") == ("BucketNotEmpty", 409)
    s3.delete_object(Bucket="not-empty-bucket", Key="a")
    s3.delete_bucket(Bucket="not-empty-bucket")
    assert failure(s3.delete_bucket, Bucket="not-empty-bucket") == ("NoSuchBucket", 404)


def test_a_bucket_looked_for_in_another_region_is_redirected_to_its_own(aws: Any) -> None:
    far = aws.user("s3", "eu-west-1")
    found = far.head_bucket(Bucket="acme-data-lake")  # boto3 follows the redirect
    assert found["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "us-west-2"
    lines = [json.loads(line) for line in aws.log.read_text().splitlines()[-2:]]
    assert [(line["region"], line["status"]) for line in lines] == [("eu-west-1", 301), ("us-west-2", 200)]


def test_a_bucket_that_is_missing_or_forbidden_says_so_by_its_status(aws: Any) -> None:
    one = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::acme-backups"}
    s3 = aws.client("s3", aws.new_user("one-bucket", one), "eu-central-1")
    s3.head_bucket(Bucket="acme-backups")
    assert failure(s3.head_bucket, Bucket="acme-data-lake") == ("403", 403)
    assert failure(aws.user("s3").head_bucket, Bucket="acme-nothing") == ("404", 404)


def test_directory_buckets_have_a_list_and_an_action_of_their_own(aws: Any) -> None:
    lists = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    directories = {"Effect": "Allow", "Action": "s3express:ListAllMyDirectoryBuckets", "Resource": "*"}
    aws.user("s3").create_bucket(Bucket="general-purpose-one")

    assert aws.client("s3", aws.new_user("directory-lister", directories)).list_directory_buckets()["Buckets"] == []
    refused = aws.client("s3", aws.new_user("bucket-lister", lists)).list_directory_buckets
    assert failure(refused) == ("AccessDenied", 403)
