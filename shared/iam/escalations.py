"""Ways from some permissions to more, in one table: for the linter, and for the check that refuses administrators.

Sources: Rhino Security Labs, "AWS IAM Privilege Escalation - Methods and Mitigation", and DataDog's pathfinding.cloud
as listed by cloudsplaining 0.9.1. A way needs all of its actions; a way that holds another is left out.
"""

from __future__ import annotations

# One call that gives the caller any permission or makes it any user, with the resource it acts on: any `{other}`;
# `{user}` also the caller itself.
TAKEOVERS: tuple[tuple[str, str], ...] = (
    ("iam:AttachUserPolicy", "user/{user}"),
    ("iam:PutUserPolicy", "user/{user}"),
    ("iam:AttachGroupPolicy", "group/{other}"),
    ("iam:PutGroupPolicy", "group/{other}"),
    ("iam:AddUserToGroup", "group/{other}"),
    ("iam:CreatePolicyVersion", "policy/{other}"),
    ("iam:SetDefaultPolicyVersion", "policy/{other}"),
    ("iam:CreateAccessKey", "user/{other}"),
    ("iam:CreateLoginProfile", "user/{other}"),
    ("iam:UpdateLoginProfile", "user/{other}"),
)

_HAND = "iam:PassRole"

ESCALATIONS: tuple[tuple[str, ...], ...] = (
    *((action,) for action, _ in TAKEOVERS),
    # A role's permissions, or who may have them.
    ("iam:AttachRolePolicy",),
    ("iam:PutRolePolicy",),
    ("iam:UpdateAssumeRolePolicy",),
    ("iam:DeleteRolePermissionsBoundary",),
    ("iam:DeleteUserPermissionsBoundary",),
    # What runs already under a role: change what it does, or get into it.
    ("lambda:UpdateFunctionCode",),
    ("lambda:UpdateFunctionConfiguration",),
    ("glue:UpdateDevEndpoint",),
    ("codestar:AssociateTeamMember",),
    ("ssm:SendCommand",),
    ("sagemaker:CreatePresignedNotebookInstanceUrl",),
    (
        "sagemaker:CreateNotebookInstanceLifecycleConfig",
        "sagemaker:StopNotebookInstance",
        "sagemaker:UpdateNotebookInstance",
        "sagemaker:StartNotebookInstance",
    ),
    ("cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"),
    ("ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances"),
    ("ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"),
    ("ec2-instance-connect:SendSSHPublicKey", "ec2:DescribeInstances"),
    ("ecs:ExecuteCommand", "ecs:DescribeTasks"),
    ("bedrock-agentcore:StartCodeInterpreterSession", "bedrock-agentcore:InvokeCodeInterpreter"),
    # A role handed to something new.
    (_HAND, "ec2:RunInstances"),
    (_HAND, "ec2:RequestSpotInstances"),
    (_HAND, "lambda:CreateFunction", "lambda:InvokeFunction"),
    (_HAND, "lambda:CreateFunction", "lambda:CreateEventSourceMapping"),
    (_HAND, "lambda:CreateFunction", "lambda:AddPermission"),
    (_HAND, "glue:CreateDevEndpoint"),
    (_HAND, "glue:CreateJob", "glue:StartJobRun"),
    (_HAND, "glue:CreateJob", "glue:CreateTrigger"),
    (_HAND, "glue:UpdateJob", "glue:StartJobRun"),
    (_HAND, "glue:UpdateJob", "glue:CreateTrigger"),
    (_HAND, "cloudformation:CreateStack"),
    (_HAND, "cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"),
    (_HAND, "cloudformation:UpdateStackSet"),
    (_HAND, "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition"),
    (_HAND, "codestar:CreateProject"),
    (_HAND, "codebuild:CreateProject", "codebuild:StartBuild"),
    (_HAND, "codebuild:CreateProject", "codebuild:StartBuildBatch"),
    (_HAND, "ecs:RegisterTaskDefinition", "ecs:RunTask"),
    (_HAND, "ecs:RegisterTaskDefinition", "ecs:StartTask"),
    (_HAND, "ecs:RegisterTaskDefinition", "ecs:CreateService"),
    (_HAND, "apprunner:CreateService"),
    (_HAND, "sagemaker:CreateNotebookInstance"),
    (_HAND, "sagemaker:CreateTrainingJob"),
    (_HAND, "sagemaker:CreateProcessingJob"),
)
