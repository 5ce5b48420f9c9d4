"""The whole lesson by hand in a browser, from an empty account, as the page tells it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from rolelab.console.serving import ConsoleServer
from tests.console.steps import as_root, create_role, create_user, grant, sign_in, switch_role


def test_the_lesson_by_hand(
    window: Page, private_window: Page, console: ConsoleServer, account: str, tmp_path: Path
) -> None:
    """Create user and role, be refused, grant, switch, work in S3, switch back, delete both."""
    as_root(window, console)
    create_user(window, "testuser")
    role_arn = create_role(window, "s3Access")

    learner = private_window
    sign_in(learner, account, "testuser")
    learner.goto("/s3/buckets")
    expect(learner.get_by_role("heading", name="Buckets", exact=True)).to_be_visible()
    expect(learner.get_by_role("alert")).to_contain_text(
        f"User: arn:aws:iam::{account}:user/testuser is not authorized to perform: "
        "s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action"
    )
    switch_role(learner, account, "s3Access")
    expect(learner.get_by_role("alert").last).to_contain_text("is not authorized to perform")

    grant(window, "testuser", role_arn)
    switch_role(learner, account, "s3Access")
    expect(learner.get_by_role("button", name="s3Access/testuser")).to_be_visible()
    learner.goto("/s3/buckets")
    bucket = f"lesson-{account}"
    learner.get_by_label("Bucket name").fill(bucket)
    learner.get_by_role("button", name="Create bucket").click()
    (tmp_path / "hello.txt").write_text("hello")
    learner.get_by_label("Files").set_input_files(tmp_path / "hello.txt")
    learner.get_by_role("button", name="Upload").click()
    with learner.expect_download() as download:
        learner.get_by_role("link", name="Download hello.txt").click()
    assert download.value.path().read_text() == "hello"
    learner.get_by_role("checkbox", name="hello.txt").check()
    learner.get_by_role("button", name="Delete", exact=True).click()
    expect(learner.get_by_text("1 deleted.")).to_be_visible()
    learner.get_by_role("button", name="Delete bucket").click()
    expect(learner.get_by_text(f"Bucket {bucket} is deleted.")).to_be_visible()

    learner.get_by_role("button", name="s3Access/testuser").click()
    learner.get_by_role("button", name="Switch back").click()
    learner.goto("/s3/buckets")
    expect(learner.get_by_role("alert")).to_contain_text("s3:ListAllMyBuckets")

    for folder, name in (("roles", "s3Access"), ("users", "testuser")):
        window.goto(f"/iam/{folder}/{name}")
        window.get_by_role("button", name="Delete", exact=True).click()
        window.get_by_role("textbox").fill(name)
        window.get_by_role("button", name="Delete").click()
        expect(window.get_by_text(f"{name} is deleted.")).to_be_visible()
