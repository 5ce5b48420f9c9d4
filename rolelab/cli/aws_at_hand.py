"""Which AWS a command is about: the project's own local one, or what the environment names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from rolelab.cli.deploying import existing_stack
from rolelab.errors import UsageError

if TYPE_CHECKING:
    from rolelab.aws.endpoint import Endpoint
    from rolelab.engine.recorded import Status
    from rolelab.engine.stack import Home, Stack
    from rolelab.project import Project


def find_stack(
    name: str,
    configuration: Mapping[str, str] | None = None,
    *,
    meanwhile: Callable[[], None] = lambda: None,
) -> tuple[Stack, str]:
    """Find a stack and its AWS; return it with a line for people if that was started for it.

    The AWS is the project's own local one, started if need be while `meanwhile` is called. Where
    AWS_ENDPOINT_URL names another one on this machine, AWS_* of the environment has the key.

    Raises:
        UsageError: no project here, no such stack, an endpoint elsewhere.
        LabError: the local AWS cannot be started.
    """
    from rolelab import project
    from rolelab.engine.stack import Stack

    here = project.find()
    name = existing_stack(here, name)
    if url := _another_aws(here):
        endpoint, home, line = *_named_aws(url), ""
    else:
        endpoint, home, line = _own_aws(here, meanwhile)
    stack = Stack(
        project=here,
        name=name,
        configuration=configuration or {},
        endpoint=endpoint,
        home=home,
    )
    return stack, line


def present_home(here: Project) -> Home | None:
    """Return the AWS that a command is about, as far as it is known without asking anybody."""
    from rolelab.engine.stack import Home
    from rolelab.localaws.process.record import read_record

    if url := _another_aws(here):
        return Home.named(url, os.environ.get("AWS_ACCESS_KEY_ID", ""))
    record = read_record(here.local_home)
    if record is None:
        return None
    account = _named_account()
    other = _beside_the_first(account) if _is_account(account) else ""
    return Home("local", record.instance_id, other)


def where_it_is(here: Project, home: Home | None) -> str:
    """Return what is to be said of a lab that is not in the AWS at hand; empty for one that is.

    Nobody is asked but the project's own local AWS, whether it runs.
    """
    from rolelab.localaws.process import probe
    from rolelab.localaws.process.record import DEFAULT_ACCOUNT, read_record

    at = present_home(here)
    if home is None or (home.kind == "endpoint" and home.is_beside(at)):
        return ""
    if home.kind == "endpoint":
        return f"it is on {home.words}, which AWS_ENDPOINT_URL does not name"
    record, local = read_record(here.local_home), probe.find(here.local_home)
    if record is None and local.state is not probe.State.STOPPED:
        return f"whether it is there cannot be said: {local.line}"
    if record is None or record.instance_id != home.id:
        return f"it is on another local AWS ({home}) than the project's own"
    if local.state in (probe.State.DEAD, probe.State.FOREIGN) and not record.kept:
        return "its local AWS was killed, and what it held is lost"
    if url := _another_aws(here):
        return f"it is in the project's own local AWS, not on {url}, which AWS_ENDPOINT_URL names"
    account = home.account or DEFAULT_ACCOUNT
    return "" if home == at else f"it is in account {account} of the project's own local AWS"


def local_account(here: Project, stack: str) -> str:
    """Return the account of the project's own local AWS that work on a stack is done in.

    It is the one that the environment names, or the one of the stack's lab, or the first.
    """
    from rolelab.engine import recorded
    from rolelab.engine.stack import Home
    from rolelab.localaws.process.record import DEFAULT_ACCOUNT, read_record

    at = present_home(here)
    if at is not None and at.kind == "local" and at.account:
        return at.account
    record, status = read_record(here.local_home), recorded.status(here, stack, at)
    own = Home("local", record.instance_id) if record else None
    is_there = status.exists and status.home is not None and status.home.is_beside(own)
    return (status.home.account if is_there and status.home else "") or DEFAULT_ACCOUNT


def what_is_elsewhere(here: Project, status: Status) -> Iterator[str]:
    """Yield a line for each other AWS that the stack has something in, as far as that is known."""
    from rolelab.engine.stack import Home
    from rolelab.localaws.process.record import read_record

    record = read_record(here.local_home)
    for text, count in status.elsewhere.items():
        home = Home.parse(text)
        if record and home and home.kind == "local" and home.id != record.instance_id:
            # That local AWS is gone with all that it held.
            continue
        place = where_it_is(here, home)
        yield f"{count} more resources in another AWS ({text}){f': {place}' if place else ''}"


def _another_aws(here: Project) -> str:
    """Return what AWS_ENDPOINT_URL names where that is not the project's own local AWS.

    Raises:
        UsageError: it is not the URL of an endpoint.
    """
    from rolelab.aws.endpoint import checked, normal
    from rolelab.localaws.process.record import read_record

    url = os.environ.get("AWS_ENDPOINT_URL", "")
    record = read_record(here.local_home) if url and checked(url) else None
    is_own = record is not None and normal(url) == f"http://127.0.0.1:{record.port}"
    return "" if is_own else url


def _own_aws(here: Project, meanwhile: Callable[[], None]) -> tuple[Endpoint, Home, str]:
    from concurrent.futures import ThreadPoolExecutor

    from rolelab.engine.stack import Home
    from rolelab.localaws.process import lifecycle

    with ThreadPoolExecutor(max_workers=1) as pool:
        starting = pool.submit(lifecycle.ensure, here.local_home)
        meanwhile()
        started = starting.result()
    running, account = started.instance, _named_account()
    if not _is_account(account):
        raise UsageError(
            f"{account} is not an administrator's key of the local AWS",
            where="AWS_ACCESS_KEY_ID",
            do='unset AWS_*, or run eval "$(rolelab local env)"',
        )
    home = Home("local", running.instance_id, _beside_the_first(account))
    return running.endpoint(account), home, started.line if started.started else ""


def _named_account() -> str:
    """Return the local AWS's account that the environment leads to: its root's key names it."""
    from rolelab.localaws.process.record import DEFAULT_ACCOUNT

    named = os.environ.get("AWS_ENDPOINT_URL") and os.environ.get("AWS_ACCESS_KEY_ID")
    return named or DEFAULT_ACCOUNT


def _is_account(key: str) -> bool:
    return len(key) == 12 and key.isascii() and key.isdigit()


def _beside_the_first(account: str) -> str:
    """Return the account as a home has it: the local AWS's first one is not named."""
    from rolelab.localaws.process.record import DEFAULT_ACCOUNT

    return "" if account == DEFAULT_ACCOUNT else account


def _named_aws(url: str) -> tuple[Endpoint, Home]:
    from rolelab.aws.endpoint import Credentials, Endpoint, require_loopback
    from rolelab.engine.stack import Home
    from rolelab.localaws.process.record import DEFAULT_REGION
    from rolelab.secret import Secret

    require_loopback(url)
    environment = os.environ.get
    key, secret = environment("AWS_ACCESS_KEY_ID"), environment("AWS_SECRET_ACCESS_KEY")
    if not key or not secret:
        raise UsageError(
            f"{url} is not the local AWS of this project, and there is no key for it",
            where="AWS_ENDPOINT_URL",
            do="unset it, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY as well",
        )
    token = environment("AWS_SESSION_TOKEN")
    credentials = Credentials(
        access_key_id=key,
        secret_access_key=Secret(secret),
        session_token=Secret(token) if token else None,
    )
    region = environment("AWS_REGION") or environment("AWS_DEFAULT_REGION") or DEFAULT_REGION
    return Endpoint(url=url, region=region, credentials=credentials), Home.named(url, key)
