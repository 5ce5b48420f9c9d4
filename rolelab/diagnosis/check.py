"""What a check is: the one entry from which it is run, reported, documented and explained."""

from __future__ import annotations

from dataclasses import dataclass

from rolelab.advice import Who


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that is found out about a learner or the role."""

    id: str
    """Stable: `<phase>.<what>`; reports, JUnit and tests name it."""
    who: Who
    """Whose credentials find it out."""
    action: str = ""
    """What is asked for, as IAM calls it; empty where nothing single is."""
    title: str
    """What is found out, in words that are true where it passes."""
    failure: str = ""
    """The same where it fails; empty where `title` names what was asked for: "list buckets"."""
    part: str = ""
    """The part of the picture that it speaks of; empty for none."""
