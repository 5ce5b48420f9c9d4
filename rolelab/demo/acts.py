"""What the steps of the lesson do: a real call each, and whether its answer is as taught."""

from __future__ import annotations

import secrets
import shlex
from dataclasses import replace

from components import documents
from rolelab import outputs
from rolelab.aws import role_session
from rolelab.aws.callers import Callers
from rolelab.aws.endpoint import Endpoint
from rolelab.aws.patience import Clock
from rolelab.demo.lesson_stack import LessonStack
from rolelab.errors import UsageError
from rolelab.iam import Layer
from rolelab.secret import Credentials
from rolelab.switch import Switch

SESSION_NAME = "lesson"

ADMINISTRATOR = "administrator"
LEARNER = "{user}"
ROLE = "{role} session"

Seen = tuple[bool, tuple[str, ...]]
"""Whether it is as taught, and what AWS's answer holds, a line each."""


class Acts:
    """One lab on one local AWS; the acts follow in the order of the lesson.

    Requests are signed for whoever `calling_as` names.
    """

    def __init__(self, endpoint: Endpoint, stack: LessonStack) -> None:
        if endpoint.credentials is None:
            raise ValueError("the lesson needs the administrator's key")
        self.keys: dict[str, Credentials] = {ADMINISTRATOR: endpoint.credentials}
        """Of everybody who acts in the lesson, as they get them."""
        self.names: dict[str, str] = {}
        """What the fields in the texts of the steps stand for, known once the lab is made."""
        self._endpoint = endpoint
        self._aws = Callers(endpoint)
        self._stack = stack
        self._bucket = f"assume-role-lab-{secrets.token_hex(4)}"
        self._lab: outputs.Lab
        self._switch: Switch
        self._is_made = False

    def make_lab(self, *, grant: bool) -> Seen:
        """Make the lab, or update it."""
        self._is_made = True
        raw, did = self._stack.up(grant=grant)
        try:
            lab = self._lab = outputs.parse(raw, where="the lesson's stack")
        except UsageError as error:
            what, do = "the lesson is about the lab's own program", "go to the lab's folder"
            raise UsageError(what, where=f"this one's: {error.what}", do=do) from None
        learner = lab.learners[0]
        self._switch = replace(lab.switch(learner), session_name=SESSION_NAME)
        self.keys[LEARNER] = learner.credentials
        self.names = {
            "user": learner.user_name,
            "role": lab.role.name,
            "switch": self._switch.command,
            "grant": shlex.quote(documents.as_json(lab.grant_policy)),
            "bucket": f"s3://{self._bucket}",
        }
        return bool(did) and lab.grant is grant, tuple(did)

    def destroy(self) -> Seen:
        """Remove the lab."""
        did = self._stack.destroy()
        self._is_made = False
        return bool(did), tuple(did)

    def clean_up(self) -> None:
        """Remove what a lesson that was cut short has left."""
        if self._is_made:
            self._stack.destroy()

    def ask_who_it_is(self) -> Seen:
        """Ask whose the learner's key is."""
        arn = role_session.caller(self._aws).arn
        return arn == self._lab.learners[0].user_arn, (arn,)

    def look_at_role(self) -> Seen:
        """Read whom the role trusts, and which permissions it has."""
        name = self._lab.role.name
        trust: object = self._aws.iam.get_role(RoleName=name)["Role"].get(
            "AssumeRolePolicyDocument"
        )
        attached = self._aws.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        policies = [policy.get("PolicyName", "") for policy in attached]
        account = documents.account_root(self._lab.account_id)
        said = (f"trusts {account}, the account itself", f"permissions: {', '.join(policies)}")
        return trust == self._lab.role.trust and bool(policies), said

    def switch(self) -> Seen:
        """Assume the role; later steps of the role use the session."""
        session = role_session.assume(self._aws, self._switch, Clock())
        self.keys[ROLE] = session.credentials
        key, arn = session.credentials.access_key_id, session.identity.arn
        return key.startswith("ASIA") and arn == self._switch.session_arn, (
            f"you are now {arn}",
            f"with the temporary key {key}, until {session.expires:%H:%M:%S} UTC",
        )

    def explain_switch(self) -> Seen:
        """Find out by the policies why the learner is refused the switch."""
        # Loaded for this step alone.
        from rolelab.explain.question import Question, why

        reason = why(self._lab, self._lab.learners[0], self._endpoint, Question())
        no_grant = f"no {Layer.IDENTITY.value} of user {self._lab.learners[0].user_name}"
        return no_grant in reason.why[0], reason.why

    def list_buckets(self) -> Seen:
        """List the account's buckets; the lesson's own has to be there."""
        buckets = self._aws.s3.list_buckets()["Buckets"]
        names = [bucket.get("Name", "") for bucket in buckets]
        return self._bucket in names, (f"buckets: {', '.join(names)}",)

    def make_bucket(self) -> Seen:
        """Make the lesson's bucket, and list it."""
        self._aws.s3.create_bucket(Bucket=self._bucket)
        return self.list_buckets()

    def use_bucket(self) -> Seen:
        """Write an object, read it, remove it with its bucket."""
        s3, bucket, key, text = self._aws.s3, self._bucket, "hello.txt", b"hello"
        s3.put_object(Bucket=bucket, Key=key, Body=text)
        back = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        s3.delete_object(Bucket=bucket, Key=key)
        s3.delete_bucket(Bucket=bucket)
        left = len(s3.list_buckets()["Buckets"])
        return (back, left) == (text, 0), (
            f"wrote {text.decode()!r}, read {back.decode()!r}",
            f"object and bucket removed: {left} buckets",
        )

    def list_users(self) -> Seen:
        """List the account's users."""
        return True, (f"{len(self._aws.iam.list_users()['Users'])} users",)

    def look_for_what_is_left(self) -> Seen:
        """Count what is in the account: nothing should be."""
        iam = self._aws.iam
        left = {
            "users": len(iam.list_users()["Users"]),
            "roles": len(iam.list_roles()["Roles"]),
            "policies": len(iam.list_policies(Scope="Local")["Policies"]),
            "buckets": len(self._aws.s3.list_buckets()["Buckets"]),
        }
        said = ", ".join(f"{count} {what}" for what, count in left.items())
        return not any(left.values()), (said,)
