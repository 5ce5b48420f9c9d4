"""A process that forks a run of the engine for each request, to be killed at a journal line.

Pulumi is loaded once; each fork starts from there. Requests come as JSON lines on the standard
input:

    {"call": "up", "root": …, "stack": …, "config": {…}, "url": …, "account": …, "secret": …,
     "home": [id, account],
     "options": {…}, "kill": {"line": 7, "when": "before"}}

`kill`: SIGKILL before the n-th line is written to the journal (so its AWS call was made and not
recorded), after it (so the next thing was recorded and not done), or with half of it written
("torn"); "SIGINT twice" sends two signals after it instead. The answer is a JSON line with how the
fork ended and how many lines it wrote.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rolelab import project
from rolelab.aws.endpoint import Credentials, Endpoint
from rolelab.engine import deploy, state
from rolelab.engine.stack import Home, Stack
from rolelab.engine.tally import Tally
from rolelab.engine.world import Line
from rolelab.secret import Secret
from rolelab.steps import Event


def main() -> None:
    """Serve requests until the input ends."""
    for module in ("pulumi_aws.iam", "rolelab.engine.program", "rolelab.engine.monitor"):
        importlib.import_module(module)  # once, before the forks
    for text in sys.stdin:
        request = json.loads(text)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _child(request, writing)
        os.close(writing)
        told = b""
        while block := os.read(reading, 65536):
            told += block
        os.close(reading)
        _, status = os.waitpid(child, 0)
        answer: dict[str, Any] = json.loads(told) if told else {}
        print(json.dumps({"killed": os.WIFSIGNALED(status), **answer}), flush=True)  # noqa: T201 - the answer


def _child(request: dict[str, Any], writing: int) -> None:
    lines = _Lines(request.get("kill"))
    lines.watch()
    endpoint = Endpoint(
        url=request["url"],
        region="us-east-1",
        credentials=Credentials(
            access_key_id=request["account"], secret_access_key=Secret(request["secret"])
        ),
    )
    stack = Stack(
        project=project.find(Path(request["root"])),
        name=request["stack"],
        configuration=request["config"],
        endpoint=endpoint,
        home=Home("local", *request["home"]),
    )
    options = deploy.RunOptions(**request.get("options", {}))
    events: list[str] = []
    told: dict[str, Any] = {}
    try:

        def listener(event: Event) -> None:
            events.append(repr(event))

        call = {"up": deploy.up, "preview": deploy.preview, "destroy": deploy.destroy}
        result = call[request["call"]](stack, listener, options)
        told = {"ok": result.ok, "error": str(result.error or "")}
    except BaseException as error:  # noqa: BLE001 - told to the test
        told = {"ok": False, "error": f"{type(error).__name__}: {error}"}
    os.write(writing, json.dumps({**told, "lines": lines.count, "events": events[-30:]}).encode())
    os._exit(0)


def checked(write: Callable[[state.StateStore, Line], None]) -> Callable[..., None]:
    """Return `write` with a look at the whole state after each line."""

    def written(held: state.StateStore, line: Line) -> None:
        write(held, line)
        with held._applying:  # pyright: ignore[reportPrivateUsage]
            faults = held.world.check()
        if faults:
            raise AssertionError(f"after {line}: {faults}")

    return written


class _Lines:
    """Counts journal lines, and does what is asked for at one of them."""

    def __init__(self, kill: dict[str, Any] | None) -> None:
        self.count = 0
        self._kill = kill or {"line": 0, "when": "after"}
        self._lock = threading.Lock()

    def watch(self) -> None:
        write = checked(state.StateStore._write)  # pyright: ignore[reportPrivateUsage]

        taken, interrupted = threading.Event(), Tally.interrupted

        def noticed(tally: Tally, signal_name: str) -> None:
            interrupted(tally, signal_name)
            taken.set()

        setattr(Tally, "interrupted", noticed)  # noqa: B010 - as below

        def watched(held: state.StateStore, line: Line) -> None:
            with self._lock:
                self.count += 1
                here = self.count == self._kill["line"]
            when = self._kill["when"]
            if here and when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            if here and when == "torn":
                os.write(held._journal, json.dumps(line).encode()[:-10])  # pyright: ignore[reportPrivateUsage]
                os.kill(os.getpid(), signal.SIGKILL)
            write(held, line)
            if here and when == "after":
                os.kill(os.getpid(), signal.SIGKILL)
            if here and when == "SIGINT twice":
                # The operation stays in flight until the first signal has been taken.
                os.kill(os.getpid(), signal.SIGINT)
                taken.wait(60)
                os.kill(os.getpid(), signal.SIGINT)

        setattr(state.StateStore, "_write", watched)  # noqa: B010 - the one seam, taken from outside


if __name__ == "__main__":
    main()
