"""The local AWS for other people's tests: docs/test-double.md does what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import time
import venv
from pathlib import Path

import pytest
import yaml

from rolelab import testing
from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Endpoint
from tests.cli.conftest import aws_cli as aws_cli
from tests.conftest import KEPT, local_aws_processes

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "test-double.md").read_text(encoding="utf-8")


def block(language: str, containing: str) -> str:
    """Return the fenced block of the page that contains a text."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (found,) = (text for text in blocks if containing in text)
    return found


def clients(account: testing.Account) -> Clients:
    settings = account.client_settings
    return Clients(
        Endpoint(
            url=settings["endpoint_url"],
            region=settings["region_name"],
            credentials=account.credentials,
        )
    )


def run_example(folder: Path, python: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the page's example as a project of its own; what it leaves is below `folder`."""
    (folder / "test_reports.py").write_text(block("python", "test_reports.py"), encoding="utf-8")
    temporary = folder / "tmp"
    temporary.mkdir()
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=build/tests.xml", *options]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(temporary),
        # What a developer's shell has: none of it may reach a test.
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "old",
    }
    return subprocess.run(
        [python, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_the_example_of_the_page_runs_in_a_project_of_its_own(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    """One account a test, so that fixed names collide in none; with workers, too."""
    done = run_example(tmp_path, sys.executable, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    assert 'tests="2"' in (tmp_path / "build" / "tests.xml").read_text()
    assert local_aws_processes(tmp_path) == {}
    assert list((tmp_path / "tmp").glob("rolelab-*")) == []


def test_what_is_read_at_run_time_is_installed_too() -> None:
    """A clone has all files; what pip installs has those that the description names."""
    tomllib = pytest.importorskip("tomllib")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["*"]
    files = [path for top in ("rolelab", "components") for path in (ROOT / top).rglob("*.*")]
    compiled = {".pyc", ".pyo"}
    for file in (path for path in files if path.suffix not in compiled):
        fits = any(file.match(pattern) for pattern in ("*.py", *patterns))
        assert fits, f"{file} is not in the package-data of pyproject.toml"


@pytest.mark.long
def test_it_is_installed_by_pip_into_another_environment(tmp_path: Path) -> None:
    """Not editable, without the clone's own environment: all that is needed comes along."""
    project = tmp_path / "project"
    project.mkdir()
    venv.create(tmp_path / "env", with_pip=True)
    python = str(tmp_path / "env" / "bin" / "python")
    clients_of_packages = ("PIP_", "SSL_", "REQUESTS_", KEPT)
    environment = {
        name.removeprefix(KEPT): value
        for name, value in os.environ.items()
        if name.startswith((*clients_of_packages, "PATH"))
    }
    install = [python, "-m", "pip", "install", "--quiet", str(ROOT), "pytest"]
    subprocess.run(install, env=environment, cwd=project, check=True, timeout=600)
    done = run_example(project, python)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_lines_for_a_shell_do_what_the_page_says(tmp_path: Path, aws_cli: Path) -> None:
    """In any folder, with any tool: anna is in one account, and not in the other."""
    scripts = sysconfig.get_path("scripts")
    environment = {
        "PATH": os.pathsep.join([scripts, str(aws_cli.parent), os.environ["PATH"]]),
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        ["sh", "-euc", block("sh", "local start")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "arn:aws:iam::111122223333:user/anna" in done.stdout
    assert '"Users": []' in done.stdout
    assert re.search(r"root +iam:CreateUser +anna +ok", done.stdout)
    assert local_aws_processes(tmp_path) == {}


def test_the_job_of_the_page_runs_what_is_tested_here() -> None:
    """Of a CI's file nothing runs here: its steps are those of the tests above, and no others."""
    steps = yaml.safe_load(block("yaml", "actions/checkout"))["jobs"]["test"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == [
        "python -m pip install ./assume-role-lab pytest pytest-xdist",
        "python -m pytest -n auto --junitxml=build/tests.xml",
    ]


def test_accounts_share_nothing_but_the_names_of_buckets() -> None:
    """As on AWS; a test that is done gives the names back."""
    with testing.running() as aws:
        first, second = aws.account(), aws.account()
        assert first.id != second.id
        assert aws.account("000000000001").id == "000000000001"
        for account in (first, second):
            clients(account).iam.create_user(UserName="anna")
        s3 = clients(first).s3
        s3.create_bucket(Bucket="reports")
        s3.put_object(Bucket="reports", Key="a/b", Body=b"x")
        with pytest.raises(Exception, match="BucketAlreadyExists"):
            clients(second).s3.create_bucket(Bucket="reports")
        first.remove_buckets()
        clients(second).s3.create_bucket(Bucket="reports")
        assert "Contents" not in clients(second).s3.list_objects_v2(Bucket="reports")
        asked = [(event["eventName"], event.get("errorCode")) for event in second.events()]
        assert asked == [
            ("CreateUser", None),
            ("CreateBucket", "BucketAlreadyExists"),
            ("CreateBucket", None),
            ("ListObjects", None),
        ]
        assert second.environment["AWS_ACCESS_KEY_ID"] == second.id
        secret = second.client_settings["aws_secret_access_key"]
        assert secret not in repr((aws, first, second))


def test_an_account_has_twelve_digits() -> None:
    """Any other key would be nobody's."""
    with testing.running() as aws:
        for account in ("", "12", "12345678901a", "1234567890123", "²" * 12):
            with pytest.raises(ValueError, match="give 12 digits"):
                aws.account(account)


def test_it_ends_with_tests_that_were_killed(tmp_path: Path) -> None:
    """A cancelled job leaves nothing running."""
    code = "import pathlib, rolelab.testing as t, sys, time\n"
    code += "with t.running(pathlib.Path(sys.argv[1])): print('runs', flush=True); time.sleep(60)"
    words = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as tests:
        assert tests.stdout
        assert tests.stdout.readline() == "runs\n"
        assert len(local_aws_processes(tmp_path)) == 1
        tests.kill()
    deadline = time.monotonic() + 20
    while local_aws_processes(tmp_path):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_one_that_ran_before_goes_on(tmp_path: Path) -> None:
    """It is somebody's: the tests have joined it."""
    with testing.running(tmp_path) as first:
        with testing.running(tmp_path) as second:
            assert second.url == first.url
        assert clients(first.account()).iam.list_users()["Users"] == []


def test_with_a_folder_it_holds_what_it_held(tmp_path: Path) -> None:
    """For a fixture that takes long to make."""
    for users in (0, 1):
        with testing.running(tmp_path) as aws:
            root = clients(aws.account("111122223333"))
            assert len(root.iam.list_users()["Users"]) == users
            root.iam.create_user(UserName=f"user{users}")
