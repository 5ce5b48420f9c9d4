"""The assume-role lab as a Pulumi program: settings -> lab -> exports."""

import json

import pulumi
import pulumi_aws as aws

from components.lab import AssumeRoleLab
from rolelab import settings
from rolelab.errors import LabError
from rolelab.iam.arns import is_aws_policy

try:
    config = settings.parse(
        pulumi.runtime.config.CONFIG.get(), where=f"Pulumi.{pulumi.get_stack()}.yaml"
    )
except LabError as fault:
    raise pulumi.RunError(str(fault)) from fault


async def main() -> pulumi.Inputs:
    """Declare the lab and export it, in plain dicts: so only the secrets in them are masked."""
    lab = AssumeRoleLab(
        "lab",
        {
            "role_name": config.role_name,
            "managed_policies": list(config.managed_policies),
            "grant": config.grant,
            "max_session_duration": config.max_session_duration,
            "console": config.console,
        },
    )
    await lab.enrol_all(config.learners)
    # What a customer managed policy says is a part of what is declared: anybody may change it.
    documents = {
        arn: json.loads(aws.iam.get_policy(arn=arn).policy)
        for arn in lab.managed_policies
        if not is_aws_policy(arn)
    }
    return {
        "accountId": lab.account_id,
        "region": aws.get_region().region,
        "consoleSignInUrl": lab.console_sign_in_url,
        "grant": config.grant,
        "role": {
            "name": lab.role_name,
            "arn": lab.role_arn,
            "switchRoleUrl": lab.switch_role_url,
            "maxSessionDuration": config.max_session_duration,
            "managedPolicies": lab.managed_policies,
            "trust": lab.trust_policy,
            "tags": lab.role_tags,
        }
        | ({"policyDocuments": documents} if documents else {}),
        "learners": {
            name: {
                "userName": user.user_name,
                "userArn": user.user_arn,
                "accessKeyId": user.access_key_id,
                "secretAccessKey": user.secret_access_key,
            }
            | ({} if user.console_password is None else {"consolePassword": user.console_password})
            for name, user in lab.learners.items()
        },
    }


pulumi.run(main)
