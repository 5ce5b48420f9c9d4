"""Pages as HTML: templates that escape whatever they are given."""

from __future__ import annotations

import json
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rolelab.iam.arns import is_aws_policy

_HERE = Path(__file__).parent


def render(body: str, **values: Any) -> str:
    """Return a page: what all have in common, around the template `body`."""
    return _environment.get_template("base.html").render(body=body, **values)


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


def _time(moment: object) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC") if isinstance(moment, datetime) else "-"


def _type(arn: str) -> str:
    return "AWS managed" if is_aws_policy(arn) else "Customer managed"


def _last_part(arn: str) -> str:
    return arn.rpartition("/")[2]


_environment = Environment(
    loader=FileSystemLoader(_HERE),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# JSON on one line is compact: a browser changes line ends in what a form sends back.
_environment.filters |= {"document": _json, "compact": json.dumps, "time": _time}
_environment.filters |= {"quoted": partial(quote, safe=""), "last_part": _last_part, "type": _type}
