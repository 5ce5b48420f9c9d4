"""What users, roles and groups have in common: policies, tags, a boundary, and to be deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from rolelab.console.visit import Visit, WrongInput, go


@dataclass(frozen=True, slots=True)
class Holder:
    """A kind of entity that policies are attached to."""

    title: str
    """As in the API's names: `User` of AttachUserPolicy."""
    folder: str
    """Of its pages: /iam/users."""

    def name(self, visit: Visit) -> dict[str, Any]:
        """Return the parameter that names it."""
        return {f"{self.title}Name": visit.name()}

    # -- what it has -------------------------------------------------------------------------------

    def policies(self, visit: Visit) -> dict[str, Any]:
        """Return attached and inline policies, as the tab "Permissions" shows them."""
        name = self.name(visit)
        inline = visit.listed(f"List{self.title}Policies", "PolicyNames", **name)
        return {
            "attached": visit.listed(
                f"ListAttached{self.title}Policies", "AttachedPolicies", **name
            ),
            "inline": {
                policy: visit.ask(
                    f"Get{self.title}Policy", "PolicyDocument", **name, PolicyName=policy
                )
                for policy in inline
            },
        }

    # -- what its page's buttons do ----------------------------------------------------------------

    def detach(self, visit: Visit) -> Response:
        """Detach a managed policy."""
        arn = visit.text("policy")
        visit.call(f"Detach{self.title}Policy", **self.name(visit), PolicyArn=arn)
        visit.notice("The policy is removed.")
        return self.back(visit)

    def delete_inline(self, visit: Visit) -> Response:
        """Delete an inline policy."""
        policy = visit.text("policy")
        visit.call(f"Delete{self.title}Policy", **self.name(visit), PolicyName=policy)
        visit.notice(f"The inline policy {policy} is deleted.")
        return self.back(visit)

    def set_boundary(self, visit: Visit) -> Response:
        """Set the permissions boundary."""
        arn = visit.text("boundary").strip()
        visit.call(
            f"Put{self.title}PermissionsBoundary", **self.name(visit), PermissionsBoundary=arn
        )
        visit.notice("The permissions boundary is set.")
        return self.back(visit)

    def delete_boundary(self, visit: Visit) -> Response:
        """Remove the permissions boundary."""
        visit.call(f"Delete{self.title}PermissionsBoundary", **self.name(visit))
        visit.notice("The permissions boundary is removed.")
        return self.back(visit)

    def add_tag(self, visit: Visit) -> Response:
        """Add a tag, or give one another value."""
        tag = {"Key": visit.text("key").strip(), "Value": visit.text("value")}
        visit.call(f"Tag{self.title}", **self.name(visit), Tags=[tag])
        visit.notice("The tag is saved.")
        return self.back(visit, tab="tags")

    def remove_tag(self, visit: Visit) -> Response:
        """Remove a tag."""
        visit.call(f"Untag{self.title}", **self.name(visit), TagKeys=[visit.text("key")])
        visit.notice("The tag is removed.")
        return self.back(visit, tab="tags")

    def back(self, visit: Visit, **query: str) -> Response:
        """Lead back to its page."""
        return go(self.folder, visit.name(), **query)

    # -- the end of it -----------------------------------------------------------------------------

    def require_confirmation(self, visit: Visit) -> None:
        """Refuse to delete unless the name was typed.

        Raises:
            WrongInput: another text was.
        """
        if visit.text("confirm") != visit.name():
            raise WrongInput(f"Type {visit.name()} to confirm.")

    def strip(self, visit: Visit) -> None:
        """Take all policies away, as has to be before it can be deleted.

        Raises:
            AwsFailure: one of the calls was refused; what was done before it stays done.
        """
        name, title = self.name(visit), self.title
        for policy in visit.call(f"ListAttached{title}Policies", "AttachedPolicies", **name):
            visit.call(f"Detach{title}Policy", **name, PolicyArn=policy["PolicyArn"])
        for policy in visit.call(f"List{title}Policies", "PolicyNames", **name):
            visit.call(f"Delete{title}Policy", **name, PolicyName=policy)


USER = Holder("User", "/iam/users")
ROLE = Holder("Role", "/iam/roles")
GROUP = Holder("Group", "/iam/groups")
BY_FOLDER = {"users": USER, "roles": ROLE, "groups": GROUP}
