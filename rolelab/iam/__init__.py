"""IAM policies, read as AWS reads them: decide a request, say why, propose the change, compare by meaning.

Pure and alone: standard library only, no AWS call. `model` reads documents, `request` says who asks for what,
`evaluate` decides, `explain` puts it in words, `mend` proposes the smallest change, `compare` compares documents,
`messages` reads and writes AWS's AccessDenied sentences, `rules` finds faults of grammar and size.
"""

from rolelab.iam.evaluate import Decision, Policies, decide
from rolelab.iam.model import Document, Effect, Layer, Place, Policy, PolicyError, parse, read
from rolelab.iam.request import CredentialState, Principal, PrincipalKind, Request

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
