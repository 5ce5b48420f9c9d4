"""What a fault takes the place of: two faults of one policy document do not add up."""

from __future__ import annotations

from typing import Any

from rolelab.aws.iam_calls import call_if_there, listed
from rolelab.faults.scene import Scene
from rolelab.iam import compare
from rolelab.iam.documents import as_mapping


def broken_documents(scene: Scene) -> dict[str, str]:
    """Return the trust policy and the user's inline policies that do not say what was declared.

    By name, as text.

    Raises:
        AwsFailure: they cannot be read.
    """
    iam, lab = scene.iam, scene.lab
    documents: list[tuple[str, Any, object]] = []
    role = call_if_there(iam, "GetRole", "Role", RoleName=scene.role)
    if role:
        documents.append(("trust policy", role["AssumeRolePolicyDocument"], lab.trust_policy))
    if call_if_there(iam, "GetUser", "User", UserName=scene.user):
        for name in listed(iam, "ListUserPolicies", "PolicyNames", UserName=scene.user):
            which = {"UserName": scene.user, "PolicyName": name}
            policy = call_if_there(iam, "GetUserPolicy", "PolicyDocument", **which)
            documents.append((f"inline policy {name}", policy, lab.grant_policy))
    return {
        name: repr(document)
        for name, document, declared in documents
        if not compare.same(declared, as_mapping(document) or {})
    }
