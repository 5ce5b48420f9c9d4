"""What users, roles and groups have in common: policies, tags, a boundary, and to be deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from rolelab.console.one_call import NAME, does
from rolelab.console.visit import Show, Visit, WrongInput, go


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

    def buttons(self) -> dict[str, Show]:
        """Return what the buttons of policies, boundary and tags do."""
        title, name = self.title, {f"{self.title}Name": NAME}
        boundary, policy = f"{title}PermissionsBoundary", {"PolicyArn": "policy"}
        inline = {"PolicyName": "policy"}
        of_policies: dict[str, Show] = {
            "detach": does(f"Detach{title}Policy", "The policy is removed.", **name, **policy),
            "delete-inline": does(
                f"Delete{title}Policy", "{PolicyName} is deleted.", **name, **inline
            ),
        }
        if title == "Group":
            # A group has neither boundary nor tags.
            return of_policies
        return of_policies | {
            "set-boundary": does(
                f"Put{boundary}", "The boundary is set.", **name, PermissionsBoundary="boundary"
            ),
            "delete-boundary": does(f"Delete{boundary}", "The boundary is removed.", **name),
            "add-tag": self._add_tag,
            "remove-tag": self._remove_tag,
        }

    def _add_tag(self, visit: Visit) -> Response:
        """Add a tag, or give one another value."""
        tag = {"Key": visit.text("key").strip(), "Value": visit.text("value")}
        visit.call(f"Tag{self.title}", **self.name(visit), Tags=[tag])
        visit.notice("The tag is saved.")
        return self.back(visit, tab="tags")

    def _remove_tag(self, visit: Visit) -> Response:
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
        for policy in visit.every(f"ListAttached{title}Policies", "AttachedPolicies", **name):
            visit.call(f"Detach{title}Policy", **name, PolicyArn=policy["PolicyArn"])
        for policy in visit.every(f"List{title}Policies", "PolicyNames", **name):
            visit.call(f"Delete{title}Policy", **name, PolicyName=policy)


USER = Holder("User", "/iam/users")
ROLE = Holder("Role", "/iam/roles")
GROUP = Holder("Group", "/iam/groups")
BY_FOLDER = {"users": USER, "roles": ROLE, "groups": GROUP}
