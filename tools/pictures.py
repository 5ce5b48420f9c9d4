"""Take the README's pictures of the console, from the real thing: `make pictures`."""

from __future__ import annotations

import json
import shutil
import sys
import threading
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from rolelab.aws.clients import Clients  # noqa: E402 - from here, not from an installed copy
from rolelab.console.serving import ConsoleServer  # noqa: E402
from rolelab.localaws.process.server import in_process  # noqa: E402

ACCOUNT, PASSWORD = "111122223333", "Correct-horse-7"  # of a lab that lives for seconds
SIZE: ViewportSize = {"width": 1060, "height": 470}


def make_lab(root: Clients) -> None:
    """Make what the lesson makes."""
    root.iam.create_user(UserName="testuser")
    root.iam.create_login_profile(UserName="testuser", Password=PASSWORD)
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    role = root.iam.create_role(RoleName="s3Access", AssumeRolePolicyDocument=policy(trust))
    s3 = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    root.iam.attach_role_policy(RoleName="s3Access", PolicyArn=s3)
    grant = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role["Role"]["Arn"]}
    root.iam.put_user_policy(
        UserName="testuser", PolicyName="AssumeRole", PolicyDocument=policy(grant)
    )
    for bucket in ("holiday-pictures", "reports-2026"):
        root.s3.create_bucket(Bucket=bucket)


def policy(statement: object) -> str:
    """Return a document of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def take(window: Page) -> None:
    """Sign in, be refused, switch, and see the buckets."""
    window.goto("/signin?to=/s3/buckets")
    window.get_by_label("IAM username").fill("testuser")
    window.get_by_label("Password").fill(PASSWORD)
    window.get_by_role("button", name="Sign in").click()
    window.get_by_role("link", name="Why was this refused?").wait_for()
    window.screenshot(path=ROOT / "docs" / "console-refused.png")
    window.goto(f"/switchrole?account={ACCOUNT}&roleName=s3Access&color=green")
    window.get_by_role("button", name="Switch Role").click()
    window.get_by_role("button", name="s3Access/testuser").wait_for()
    window.goto("/s3/buckets")
    window.screenshot(path=ROOT / "docs" / "console-switched.png")


def main() -> None:
    """Take the pictures with the chromium of this machine."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("error: no chromium on PATH: install it (Debian: apt-get install chromium)")
    with in_process() as local_aws, sync_playwright() as playwright:
        make_lab(Clients(local_aws.endpoint(ACCOUNT)))
        server = ConsoleServer(local_aws, ACCOUNT)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        options = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=chromium, args=options)
        window = browser.new_page(base_url=server.around.address, viewport=SIZE)
        take(window)
        browser.close()
        server.end()
        thread.join(10)


if __name__ == "__main__":
    main()
