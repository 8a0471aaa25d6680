"""One resource of every type that the sandbox handles: what is asked for, a change, and what it needs to be there."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        }
    ],
}
TAGS = [{"Key": "team", "Value": "blue"}]
OTHER_TAGS = [{"Key": "team", "Value": "green"}, {"Key": "stage", "Value": "test"}]
ALARM = {"MetricName": "Errors", "Namespace": "Custom", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
MACHINE = '{"StartAt":"A","States":{"A":{"Type":"%s","End":true}}}'
WEB = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8", "Description": "web"}
SHELL = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.1.0.0/16"}


def policy(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource, **more}]}


@dataclass(frozen=True)
class Sample:
    """`desired` and `changed` may name what is there as `{vpc}`; `tags` is None for a type that takes none."""

    desired: dict[str, Any]
    changed: dict[str, Any] = field(default_factory=dict)
    tags: str | None = "Tags"
    map_of_tags: bool = False
    listed_by: tuple[str, ...] = ()
    """What narrows a list although the schema does not ask for it."""
    lacking: tuple[str, ...] = ()
    """Actions that AWS's own list of the type's permissions leaves out."""

    def filled(self, there: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Both, with what is there by its name."""
        return _filled(self.desired, there), _filled(self.changed, there)

    def with_tags(self, tags: list[dict[str, str]]) -> dict[str, Any]:
        """The tags in the type's shape, under its name of them."""
        if self.tags is None:
            return {}
        return {self.tags: {one["Key"]: one["Value"] for one in tags} if self.map_of_tags else tags}


def _filled(value: Any, there: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, there) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, there) for item in value]
    if isinstance(value, str) and value.startswith("{") and value.endswith("}") and value[1:-1] in there:
        return there[value[1:-1]]
    return value


