"""Where AWS is and who asks.

Light, so that a command can name an endpoint without loading boto3.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from rolelab.errors import UsageError
from rolelab.secret import Credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One AWS: the local one by its URL, or a real account (`url` None) in a region."""

    url: str | None
    region: str
    credentials: Credentials | None
    """The administrator's; None takes what the environment holds, as every AWS tool does."""

    @property
    def is_local(self) -> bool:
        """Whether it is the local AWS: this machine by a loopback address."""
        return self.url is not None and is_loopback(self.url)


def is_loopback(url: str) -> bool:
    """Return whether a URL names this machine by a loopback address or by `localhost`."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def require_loopback(url: str | None) -> None:
    """Refuse every endpoint that is not this machine: accounts are for the Pulumi CLI.

    Raises:
        UsageError: the URL is missing or is not loopback.
    """
    if url is None or not is_loopback(url):
        raise UsageError(
            f"the embedded engine works on a local AWS only, not on {url or 'a real account'}",
            where="AWS_ENDPOINT_URL",
            do="use `pulumi up` for an account, or unset it",
        )
