"""Policies where they are attached, and all that bear on a request, by layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from rolelab.iam.arns import is_aws_policy
from rolelab.iam.documents import Document, Statement, read


class Layer(Enum):
    """Who decided: a kind of policy, or a rule before all policies. The value is its name."""

    IDENTITY = "identity-based policy"
    TRUST = "role trust policy"
    RESOURCE = "resource-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    SERVICE_CONTROL = "service control policy"
    RESOURCE_CONTROL = "resource control policy"
    VPC_ENDPOINT = "VPC endpoint policy"
    CREDENTIALS = "credentials"
    """Kind or state of the credentials forbid it (or permit it, to root) whatever policies say."""
    MISSING_ROLE = "missing role"
    """No role of that ARN exists; AWS says AccessDenied, as if a policy had refused."""
    NO_POLICY_NEEDED = "no policy needed"
    """Everybody is allowed it, such as `sts:GetCallerIdentity`."""
    UNKNOWN = "unknown"

    # By identity, as members are single: an enum's own hash costs more than the look-up it is for.
    __hash__ = object.__hash__


GUARDS = (Layer.SERVICE_CONTROL, Layer.RESOURCE_CONTROL, Layer.VPC_ENDPOINT)
"""Layers of an organization or a network: each that exists must allow."""
DOCUMENT_LAYERS = (
    *GUARDS,
    Layer.TRUST,
    Layer.RESOURCE,
    Layer.IDENTITY,
    Layer.BOUNDARY,
    Layer.SESSION,
)
"""The layers that hold documents."""
RESOURCE_LAYERS = (Layer.TRUST, Layer.RESOURCE)
"""Layers whose statements name principals."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A document and where it is attached: the words a learner finds it again by."""

    document: Document
    name: str = ""
    """Name of the inline or managed policy; empty where there is only one: a trust policy."""
    owner: str = ""
    """What it is attached to, such as `user testuser` or `role s3Access`."""
    arn: str = ""
    """ARN of a managed policy."""
    level: int = 0
    """Of an organization's policy: root, unit, account. Each level has to allow."""
    text: str = field(default="", compare=False, repr=False)
    """The document as it was written, where it was text."""
    is_rule: bool = False
    """Whether it is a setting that works like a policy: nobody has written its document."""

    @classmethod
    def read(
        cls,
        document: object,
        name: str = "",
        *,
        owner: str = "",
        arn: str = "",
        level: int = 0,
        is_rule: bool = False,
    ) -> Policy:
        """Make a policy of a mapping or JSON text; one that makes no sense keeps its fault."""
        text = document if isinstance(document, str) else ""
        return cls(read(document), name, owner, arn, level, text, is_rule)

    @property
    def is_editable(self) -> bool:
        """Whether the account can change the document: AWS's own managed policies nobody can."""
        return not (self.is_rule or is_aws_policy(self.arn) or self.document.fault)

    def at(self, layer: Layer) -> str:
        """Return which policy it is, in words, as a policy of this layer."""
        owner = f"of {self.owner}" if self.owner else ""
        return " ".join(word for word in (layer.value, self.name, owner) if word)


@dataclass(frozen=True, slots=True)
class Policies:
    """Every policy that bears on a request.

    A layer that is not a key does not exist: no boundary was set, no session policy passed, and
    (for TRUST) there is no role. A layer that is there with no policies allows nothing.
    """

    by_layer: Mapping[Layer, tuple[Policy, ...]] = field(
        default_factory=dict[Layer, "tuple[Policy, ...]"]
    )
    unread: frozenset[Layer] = frozenset()
    """Layers that nobody could read: nothing is concluded from their emptiness."""

    @classmethod
    def of(
        cls,
        by_layer: Mapping[Layer, Policy | Iterable[Policy] | None],
        unread: frozenset[Layer] = frozenset(),
    ) -> Policies:
        """Return policies by layer; one stands for itself; a layer given as None is not there."""
        held = {
            layer: (policies,) if isinstance(policies, Policy) else tuple(policies)
            for layer, policies in by_layer.items()
            if policies is not None
        }
        return cls(held, unread)

    def at(self, layer: Layer) -> tuple[Policy, ...]:
        """Return the policies of one layer, none where it does not exist."""
        return self.by_layer.get(layer, ())

    def has(self, layer: Layer) -> bool:
        """Return whether a layer exists, as far as anybody knows."""
        return layer in self.by_layer or layer in self.unread

    @property
    def has_boundary(self) -> bool | None:
        """Whether the caller has a permissions boundary; None where nobody could find out."""
        return None if Layer.BOUNDARY in self.unread else Layer.BOUNDARY in self.by_layer

    def levels(self, layer: Layer) -> list[tuple[Policy, ...]]:
        """Return the policies of a layer level by level, the root of an organization first."""
        policies = self.at(layer)
        numbers = sorted({policy.level for policy in policies})
        return [tuple(policy for policy in policies if policy.level == each) for each in numbers]

    def put(self, layer: Layer, policies: Policy | Iterable[Policy] | None) -> Policies:
        """Return all of them with another layer, or (None) without that layer."""
        held = (policies,) if isinstance(policies, Policy) else tuple(policies or ())
        by_layer = {**self.by_layer, layer: held}
        if policies is None:
            del by_layer[layer]
        return Policies(by_layer, self.unread)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement stands."""

    layer: Layer
    policy: Policy
    statement: Statement

    def __str__(self) -> str:
        sid = f' (Sid "{self.statement.sid}")' if self.statement.sid else ""
        return f"{self.policy.at(self.layer)}, statement {self.statement.index + 1}{sid}"
