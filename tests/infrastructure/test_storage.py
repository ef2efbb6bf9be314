"""The table, the bucket and the queues."""

from rasterloom.domain.uploads import UPLOAD_PERIOD
from tests.infrastructure.translation import Json, default_of, of_type


def test_the_table_has_the_keys_and_indexes_of_the_catalogue(template: Json) -> None:
    table = template["Resources"]["CatalogTable"]["Properties"]
    keys = {
        each.get("IndexName", "table"): [key["AttributeName"] for key in each["KeySchema"]]
        for each in (table, *table["GlobalSecondaryIndexes"])
    }
    assert keys == {
        "table": ["pk", "sk"],
        "by_owner": ["owner_pk", "created_id"],
        "by_audience": ["audience_pk", "created_id"],
        "by_due": ["due_pk", "due"],
    }
    numbers = {each["AttributeName"] for each in table["AttributeDefinitions"] if each["AttributeType"] == "N"}
    assert numbers == {"due"}


def test_the_table_is_on_demand_recoverable_and_forgets_what_has_expired(template: Json) -> None:
    table = template["Resources"]["CatalogTable"]["Properties"]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_data_outlives_the_stack(template: Json) -> None:
    for name in ("CatalogTable", "ArtifactsBucket", "UserPool"):
        resource = template["Resources"][name]
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_the_bucket_is_private_and_encrypted(template: Json) -> None:
    bucket = template["Resources"]["ArtifactsBucket"]["Properties"]
    assert bucket["PublicAccessBlockConfiguration"] == dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}


def test_the_bucket_answers_only_over_tls(template: Json) -> None:
    (policy,) = of_type(template, "AWS::S3::BucketPolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert policy["Bucket"] == {"Ref": "ArtifactsBucket"}
    assert (statement["Effect"], statement["Action"], statement["Principal"]) == ("Deny", "s3:*", "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(statement["Resource"]) == len(("the bucket", "its objects"))


def test_only_what_is_staged_and_incomplete_multiparts_expire_by_a_rule_that_knows_no_pointers(template: Json) -> None:
    rules = template["Resources"]["ArtifactsBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    expiring = {rule["Prefix"] for rule in rules if "ExpirationInDays" in rule}
    assert expiring == {"staging/"}
    (other,) = (rule for rule in rules if "ExpirationInDays" not in rule)
    assert other.keys() == {"Id", "Status", "AbortIncompleteMultipartUpload"}
    # Longer than an upload may be completed, so that no part is lost before.
    assert other["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] > UPLOAD_PERIOD.days


def test_a_browser_may_send_parts_and_is_told_their_etags(template: Json) -> None:
    rule = of_methods(template, ["PUT"])
    assert rule["ExposedHeaders"] == ["ETag"]
    assert rule["AllowedOrigins"] == {"Ref": "CorsAllowOrigins"}


def test_a_page_that_the_api_redirects_to_the_bucket_may_read_there_whatever_its_origin(template: Json) -> None:
    """Redirected from one foreign origin to another, a browser tells `Origin: null`, which no name matches."""
    rule = of_methods(template, ["GET", "HEAD"])
    assert rule["AllowedOrigins"] == ["*"]
    assert "authorization" not in rule["AllowedHeaders"]


def of_methods(template: Json, methods: list[str]) -> Json:
    """The only CORS rule of our bucket for these."""
    rules = template["Resources"]["ArtifactsBucket"]["Properties"]["CorsConfiguration"]["CorsRules"]
    assert len(rules) == 2
    found: list[Json] = [rule for rule in rules if rule["AllowedMethods"] == methods]
    return found[0]


def test_a_message_in_work_stays_hidden_six_times_as_long_as_its_consumer_may_run(template: Json) -> None:
    consumers = {
        "BuildsQueue": "BuilderFunction",
        "BuildsDeadLetterQueue": "ReconcilerFunction",
        "RegistrationsQueue": "RegistrarFunction",
    }
    for queue, function in consumers.items():
        hidden = default_of(template, template["Resources"][queue]["Properties"]["VisibilityTimeout"])
        timeout = default_of(template, template["Resources"][function]["Properties"]["Timeout"])
        assert hidden >= 6 * timeout, queue


def test_what_cannot_be_worked_off_goes_to_the_dead_letters_and_then_to_a_person(template: Json) -> None:
    queues = of_type(template, "AWS::SQS::Queue")
    redrive = {
        name: properties["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for name, properties in queues.items()
        if "RedrivePolicy" in properties
    }
    assert redrive == {
        "BuildsQueue": "BuildsDeadLetterQueue",
        "BuildsDeadLetterQueue": "ParkedBuildsQueue",
        "RegistrationsQueue": "RegistrationsDeadLetterQueue",
    }
    assert queues["BuildsQueue"]["RedrivePolicy"]["maxReceiveCount"] == {"Ref": "MaxReceiveCount"}
    alarm = template["Resources"]["ParkedBuildsAlarm"]["Properties"]
    assert alarm["Dimensions"][0]["Value"] == {"Fn::GetAtt": ["ParkedBuildsQueue", "QueueName"]}


def test_queues_are_encrypted_and_keep_messages_for_two_weeks(template: Json) -> None:
    for name, queue in of_type(template, "AWS::SQS::Queue").items():
        assert queue["SqsManagedSseEnabled"] is True, name
        assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600, name
