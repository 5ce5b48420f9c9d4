"""A local AWS for a while, and accounts on it that share nothing."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from rolelab.hands_on import environment
from rolelab.localaws.process import control, lifecycle
from rolelab.localaws.process.record import Instance, local_home_in
from rolelab.secret import Credentials

if TYPE_CHECKING:
    from rolelab.localaws.http.events import ApiEvent


class ClientSettings(TypedDict):
    """What leads a client of boto3 to an account: `boto3.client("iam", **settings)`."""

    endpoint_url: str
    region_name: str
    aws_access_key_id: str
    aws_secret_access_key: str


@dataclass(frozen=True, slots=True)
class Account:
    """One account of a local AWS, empty at first; the caller is its root."""

    id: str
    _instance: Instance

    @property
    def credentials(self) -> Credentials:
        """The root's key: the account's id, with the secret of the local AWS."""
        return Credentials(access_key_id=self.id, secret_access_key=self._instance.secret)

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment, in which every AWS tool is the account's root.

        What could lead elsewhere is not in it: profiles, session tokens, files in `~/.aws`.
        """
        endpoint = self._instance.endpoint(self.id)
        return environment.build(os.environ, endpoint, self.credentials)

    @property
    def client_settings(self) -> ClientSettings:
        """The same for a client of boto3, by its parameters."""
        return {
            "endpoint_url": self._instance.url,
            "region_name": self._instance.region,
            "aws_access_key_id": self.id,
            "aws_secret_access_key": self._instance.secret.reveal(),
        }

    def events(self) -> list[ApiEvent]:
        """Return who asked what in this account, with what answer, in CloudTrail's fields.

        Raises:
            CannotTell: the local AWS does not answer.
        """
        return control.events(self._instance, account=self.id)

    def remove_buckets(self) -> None:
        """Remove the account's buckets with what is in them: no other account can have their names.

        Raises:
            CannotTell: the local AWS does not answer.
        """
        control.remove_buckets(self._instance, self.id)


@dataclass(frozen=True, slots=True)
class LocalAws:
    """A running local AWS: IAM, STS and S3, with IAM enforced."""

    _instance: Instance
    _given: set[str] = field(default_factory=set[str])

    @property
    def url(self) -> str:
        """Where it answers, on this machine only."""
        return self._instance.url

    def account(self, account_id: str | None = None) -> Account:
        """Return an account: a named one, or one that nobody has been given yet.

        Raises:
            ValueError: the id has not 12 digits.
        """
        while account_id is None:
            drawn = f"{10**11 + secrets.randbelow(9 * 10**11)}"
            account_id = drawn if drawn not in self._given else None
        if not (len(account_id) == 12 and account_id.isascii() and account_id.isdigit()):
            raise ValueError(f"{account_id!r} is not an account id: give 12 digits")
        self._given.add(account_id)
        return Account(account_id, self._instance)


@contextmanager
def running(folder: Path | None = None) -> Iterator[LocalAws]:
    """Run a local AWS until the end of the block.

    With a folder it keeps there what it holds, for the next time; without one it is empty. It ends
    with this process, however that ends; one that ran before goes on.

    Raises:
        LabError: it cannot be started.
    """
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="rolelab-") as place, running(Path(place)) as aws:
            yield aws
        return
    home = local_home_in(folder)
    joined = lifecycle.ensure(home, owner=os.getpid())
    try:
        yield LocalAws(joined.instance)
    finally:
        if joined.started:
            lifecycle.stop(home)
