"""IAM's own refusals.

https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html, and the errors of each operation there.
"""

IDENTITY = {
    "Detach or delete first what the message says is still attached": "DeleteConflict",
    "Leave it to the service that made it: it is linked to that service, which alone may change it": (
        "UnmodifiableEntity"
    ),
    "Attach another policy: this one is only for roles that AWS services make": "PolicyNotAttachable",
    "Choose a password that the account's password policy takes": "PasswordPolicyViolation",
    "Choose another certificate or key: the account has this one": "DuplicateCertificate DuplicateSSHPublicKey",
    "Give certificate and key in PEM, of each other, and not expired": (
        "InvalidCertificate MalformedCertificate KeyPairMismatch InvalidPublicKey UnrecognizedPublicKeyEncoding"
    ),
    "Name a user of the kind that the operation is for": "InvalidUserType",
    "Name a service that supports service-specific credentials": "ServiceNotSupported NotSupportedService",
    "Have the report made first, then ask for it again in a few minutes": (
        "CredentialReportNotPresentException CredentialReportExpiredException CredentialReportNotReadyException"
        " ReportNotPresent ReportExpired ReportInProgress ReportGenerationLimitExceeded"
    ),
    "Do it from the organisation's management account, or from a delegated administrator": (
        "AccountNotManagementOrDelegatedAdministratorException CallerIsNotManagementAccountException"
        " OrganizationNotFoundException OrganizationNotInAllFeaturesModeException ServiceAccessNotEnabledException"
    ),
    "Have the feature turned to what the operation needs first": (
        "FeatureDisabled FeatureEnabled RoleTemplateDisabled"
    ),
    "Look at the role, then propose the change as it is now": "RoleModified",
    "Choose another name: something else in the account has it": "NameConflict",
}
