"""Sensitive reads: actions AWS classifies as Read or List that return secrets, credentials or contents.

A person must approve them first. Three rules, the coarse ones last: named actions, action names that mention secrets or
contents, and every read whose verb is not a known harmless one. Calling a harmless read sensitive costs one question;
the opposite mistake costs a secret.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from types import MappingProxyType

# Service prefix → patterns of action names, lower case.
_ACTIONS = MappingProxyType(
    {
        service: tuple(names.lower().split())
        for service, names in {
            "acm": "ExportCertificate",
            "account": "GetContactInformation GetAlternateContact GetPrimaryEmail",
            "aidevops": "GetAssetFile GetChat",
            "amplify": "GetApp ListApps GetBranch ListBranches",
            # One action for every read, API keys and their values among them.
            "apigateway": "GET",
            "appconfig": "GetConfiguration GetLatestConfiguration GetHostedConfigurationVersion",
            "appsync": "ListApiKeys GetDataSourceIntrospection",
            "artifact": "GetReport GetTermForReport",
            "athena": "GetQueryResults* GetCalculationExecutionCode GetQueryExecution BatchGetQueryExecution",
            # User data and environments: where people put passwords.
            "autoscaling": "DescribeLaunchConfigurations",
            "aws-marketplace": "GetBuyerDashboard",
            "batch": "DescribeJobDefinitions DescribeJobs",
            "bedrock": "GetAgentMemory GetInvocationStep GetKnowledgeBaseDocuments GetSession Retrieve* "
            "GetUseCaseForModelAccess",
            "bedrock-agentcore": "*ApiKey* GetResourceOauth2Token GetResourcePaymentToken *MemoryRecord* GetDataset "
            "ListEvents GetEvent ListSessions",
            "cassandra": "Select* GetRecords",
            "cloudformation": "GetResource ListResources GetTemplate",
            "cloudfront": "GetFunction GetConnectionFunction",
            "cloudfront-keyvaluestore": "GetKey ListKeys",
            "codeartifact": "GetPackageVersionAsset",
            "codebuild": "BatchGetProjects BatchGetBuilds BatchGetSandboxes",
            "codecommit": "GetBlob GetFile GetFolder GetDifferences GitPull",
            "codepipeline": "GetJobDetails GetThirdPartyJobDetails PollFor*",
            "cognito-identity": "GetCredentialsForIdentity GetOpenIdToken*",
            "cognito-idp": "AdminGetUser AdminList* DescribeUserPoolClient DescribeIdentityProvider GetUser "
            "DescribeUserImportJob ListUserImportJobs GetIdentityProviderByIdentifier ListUsers ListUsersInGroup "
            "ListUserPoolClientSecrets",
            "cognito-sync": "ListRecords QueryRecords",
            "connect": "GetFederationToken GetContactAttributes GetAttachedFile GetPromptFile DescribeContact "
            "SearchContacts ListRealtimeContactAnalysisSegments*",
            "continuum": "GetCollectorDataAccessAuthorization",
            "datazone": "GetConnection GetLineageEvent",
            "dax": "BatchGetItem GetItem Query Scan ConditionCheckItem",
            "devicefarm": "GetUpload ListUploads ListArtifacts GetRemoteAccessSession",
            "directconnect": "DescribeRouterConfiguration DescribeLoa",
            "discovery": "DescribeExport*",
            "dms": "DescribeEndpoints DescribeTableStatistics",
            "ds": "DescribeClientAuthenticationSettings",
            "dynamodb": "BatchGetItem GetItem GetRecords ConditionCheckItem PartiQL* Query ReadData* Scan "
            "SearchVectors",
            "ebs": "GetSnapshotBlock ListSnapshotBlocks ListChangedBlocks",
            "ec2": "DescribeInstanceAttribute DescribeLaunchTemplateVersions DescribeSpotInstanceRequests "
            "DescribeSpotFleetRequests DescribeSpotFleetInstances DescribeVpnConnections Export* GetConsole* "
            "GetInstanceUefiData GetLaunchTemplateData GetPasswordData GetVpnConnectionDeviceSampleConfiguration "
            "DescribeBundleTasks DescribeConversionTasks",
            "ec2messages": "*",
            "ecr": "BatchGetImage GetAuthorizationToken GetDownloadUrlForLayer",
            "ecr-public": "GetAuthorizationToken",
            "ecs": "DescribeTaskDefinition DescribeTasks",
            "eks": "AccessKubernetesApi",
            "elasticbeanstalk": "DescribeConfigurationSettings RetrieveEnvironmentInfo RequestEnvironmentInfo",
            "elasticfilesystem": "Client*",
            "elasticmapreduce": "DescribeStep ListSteps ListBootstrapActions GetClusterSessionCredentials "
            "DescribeJobFlows",
            "emr-serverless": "GetDashboardForJobRun GetResourceDashboard",
            "end-user-messaging": "GetBrandProfileAttribute",
            "es": "ESHttp* ESCrossClusterGet",
            "frauddetector": "GetEvent",
            "gamelift": "GetComputeAccess GetInstanceAccess DescribeFleetEvents",
            "gameliftstreams": "GetStreamUrl",
            "glacier": "GetJobOutput",
            "glue": "GetConnection GetConnections GetDataCatalogEncryptionSettings GetEntityRecords GetJob GetJobs "
            "GetDashboardUrl GetJobUpgradeAnalysis BatchGetJobs GetSystemLogs*",
            "greengrass": "GetComponentVersionArtifact GetComponent",
            "groundstation": "GetAgentTaskResponseUrl",
            "healthlake": "ReadResource* SearchWith* GetExportedFile VersionReadResource GetCapabilities",
            "iam": "GetCredentialReport GenerateCredentialReport",
            "imagebuilder": "GetComponent GetMarketplaceResource",
            "importexport": "GetShippingLabel",
            "inspector": "GetAssessmentReport",
            "inspector2": "GetSbomExport BatchGetCodeSnippet",
            "invoicing": "GetInvoicePDF",
            "iot": "GetJobDocument GetRetainedMessage GetThingShadow GetRegistrationCode ListNamedShadowsForThing",
            "iotsitewise": "*PropertyValue* GetCaptureData",
            "iottwinmaker": "GetPropertyValue*",
            "kafka": "GetBootstrapBrokers",
            "kafka-cluster": "*",
            "kinesis": "GetRecords SubscribeToShard Receive*",
            "kinesisanalytics": "DescribeApplication CreateApplicationPresignedUrl DiscoverInputSchema",
            "kinesisvideo": "Get*Session* GetClip GetImages GetMedia* ConnectAs* GetIceServerConfig",
            "kms": "GetParametersForImport",
            "lakeformation": "GetTemporary* GetDataAccess GetWorkUnitResults GetTableObjects",
            # The answer of both has a URL of the code.
            "lambda": "GetFunction GetLayerVersion",
            "lex": "GetSession GetExport DescribeExport DescribeTestSetDiscrepancyReport DescribeBotRecommendation",
            "lightsail": "GetInstanceAccessDetails GetRelationalDatabaseMasterUserPassword GetBucketAccessKeys "
            "GetContainerLog GetContainerServices GetRelationalDatabaseLogEvents DownloadDefaultKeyPair",
            "logs": "FilterLogEvents GetLogEvents GetLogObject GetLogRecord GetQueryResults GetTransformer "
            "ListLogGroupsForQuery Start* Unmask TailLog",
            "mechanicalturk": "GetFileUploadURL",
            "mediaconnect": "DescribeFlow ListEntitlements GetRouterInputThumbnail",
            "medialive": "DescribeInput ListInputs DescribeInputDeviceThumbnail",
            "mediastore": "GetObject",
            "medical-imaging": "GetImageSetMetadata GetDICOMInstance* GetDICOMSeriesMetadata SearchDICOM*",
            "mobiletargeting": "GetEndpoint GetUserEndpoints",
            "mq": "DescribeUser",
            "neptune-db": "ReadDataViaQuery Get*Stream* Execute* GetQueryStatus",
            "neptune-graph": "ReadDataViaQuery GetQueryStatus",
            "notifications": "GetManagedNotificationEvent",
            "odb": "GetAutonomousDatabaseWallet*",
            "omics": "GetReadSet GetReference",
            "opsworks": "DescribeApps DescribeStacks DescribeUserProfiles",
            "payment-cryptography": "GetParametersFor*",
            "pi": "GetDimensionKeyDetails",
            "profile": "BatchGetProfile SearchProfiles GetProfileHistoryRecord ListProfileObjects GetSimilarProfiles "
            "GetUploadJobPath",
            "q": "*",
            "qbusiness": "Chat* ListMessages GetDocumentContent SearchRelevantContent GetMedia",
            "quicksight": "Get*EmbedUrl GetAuthCode DescribeAssetBundleExportJob DescribeDashboardSnapshotJobResult",
            "rds": "Download*",
            "redshift": "GetClusterCredentials* GetIdentityCenterAuthToken FetchResults",
            "redshift-data": "GetStatementResult* DescribeStatement ListStatements",
            "redshift-serverless": "GetCredentials GetIdentityCenterAuthToken",
            "route53domains": "GetDomainDetail RetrieveDomainAuthCode",
            "rum": "GetAppMonitorData",
            "s3": "GetObject* GetDataAccess ListCallerAccessGrants",
            "s3-object-lambda": "Get*",
            "s3-outposts": "GetObject*",
            "s3tables": "GetTableData",
            "s3vectors": "GetVectors QueryVectors ListVectors",
            "sagemaker": "BatchGetRecord GetRecord Invoke* Create*Url* DescribeNotebookInstanceLifecycleConfig "
            "DescribeTrainingJob DescribeProcessingJob DescribeModel DescribeStudioLifecycleConfig",
            "sagemaker-geospatial": "GetTile",
            "secretsmanager": "GetSecretValue BatchGetSecretValue",
            "securityagent": "GetArtifact",
            "ses": "GetArchiveMessage* GetMessageInsights GetContact ListContacts GetAddressListImportJob "
            "ListAddressListImportJobs GetExportJob",
            "snowball": "GetJobUnlockCode GetJobManifest DescribeJob DescribeReturnShippingLabel GetSoftwareUpdates",
            "social-messaging": "ListWhatsAppFlowAssets",
            "sqs": "ReceiveMessage",
            "ssm": "GetParameter* GetAccessToken GetCommandInvocation ListCommandInvocations ListCommands "
            "GetDeployablePatchSnapshotForInstance GetConnectionStatus GetAutomationExecution DescribeSessions "
            "GetMaintenanceWindowTask GetMaintenanceWindowExecution* DescribeMaintenanceWindowExecution* ExecuteAPI",
            "sso": "GetRoleCredentials ListAccountRoles",
            "states": "DescribeExecution DescribeMapRun GetActivityTask GetExecutionHistory RevealSecrets "
            "DescribeStateMachineForExecution TestState",
            "storagegateway": "DescribeChapCredentials",
            "sts": "GetFederationToken GetServiceBearerToken GetSessionToken GetWebIdentityToken "
            "GetDelegatedAccessToken",
            "swf": "GetWorkflowExecutionHistory PollFor*",
            "tax": "GetTaxRegistrationDocument GetDocument*",
            "timestream": "Select*",
            "transfer": "DescribeConnector TestIdentityProvider",
            "translate": "GetParallelData GetTerminology",
            "wisdom": "GetContent SearchContent GetNextMessage ListMessages GetMessageTemplate",
            "workdocs": "GetDocument* DownloadDocumentVersion",
            "workmailmessageflow": "*",
            "xray": "BatchGetTraces GetRetrievedTraces*",
        }.items()
    }
)

# AWS classifies these as Write although they change nothing: they return credentials or plaintext.
REVEALS = frozenset(
    {
        "kms:decrypt",
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:getdelegatedaccesstoken",
        "sts:getfederationtoken",
        "sts:getwebidentitytoken",
    }
)

# AWS classifies these as Read, and they do what an agent, a flow or a plugin does, start a job, or write their answer
# elsewhere.
ACTS = frozenset(
    {
        "bedrock:invokeagent",
        "bedrock:invokeflow",
        "bedrock:invokeinlineagent",
        "qbusiness:chat",
        "qbusiness:chatsync",
        "sagemaker:getscalingconfigurationrecommendation",
        "sagemaker:invokeendpointasync",
    }
)

# A read of these verbs that is named nowhere here is plain.
_PLAIN_VERB = re.compile(
    r"(List|Get|Describe|Search|BatchGet|BatchDescribe|BatchList|Lookup|Count|Check|Validate|Simulate|Estimate|View"
    r"|Head|SelectResourceConfig$|SelectAggregateResourceConfig$|Is(?=[A-Z]))"
)
# Reads by these verbs that speak of secrets or contents; List and Describe give names and settings.
_TELLING = re.compile(
    r"(Get|BatchGet|Search|View).*("
    r"Credential|Secret|Password(?!Policy)|Token(?!Balance|Vault|Status)|ApiKey|AccessKey(?!LastUsed|Info)"
    r"|StreamKey|AuthCode|AuthorizationCode|UnlockCode|Presigned|SignedUrl|Signed.*Url|EmbedUrl|DownloadUr|UploadUrl"
    r"|WebSocketURL|Artifact.*Url|LogUrl|LogsUrl|AuthorizationUrl|DecryptedAPIKey|PrivateKey|DecryptionKey"
    r"|RawMessage|Transcript|ChatMessages|ChannelMessage|QueryResult|StatementResult|Bulkdata|ImageFrame"
    r"|DocumentContent|EvidenceContent|ReportContent|ArtifactContent|PackageContent|DatasetContent|AssetContent"
    r"|AttachmentDownload|ChatAttachment|Snippet|SampleData|LogEvents|LogRecord|LogForJobRun)"
)


def is_sensitive(prefix: str, name: str) -> bool:
    """Whether an action that AWS classifies as Read or List returns more than names and settings."""
    lower = name.lower()
    if any(fnmatchcase(lower, pattern) for pattern in _ACTIONS.get(prefix, ())):
        return True
    return _PLAIN_VERB.match(name) is None or _TELLING.match(name) is not None
