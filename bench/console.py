"""The console: its first page, and pages against the bare calls that they are made of."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import urllib3

from bench.figures import Figure, compared, plain, rounds
from bench.run import LAB_ACCOUNT, Failed, Project
from rolelab.aws.clients import Clients
from rolelab.localaws.process import probe

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

_USERS = 5000
_TOUR = ("/console/home", "/s3/buckets", "/iam/roles", "/events", "/why?action=s3:ListAllMyBuckets")
_ROOT = re.compile(r"(http://127\.0\.0\.1:\d+)(/signin/root\?token=\S+)")


@dataclass
class RunningConsole:
    """A console as its users start it, with root signed in."""

    process: subprocess.Popen[str]
    address: str
    first_page_s: float
    cookie: str
    pool: urllib3.PoolManager

    @classmethod
    def start(cls, project: Project) -> RunningConsole:
        """Start it and look at the sign-in page; the local AWS runs already."""
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "rolelab", "console"],
            cwd=project.folder,
            env=project.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        lines = process.stdout or ()
        link = next(filter(None, map(_ROOT.search, lines)))
        pool = urllib3.PoolManager()
        pool.request("GET", f"{link[1]}/signin")
        first_page_s = time.perf_counter() - begun
        answer = pool.request("GET", link[1] + link[2], redirect=False)
        cookie = answer.headers["set-cookie"].partition(";")[0]
        return cls(process, link[1], first_page_s, cookie, pool)

    def page_s(self, path: str) -> float:
        """Return the seconds of one page."""
        begun = time.perf_counter()
        answer = self.pool.request("GET", self.address + path, headers={"cookie": self.cookie})
        if answer.status != 200:
            raise Failed(f"{path}: {answer.status}")
        return time.perf_counter() - begun

    def memory_mb(self) -> float | None:
        """Return what the process holds; None where the system does not say."""
        try:
            with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:  # noqa: PTH123
                return int(re.findall(r"VmRSS:\s+(\d+) kB", status.read())[0]) / 1024
        except FileNotFoundError:
            return None

    def end(self) -> None:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)
        if self.process.stdout:
            self.process.stdout.close()


def measured(project: Project, *, large: bool) -> Iterator[Figure]:
    """Yield the console's figures; with `large` also the list of many users."""
    project.rolelab("local", "start")
    instance = probe.find(project.folder / ".rolelab" / "local").instance
    if instance is None:
        raise Failed("the local AWS does not run")
    iam = Clients(instance.endpoint(LAB_ACCOUNT)).iam
    starts: list[float] = []
    for _ in range(3):
        console = RunningConsole.start(project)
        starts.append(console.first_page_s)
        console.end()
    yield plain("console: first page, from its start", starts, limit=0.6)
    console = RunningConsole.start(project)
    iam.create_user(UserName="bench-0000")

    def of_user() -> None:
        iam.get_user(UserName="bench-0000")
        iam.list_user_policies(UserName="bench-0000")
        iam.list_attached_user_policies(UserName="bench-0000")

    pages = rounds(11, lambda: console.page_s("/iam/users/bench-0000"), timed(of_user))[1:]
    yield compared("console: page of a user", "bare calls", pages)
    yield plain("console: page of a user, at most", [ours for ours, _ in pages], limit=0.06)
    policies = rounds(
        5, lambda: console.page_s("/iam/policies"), timed(lambda: listed(iam, "list_policies"))
    )
    yield compared("console: page of all policies", "bare calls", policies, limit=1.5)
    for page in _TOUR:
        console.page_s(page)
    if (held := console.memory_mb()) is not None:
        yield plain("console: memory, after a tour of its pages", [held], limit=60, unit="MB")
    if large:
        for number in range(1, _USERS):
            iam.create_user(UserName=f"bench-{number:04}")
        bare = timed(lambda: listed(iam, "list_users"))
        lists = rounds(5, lambda: console.page_s("/iam/users?search=42"), bare)
        yield compared("console: list of 5,000 users", "bare calls", lists, limit=1.5)
    console.end()
    project.rolelab("local", "stop")


def listed(iam: IAMClient, operation: Literal["list_users", "list_policies"]) -> None:
    """Read a list of IAM's to its end."""
    list(iam.get_paginator(operation).paginate(PaginationConfig={"PageSize": 1000}))


def timed(act: Callable[[], object]) -> Callable[[], float]:
    """Return what measures an act, in seconds."""

    def measure() -> float:
        begun = time.perf_counter()
        act()
        return time.perf_counter() - begun

    return measure
