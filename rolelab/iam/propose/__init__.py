"""The smallest change that puts a decision right, tried before it is proposed."""

from rolelab.iam.propose.changes import Change
from rolelab.iam.propose.proposals import Proposal, propose

__all__ = ["Change", "Proposal", "propose"]