SAMPLES: dict[str, Sample] = {
    "AWS::ApiGateway::RestApi": Sample({"Name": "rt", "Description": "a"}, {"Description": "b"}),
    "AWS::CloudTrail::Trail": Sample(
        {"TrailName": "round-trip", "S3BucketName": "{bucket}", "IsLogging": True}, {"IsLogging": False}
    ),
    "AWS::CloudWatch::Alarm": Sample(
        {"AlarmName": "rt", "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold", **ALARM},
        {"Threshold": 2.0, "AlarmDescription": "more"},
    ),
    "AWS::DynamoDB::Table": Sample(
        {
            "TableName": "rt",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
            "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
        },
        {
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            "DeletionProtectionEnabled": False,
        },
    ),
    "AWS::EC2::EIP": Sample({"Domain": "vpc"}),
    "AWS::EC2::Instance": Sample(
        {"ImageId": "{image}", "InstanceType": "t3.micro", "SubnetId": "{subnet}"}, {"InstanceType": "t3.small"}
    ),
    "AWS::EC2::InternetGateway": Sample({}),
    "AWS::EC2::KeyPair": Sample({"KeyName": "rt"}),
    "AWS::EC2::NatGateway": Sample({"SubnetId": "{subnet}", "AllocationId": "{address}"}),
    "AWS::EC2::Route": Sample(
        {"RouteTableId": "{table}", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "{attached}"},
        {"GatewayId": "{attached}"},
        tags=None,
    ),
    "AWS::EC2::RouteTable": Sample({"VpcId": "{vpc}"}),
    "AWS::EC2::SecurityGroup": Sample(
        {"GroupName": "rt", "GroupDescription": "round trip", "VpcId": "{vpc}", "SecurityGroupIngress": [WEB]},
        {"SecurityGroupIngress": [WEB, SHELL]},
    ),
    "AWS::EC2::Subnet": Sample(
        {"VpcId": "{vpc}", "CidrBlock": "10.77.9.0/24", "MapPublicIpOnLaunch": False}, {"MapPublicIpOnLaunch": True}
    ),
    "AWS::EC2::SubnetRouteTableAssociation": Sample(
        {"RouteTableId": "{table}", "SubnetId": "{subnet}"}, tags=None
    ),
    "AWS::EC2::VPC": Sample(
        {"CidrBlock": "10.78.0.0/16", "EnableDnsHostnames": True}, {"EnableDnsHostnames": False}
    ),
    "AWS::EC2::VPCGatewayAttachment": Sample(
        {"VpcId": "{vpc}", "InternetGatewayId": "{gateway}"}, {"InternetGatewayId": "{gateway2}"}, tags=None
    ),
    "AWS::EC2::Volume": Sample(
        {"AvailabilityZone": "eu-west-1a", "Size": 10, "VolumeType": "gp3", "Encrypted": True}, {"Size": 20}
    ),
    "AWS::ECR::Repository": Sample(
        {"RepositoryName": "rt", "ImageScanningConfiguration": {"ScanOnPush": True}},
        {"ImageTagMutability": "IMMUTABLE", "ImageScanningConfiguration": {"ScanOnPush": False}},
    ),
    "AWS::ECS::Cluster": Sample(
        {"ClusterName": "rt"}, {"ClusterSettings": [{"Name": "containerInsights", "Value": "enabled"}]}
    ),
    "AWS::EFS::FileSystem": Sample(
        {"Encrypted": True, "LifecyclePolicies": [{"TransitionToIA": "AFTER_30_DAYS"}]},
        {"LifecyclePolicies": [{"TransitionToIA": "AFTER_60_DAYS"}], "BackupPolicy": {"Status": "ENABLED"}},
        tags="FileSystemTags",
    ),
    "AWS::ElasticLoadBalancingV2::Listener": Sample(
        {
            "LoadBalancerArn": "{balancer}",
            "Port": 80,
            "Protocol": "HTTP",
            "DefaultActions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
        },
        {"Port": 8080},
        listed_by=("LoadBalancerArn",),
    ),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Sample(
        {"Name": "rt", "Subnets": ["{subnet}", "{subnet2}"], "SecurityGroups": ["{group}"]},
        {"SecurityGroups": ["{group2}"]},
    ),
    "AWS::ElasticLoadBalancingV2::TargetGroup": Sample(
        {"Name": "rt", "Port": 80, "Protocol": "HTTP", "VpcId": "{vpc}", "HealthCheckPath": "/a"},
        {"HealthCheckPath": "/b"},
    ),
    "AWS::Events::EventBus": Sample({"Name": "rt", "Description": "a"}, {"Description": "b"}),
    "AWS::Events::Rule": Sample(
        {
            "Name": "rt",
            "ScheduleExpression": "rate(1 hour)",
            "State": "ENABLED",
            "Targets": [{"Id": "a", "Arn": "arn:aws:sqs:eu-west-1:111122223333:a"}],
        },
        {"State": "DISABLED", "Targets": [{"Id": "b", "Arn": "arn:aws:sqs:eu-west-1:111122223333:b"}]},
    ),
    "AWS::IAM::Group": Sample(
        {"GroupName": "rt", "Policies": [{"PolicyName": "inline", "PolicyDocument": policy("s3:GetObject")}]},
        {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]},
        tags=None,
    ),
    "AWS::IAM::InstanceProfile": Sample(
        {"InstanceProfileName": "rt", "Roles": ["{role}"]}, {"Roles": ["{role2}"]}, tags=None
    ),
    "AWS::IAM::ManagedPolicy": Sample(
        {"ManagedPolicyName": "rt", "PolicyDocument": policy("s3:GetObject"), "Roles": ["{role}"]},
        {"PolicyDocument": policy("s3:ListBucket"), "Roles": ["{role2}"]},
        tags=None,
    ),
    "AWS::IAM::Role": Sample(
        {
            "RoleName": "rt",
            "AssumeRolePolicyDocument": TRUST,
            "Policies": [{"PolicyName": "inline", "PolicyDocument": policy("s3:GetObject")}],
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
        },
        {
            "Policies": [{"PolicyName": "other", "PolicyDocument": policy("s3:ListBucket")}],
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/SecurityAudit"],
            "MaxSessionDuration": 7200,
        },
    ),
    "AWS::IAM::User": Sample(
        {"UserName": "rt", "Groups": ["developers"]},
        {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]},
        lacking=("iam:ListUsers",),
    ),
    "AWS::KMS::Alias": Sample({"AliasName": "alias/rt", "TargetKeyId": "{key}"}, {"TargetKeyId": "{key2}"}, tags=None),
    "AWS::KMS::Key": Sample(
        {"Description": "a", "EnableKeyRotation": True}, {"Description": "b", "EnableKeyRotation": False}
    ),
    "AWS::Kinesis::Stream": Sample(
        {"Name": "rt", "ShardCount": 1, "RetentionPeriodHours": 30}, {"RetentionPeriodHours": 48, "ShardCount": 2}
    ),
    "AWS::Lambda::EventSourceMapping": Sample(
        {"FunctionName": "needed", "EventSourceArn": "{queue}", "BatchSize": 5}, {"BatchSize": 7}, tags=None
    ),
    "AWS::Lambda::Function": Sample(
        {
            "FunctionName": "rt",
            "Code": {"ZipFile": "def handler(event, context):\n    return 1\n"},
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": "{role_arn}",
            "Environment": {"Variables": {"STAGE": "a"}},
        },
        {
            "Timeout": 30,
            "Environment": {"Variables": {"STAGE": "b"}},
            "ReservedConcurrentExecutions": 2,
            "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:eu-west-1:111122223333:needed"},
        },
    ),
    "AWS::Lambda::Permission": Sample(
        {"FunctionName": "needed", "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"}, tags=None
    ),
    "AWS::Logs::LogGroup": Sample({"LogGroupName": "rt", "RetentionInDays": 7}, {"RetentionInDays": 14}),
    "AWS::Logs::MetricFilter": Sample(
        {
            "LogGroupName": "needed",
            "FilterName": "rt",
            "FilterPattern": "ERROR",
            "MetricTransformations": [{"MetricName": "Errors", "MetricNamespace": "Custom", "MetricValue": "1"}],
        },
        {"FilterPattern": "WARN"},
        tags=None,
    ),
    "AWS::RDS::DBInstance": Sample(
        {
            "DBInstanceIdentifier": "rt",
            "DBInstanceClass": "db.t3.micro",
            "Engine": "postgres",
            "AllocatedStorage": "20",
            "MasterUsername": "owner",
            "MasterUserPassword": "not-shown-again",
        },
        {"AllocatedStorage": "30", "DBInstanceClass": "db.t3.small"},
    ),
    "AWS::RDS::DBSubnetGroup": Sample(
        {"DBSubnetGroupName": "rt", "DBSubnetGroupDescription": "a", "SubnetIds": ["{subnet}", "{subnet2}"]},
        {"DBSubnetGroupDescription": "b"},
    ),
    "AWS::Route53::HostedZone": Sample(
        {"Name": "rt.example.", "HostedZoneConfig": {"Comment": "a"}},
        {"HostedZoneConfig": {"Comment": "b"}},
        tags="HostedZoneTags",
    ),
    "AWS::S3::Bucket": Sample(
        {
            "BucketName": "round-trip-of-a-bucket",
            "VersioningConfiguration": {"Status": "Enabled"},
            "LifecycleConfiguration": {"Rules": [{"Id": "old", "Status": "Enabled", "ExpirationInDays": 30}]},
        },
        {
            "VersioningConfiguration": {"Status": "Suspended"},
            "CorsConfiguration": {"CorsRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAge": 5}]},
        },
    ),
    "AWS::S3::BucketPolicy": Sample(
        {"Bucket": "{bucket}", "PolicyDocument": policy("s3:GetObject", "{objects}", Principal={"AWS": "{root}"})},
        {"PolicyDocument": policy("s3:PutObject", "{objects}", Principal={"AWS": "{root}"})},
        tags=None,
    ),
    "AWS::SNS::Subscription": Sample(
        {"TopicArn": "{topic}", "Protocol": "sqs", "Endpoint": "{queue}", "RawMessageDelivery": True},
        {"FilterPolicy": {"kind": ["a"]}},
        tags=None,
    ),
    "AWS::SNS::Topic": Sample({"TopicName": "rt", "DisplayName": "a"}, {"DisplayName": "b"}),
    "AWS::SQS::Queue": Sample(
        {"QueueName": "rt", "DelaySeconds": 5}, {"DelaySeconds": 9, "VisibilityTimeout": 60}
    ),
    "AWS::SSM::Parameter": Sample(
        {"Name": "/rt", "Type": "String", "Value": "a", "Description": "not shown again"},
        {"Value": "b"},
        map_of_tags=True,
    ),
    "AWS::SecretsManager::Secret": Sample(
        {"Name": "rt", "Description": "a", "SecretString": json.dumps({"password": "not-shown-again"})},
        {"Description": "b"},
    ),
    "AWS::StepFunctions::StateMachine": Sample(
        {"StateMachineName": "rt", "DefinitionString": MACHINE % "Pass", "RoleArn": "{role_arn}"},
        {"DefinitionString": MACHINE % "Succeed"},
    ),
}  # fmt: skip
