"""IAM, alone: what AWS's policies mean, decided, explained, compared, put right.

Pure: standard library and the plain facts of `components` only, no AWS call. `arns`, `names`, `quotas` are facts;
`documents` reads policies, `grammar` finds what AWS refuses in them; `principals` and `request` are who asks for what;
`language` is whether a statement is about a request; `decide` decides, `explain` puts it in words, `propose` finds the
smallest change, `compare` compares documents by meaning, `messages` reads and writes AWS's AccessDenied sentences.
"""

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
