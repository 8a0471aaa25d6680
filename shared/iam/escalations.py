"""Combinations of actions that lead to more permissions: one table for the linter and the check for administrators.

Sources: Rhino Security Labs, "AWS IAM Privilege Escalation - Methods and Mitigation", and DataDog's pathfinding.cloud
as listed by cloudsplaining 0.9.1. An entry needs all of its actions; an entry that contains
another one is left out.
"""

from __future__ import annotations

# Actions that, with one call, give the caller any permission or make it any user, each with the resource it acts on:
# `{other}` is any user, group or policy, `{user}` also the caller itself.
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

_ROLE = "iam:PassRole"

ESCALATIONS: tuple[tuple[str, ...], ...] = (
    *((action,) for action, _ in TAKEOVERS),
    # Change what a role may do, or who may assume it.
    ("iam:AttachRolePolicy",),
    ("iam:PutRolePolicy",),
    ("iam:UpdateAssumeRolePolicy",),
    ("iam:DeleteRolePermissionsBoundary",),
    ("iam:DeleteUserPermissionsBoundary",),
    # Change what already runs under a role, or get a shell in it.
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
    # Pass a role to something new.
    (_ROLE, "ec2:RunInstances"),
    (_ROLE, "ec2:RequestSpotInstances"),
    (_ROLE, "lambda:CreateFunction", "lambda:InvokeFunction"),
    (_ROLE, "lambda:CreateFunction", "lambda:CreateEventSourceMapping"),
    (_ROLE, "lambda:CreateFunction", "lambda:AddPermission"),
    (_ROLE, "glue:CreateDevEndpoint"),
    (_ROLE, "glue:CreateJob", "glue:StartJobRun"),
    (_ROLE, "glue:CreateJob", "glue:CreateTrigger"),
    (_ROLE, "glue:UpdateJob", "glue:StartJobRun"),
    (_ROLE, "glue:UpdateJob", "glue:CreateTrigger"),
    (_ROLE, "cloudformation:CreateStack"),
    (_ROLE, "cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"),
    (_ROLE, "cloudformation:UpdateStackSet"),
    (_ROLE, "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition"),
    (_ROLE, "codestar:CreateProject"),
    (_ROLE, "codebuild:CreateProject", "codebuild:StartBuild"),
    (_ROLE, "codebuild:CreateProject", "codebuild:StartBuildBatch"),
    (_ROLE, "ecs:RegisterTaskDefinition", "ecs:RunTask"),
    (_ROLE, "ecs:RegisterTaskDefinition", "ecs:StartTask"),
    (_ROLE, "ecs:RegisterTaskDefinition", "ecs:CreateService"),
    (_ROLE, "apprunner:CreateService"),
    (_ROLE, "sagemaker:CreateNotebookInstance"),
    (_ROLE, "sagemaker:CreateTrainingJob"),
    (_ROLE, "sagemaker:CreateProcessingJob"),
)
