"""What somebody gives or has spoilt: one clear line and the right exit code, and nothing waits."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rolelab import whole_file
from rolelab.engine import stack_lock
from rolelab.localaws.process import lifecycle
from tests.cli.in_process import InProcess
from tests.cli.test_local_lab import Project

STACK = Path(".rolelab") / "stacks" / "dev"
LOCAL = Path(".rolelab") / "local"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    made = InProcess(tmp_path_factory.mktemp("bad"))
    assert made.rolelab("up", "--yes").returncode == 0
    yield made
    lifecycle.stop(made.local)


@pytest.fixture
def spoilt(lab: Project) -> Iterator[Callable[[Path, str | None], None]]:
    """Put other content, or with None a pipe, in the place of a file; it is put back afterwards."""
    kept: dict[Path, bytes | None] = {}

    def spoil(name: Path, content: str | None) -> None:
        path = lab.folder / name
        kept[path] = path.read_bytes() if path.exists() else None
        path.unlink(missing_ok=True)
        if content is None:
            os.mkfifo(path)
        else:
            path.write_text(content)

    yield spoil
    for path, content in kept.items():
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)


def refused(lab: Project, *words: str, **environment: str) -> tuple[int, str]:
    """Run a command; return its exit code and its one line."""
    done = lab.rolelab(*words, env=environment)
    assert "Traceback" not in done.stdout + done.stderr
    (line,) = (each for each in done.stderr.splitlines() if not each.startswith("Usage:"))
    return done.returncode, line


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["verify", "--json", "x", "--html", "./x"], "two forms cannot share ./x"),
        (["verify", "--json", "-", "--junit", "-"], "cannot share the standard output"),
        (["verify", "--html", ""], "no file is named"),
        (["verify", "--html", "."], "Is a directory"),
        (["verify", "--junit", "/no/such/folder/x"], "No such file or directory"),
        (["verify", "--json", "/proc/x"], "cannot be written"),
        (["verify", "--wait", "nan"], "not a number of seconds"),
        (["verify", "--wait", "inf"], "not in the range"),
        (["verify", "--outputs", ""], "not the name of a file"),
        (["verify", "--outputs", "/dev/zero"], "not a JSON object"),
        (["verify", "--outputs", "."], "Is a directory"),
        (["exec", "--", ""], "not a command"),
        (["local", "clock", "--forward", "99999999d"], "too far"),
        (["local", "clock", "--forward", "-1d"], "not a length of time"),
        (["local", "clock", "--forward", "1d", "--reset"], "exclude each other"),
    ],
)
def test_wrong_usage_is_told_before_the_work(lab: Project, words: list[str], told: str) -> None:
    before = sorted(lab.folder.iterdir())
    code, line = refused(lab, *words)
    assert (code, told in line) == (2, True), line
    assert sorted(lab.folder.iterdir()) == before


@pytest.mark.parametrize(
    "url",
    ["http://[::1", "127.0.0.1:80", "http://127.0.0.1:99999", "http://", "ftp://127.0.0.1"],
)
@pytest.mark.parametrize("words", [["up", "--yes"], ["destroy", "--yes"], ["status"], ["verify"]])
def test_what_is_not_a_url_is_not_an_endpoint(lab: Project, url: str, words: list[str]) -> None:
    code, line = refused(lab, *words, AWS_ENDPOINT_URL=url)
    assert (code, f"{url!r} is not the URL of an endpoint" in line) == (2, True), line


STATES = [
    "",
    "[]",
    "7",
    '{"version": 1}',
    '{"version":1,"generation":"x","instance":"","resources":[],"doomed":[],"pending":{}}',
    '{"version":1,"generation":1,"instance":5,"resources":[],"doomed":[],"pending":{}}',
    '{"version":1,"generation":1,"instance":"","resources":[5],"doomed":[],"pending":{}}',
    '{"version":1,"generation":1,"instance":"","resources":{},"doomed":[],"pending":[]}',
    '{"version":1,"generation":1,"instance":"","resources":[{"urn":5,"type":"x","custom":true}],'
    '"doomed":[],"pending":{}}',
    None,
]


@pytest.mark.parametrize("content", STATES)
def test_a_state_of_another_form_is_told_and_left_as_it_is(
    lab: Project, spoilt: Callable[[Path, str | None], None], content: str | None
) -> None:
    spoilt(STACK / "state.json", content)
    for words, code in {"up --yes": 1, "destroy --yes": 3, "status": 3, "verify": 3}.items():
        got, line = refused(lab, *words.split())
        assert (got, "the state cannot be read" in line) == (code, True), line
    if content is not None:
        assert (lab.folder / STACK / "state.json").read_text() == content


@pytest.mark.parametrize("content", ["x", "[]", '{"port": "a"}', "null", "7"])
def test_the_record_of_what_runs_is_spoilt(
    lab: Project, spoilt: Callable[[Path, str | None], None], content: str
) -> None:
    """What is said works: it names one place, and the way to go on."""
    spoilt(LOCAL / "instance.json", content)
    code, line = refused(lab, "verify")
    assert code == 3
    assert line.count(str(lab.folder)) == 1
    assert "run `rolelab local stop`, then `rolelab up` again" in line
    assert "whether it is there cannot be said" in lab.rolelab("status").stdout


def test_a_spoilt_secret_is_got_over_by_what_is_said(
    lab: Project, spoilt: Callable[[Path, str | None], None]
) -> None:
    spoilt(LOCAL / "secret", "x")
    code, line = refused(lab, "verify")
    assert code == 3
    assert "run `rolelab local stop`, then `rolelab up` again" in line
    assert lab.rolelab("local", "stop").returncode == 0
    assert "unchanged" in lab.rolelab("up", "--yes").stdout
    shutil.copy(lab.local / "secret", lab.folder / "now")
    assert lab.rolelab("verify").returncode == 0


@pytest.mark.parametrize("name", [LOCAL / "instance.json", Path("Pulumi.dev.yaml"), STACK / "lock"])
def test_a_pipe_in_the_place_of_a_file_is_told(
    lab: Project, spoilt: Callable[[Path, str | None], None], name: Path
) -> None:
    spoilt(name, None)
    code, line = refused(lab, "up", "--yes")
    assert code in (1, 2, 3)
    assert name.name in line


SET_FOR_AN_ACCOUNT = {
    "AWS_DEFAULTS_MODE": "bogus",
    "AWS_RETRY_MODE": "bogus",
    "AWS_MAX_ATTEMPTS": "many",
    "AWS_CA_BUNDLE": "/no/such/bundle",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
    "AWS_STS_REGIONAL_ENDPOINTS": "bogus",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_CONFIG_FILE": "/dev/urandom",
    "AWS_SHARED_CREDENTIALS_FILE": "/no/such/file",
    "AWS_PROFILE": "nobody",
    "AWS_DATA_PATH": "/no/such/folder",
    "AWS_REQUEST_CHECKSUM_CALCULATION": "bogus",
    "AWS_RESPONSE_CHECKSUM_VALIDATION": "bogus",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "bogus",
    "AWS_AUTH_SCHEME_PREFERENCE": "bogus",
    "AWS_ENDPOINT_URL_IAM": "http://127.0.0.1:1",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
    "AWS_REGION": "mars-1",
    "AWS_DEFAULT_REGION": "mars-1",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "HTTPS_PROXY": "http://127.0.0.1:1",
    "ALL_PROXY": "http://127.0.0.1:1",
    "http_proxy": "http://127.0.0.1:1",
    "GATEWAY_PORT": "many",
    "MINISTACK_HOST": "no.such.host",
    "HOSTNAME": "no.such.host",
    "LOG_LEVEL": "bogus",
}


def test_what_is_set_for_an_account_does_not_reach_the_local_lab(tmp_path: Path) -> None:
    """Nor the process of the local AWS: all of it is set when that is started."""
    project = InProcess(tmp_path)
    try:
        for words in ("up --yes", "verify", "explain", "mend --yes", "destroy --yes", "demo"):
            done = Project.rolelab(project, *words.split(), env=SET_FOR_AN_ACCOUNT)
            assert done.returncode == 0, (words, done.stdout, done.stderr)
    finally:
        lifecycle.stop(project.local)


def test_a_folder_without_a_program_starts_nothing(tmp_path: Path) -> None:
    project = InProcess(tmp_path)
    (tmp_path / "__main__.py").unlink()
    for words in (["up", "--yes"], ["preview"]):
        code, line = refused(project, *words)
        assert (code, "there is no __main__.py" in line) == (2, True)
    assert not project.local.exists()


def test_a_program_that_exports_no_lab_is_told_all_that_it_lacks(tmp_path: Path) -> None:
    """To run `rolelab up` to its end would lead round in a circle."""
    project = InProcess(tmp_path)
    text = 'import pulumi\npulumi.export("a", 1)\npulumi.export("role", {"name": "x"})\n'
    (tmp_path / "__main__.py").write_text(text)
    try:
        made = project.rolelab("up", "--yes")
        assert made.stdout.splitlines()[-1].startswith("Next: `rolelab outputs` shows")
        code, line = refused(project, "verify")
        assert code == 2
        lacking = "accountId, region, learners, role.arn, role.maxSessionDuration"
        assert f"the outputs lack {lacking} (stack dev): export what docs/" in line
        # In a process of its own: one local AWS at a time is in this one.
        told = Project.rolelab(project, "demo")
        assert told.returncode == 2
        assert "the lesson is about the lab's own program" in told.stderr
        assert project.rolelab("destroy", "--yes").returncode == 0
    finally:
        lifecycle.stop(project.local)


def test_verify_beside_an_up_that_is_under_way_says_so(tmp_path: Path) -> None:
    project = InProcess(tmp_path)
    folder = tmp_path / STACK
    whole_file.make_private(folder)
    descriptor = stack_lock.take(folder, "up")
    try:
        code, line = refused(project, "verify")
    finally:
        os.close(descriptor)
    assert code == 3
    assert "it is in use by `rolelab up`" in line


def test_an_up_that_was_cut_short_is_not_no_lab(
    lab: Project, spoilt: Callable[[Path, str | None], None]
) -> None:
    content = json.loads((lab.folder / STACK / "state.json").read_text())
    for resource in content["resources"]:
        if resource["type"] == "pulumi:pulumi:Stack":
            resource["outputs"] = {}
    spoilt(STACK / "state.json", json.dumps(content))
    code, line = refused(lab, "verify")
    assert (code, "`rolelab up` was not finished" in line) == (2, True), line


def test_up_says_what_is_next(tmp_path: Path) -> None:
    """Where something was made; in words that can be typed as they are."""
    project = InProcess(tmp_path)
    (tmp_path / "Pulumi.b.yaml").write_text("config:\n  assume-role-lab:learners: [ada, ben]\n")
    try:
        last = project.rolelab("up", "--yes").stdout.splitlines()[-2:]
        assert last == [
            "Next: `rolelab verify` proves it, `rolelab exec` is a shell as testuser,"
            " `rolelab destroy` removes it.",
            "In a browser: `rolelab console`; the passwords:"
            " `rolelab outputs learners --show-secrets`.",
        ]
        assert "Next" not in project.rolelab("up", "--yes").stdout
        assert project.rolelab("destroy", "--yes").returncode == 0
        last = project.rolelab("up", "--yes", "-s", "b").stdout.splitlines()[-1]
        assert "`rolelab exec -s b --as ada` is a shell as ada" in last
        assert project.rolelab("destroy", "--yes", "-s", "b").returncode == 0
    finally:
        lifecycle.stop(project.local)
