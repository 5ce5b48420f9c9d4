"""Where AWS is and who asks.

Light, so that a command can name an endpoint without loading boto3.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit, urlunsplit

from rolelab.errors import UsageError
from rolelab.secret import Credentials

HEALTH_PATH = "/_rolelab/health"
"""Where the local AWS tells anybody that it lives."""


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


def checked(url: str) -> str:
    """Return the URL of an endpoint as it is.

    Raises:
        UsageError: it is none.
    """
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        is_whole = False
    if not is_whole or not url.isprintable():
        do = "give one such as http://127.0.0.1:4566, or unset it"
        what = f"{url!r} is not the URL of an endpoint"
        raise UsageError(what, where="AWS_ENDPOINT_URL", do=do)
    return url


def normal(url: str) -> str:
    """Return one spelling for all that name the same place, so that they can be compared."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url
    host = "127.0.0.1" if host == "localhost" else f"[{host}]" if ":" in host else host
    netloc = f"{host}:{port}" if port else host
    return urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), parts.query, ""))


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
