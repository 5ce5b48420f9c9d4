"""The assume-role lab as a Pulumi program: settings -> lab -> exports."""

import pulumi
import pulumi_aws as aws

from components.lab import AssumeRoleLab
from rolelab import settings
from rolelab.errors import LabError

try:
    wanted = settings.parse(
        pulumi.runtime.config.CONFIG.get(), where=f"Pulumi.{pulumi.get_stack()}.yaml"
    )
except LabError as fault:
    raise pulumi.RunError(str(fault)) from fault


async def main() -> pulumi.Inputs:
    """Declare the lab and export it, in plain dicts: so only the secrets in them are masked."""
    lab = AssumeRoleLab(
        "lab",
        {
            "role_name": wanted.role_name,
            "managed_policies": list(wanted.managed_policies),
            "grant": wanted.grant,
            "max_session_duration": wanted.max_session_duration,
            "console": wanted.console,
        },
    )
    await lab.enrol_all(wanted.learners)
    return {
        "accountId": lab.account_id,
        "region": aws.get_region().region,
        "consoleSignInUrl": lab.console_sign_in_url,
        "grant": wanted.grant,
        "role": {
            "name": lab.role_name,
            "arn": lab.role_arn,
            "switchRoleUrl": lab.switch_role_url,
            "maxSessionDuration": wanted.max_session_duration,
            "managedPolicies": lab.managed_policies,
            "trust": lab.trust_policy,
        },
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
