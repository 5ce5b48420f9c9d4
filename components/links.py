"""Console addresses, by partition.

Source: IAM User Guide, "How IAM users sign in to your AWS account", "Switch from a user to an IAM
role (console)".
"""

from urllib.parse import urlencode

_SIGN_IN = {
    "aws": "signin.aws.amazon.com",
    "aws-us-gov": "signin.amazonaws-us-gov.com",
    "aws-cn": "signin.amazonaws.cn",
    "aws-eusc": "signin.amazonaws-eusc.eu",
}


def sign_in(account_id: str, partition: str = "aws") -> str:
    """Return the address where the account's IAM users sign in to the console.

    Raises:
        ValueError: no console is known for the partition.
    """
    return f"https://{account_id}.{_host(partition)}/console"


def switch_role(account_id: str, role_name: str, *, path: str = "/", partition: str = "aws") -> str:
    """Return the address that switches a signed-in user to the role (whose name carries its path).

    Raises:
        ValueError: no console is known for the partition.
    """
    name = f"{path.strip('/')}/{role_name}".lstrip("/")
    query = urlencode({"account": account_id, "roleName": name, "displayName": role_name})
    return f"https://{_host(partition)}/switchrole?{query}"


def _host(partition: str) -> str:
    if partition not in _SIGN_IN:
        raise ValueError(
            f"no console is known for partition {partition}; known: {', '.join(_SIGN_IN)}"
        )
    return _SIGN_IN[partition]
