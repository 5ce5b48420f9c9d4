"""IAM, alone: what AWS's policies mean, decided, explained, compared, put right.

Pure: standard library and the plain facts of `components` only, no AWS call.
- `arns`, `names`, `quotas`: facts of AWS, each once
- `documents` reads policies, `grammar` finds what AWS refuses in them, `spelling` what was changed
- `principals`, `request`, `layers`: who asks for what, and the policies that bear on it
- `account_rules`: what an account's password policy allows its users
- `language`: whether a statement is about a request; `decision` decides
- `explain` puts a decision in words, `propose` finds the smallest change
- `compare` compares documents by meaning, `messages` has AWS's AccessDenied sentences

The names below are loaded when they are asked for: whoever needs an ARN does not wait for the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rolelab.iam.decision import Decision, decide
    from rolelab.iam.documents import Document, Effect, PolicyError, parse, read
    from rolelab.iam.layers import Layer, Place, Policies, Policy
    from rolelab.iam.principals import CredentialState, Principal, PrincipalKind
    from rolelab.iam.request import Request

__all__ = [
    "CredentialState",
    "Decision",
    "Document",
    "Effect",
    "Layer",
    "Place",
    "Policies",
    "Policy",
    "PolicyError",
    "Principal",
    "PrincipalKind",
    "Request",
    "decide",
    "parse",
    "read",
]

_HOMES = {
    "decision": ("Decision", "decide"),
    "documents": ("Document", "Effect", "PolicyError", "parse", "read"),
    "layers": ("Layer", "Place", "Policies", "Policy"),
    "principals": ("CredentialState", "Principal", "PrincipalKind"),
    "request": ("Request",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
