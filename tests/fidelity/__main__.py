"""`python -m tests.fidelity --endpoint URL`: how right is an emulator? 1: not always."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from pathlib import Path

from .runner import Answer, Runner, load


def main() -> int:
    """Run the cases and print what came of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.fidelity", description=__doc__)
    parser.add_argument(
        "--endpoint",
        default=os.environ.get("AWS_ENDPOINT_URL"),
        help="URL (default: AWS_ENDPOINT_URL)",
    )
    parser.add_argument(
        "--cases",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="files of cases (default: tests/fidelity/*.json)",
    )
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--json", action="store_true", help="every answer as JSON")
    options = parser.parse_args()
    if not options.endpoint:
        parser.error("name an emulator: --endpoint http://127.0.0.1:4566")
    # The secret comes from the environment: on a command line anybody could read it.
    runner = Runner(options.endpoint, os.environ.get("AWS_SECRET_ACCESS_KEY", "test"))
    answers = runner.run(load(options.cases), threads=options.threads)
    if options.json:
        _say(json.dumps([_shown(answer) for answer in answers], indent=1))
    else:
        _print(answers)
    return 0 if all(answer.right for answer in answers) else 1


def _print(answers: list[Answer]) -> None:
    for answer in answers:
        if not answer.right:
            case = answer.case
            _say(
                f"{case['id']:10} {case['title']}\n"
                f"{'':10} expected {case['expected']}, got {answer.got}: {answer.said}"
            )
    total, right = Counter[str](), Counter[str]()
    for answer in answers:
        total[answer.case["group"]] += 1
        right[answer.case["group"]] += answer.right
    for group, count in total.items():
        _say(f"{group:10} {right[group]:4} of {count}")
    _say(
        f"{'all':10} {sum(right.values()):4} of {len(answers)} "
        f"({sum(right.values()) / max(1, len(answers)):.1%})"
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _shown(answer: Answer) -> dict[str, object]:
    case = answer.case
    fields: dict[str, object] = {name: case[name] for name in ("id", "group", "title", "expected")}
    return fields | {"got": answer.got, "said": answer.said, "right": answer.right}


if __name__ == "__main__":
    sys.exit(main())
