"""What users, roles and groups have in common: policies, tags, a boundary, and to be deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from rolelab.aws import removal
from rolelab.aws.failures import AwsFailure
from rolelab.console import policies
from rolelab.console.one_call import does
from rolelab.console.visit import Show, Visit, WrongInput, go

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient


@dataclass(frozen=True, slots=True)
class Holder:
    """A kind of entity that policies are attached to."""

    title: str
    """As in the API's names: `User` of AttachUserPolicy."""
    folder: str
    """Of its pages: /iam/users."""
    remove: Callable[[IAMClient, str], bool]
    """Deletes one with all that is its own; says whether it was there."""

    def call(self, visit: Visit, operation: str, /, **more: Any) -> Any:
        """Make a call about the one in the address: `Put{}Policy` is PutUserPolicy of a user."""
        name = {f"{self.title}Name": visit.name()}
        return visit.call(operation.format(self.title), **name, **more)

    def permissions(self, visit: Visit) -> dict[str, Any]:
        """Return attached and inline policies, as the tab "Permissions" shows them."""
        title, name = self.title, {f"{self.title}Name": visit.name()}
        inline = visit.listed(f"List{title}Policies", "PolicyNames", **name)
        return {
            "attached": visit.listed(f"ListAttached{title}Policies", "AttachedPolicies", **name),
            "inline": [{"PolicyName": each, **self.inline(visit, each)} for each in inline],
        }

    def inline(self, visit: Visit, policy: str) -> dict[str, Any]:
        """Return an inline policy with its document; where that is refused it is empty."""
        try:
            return self.call(visit, "Get{}Policy", PolicyName=policy)
        except AwsFailure as failure:
            visit.show_failure(failure)
            visit.is_part_unknown = True
            return {}

    def buttons(self) -> dict[str, Show]:
        """Return what the buttons of policies, boundary and tags do."""
        title, name = self.title, {f"{self.title}Name": Visit.name}
        boundary, on_tags = f"{title}PermissionsBoundary", partial(does, tab="tags")
        of_policies = {
            "detach": does(
                f"Detach{title}Policy", "The policy is removed.", name | {"PolicyArn": "policy"}
            ),
            "delete-inline": does(
                f"Delete{title}Policy", "{PolicyName} is deleted.", name | {"PolicyName": "policy"}
            ),
        }
        if title == "Group":
            # A group has neither boundary nor tags.
            return of_policies
        new = {"PermissionsBoundary": "boundary"}
        return of_policies | {
            "set-boundary": does(f"Put{boundary}", "The boundary is set.", name | new),
            "delete-boundary": does(f"Delete{boundary}", "The boundary is removed.", name),
            "add-tag": on_tags(f"Tag{title}", "The tag is saved.", name | {"Tags": _tags}),
            "remove-tag": on_tags(
                f"Untag{title}", "The tag is removed.", name | {"TagKeys": _tag_keys}
            ),
        }

    def back(self, visit: Visit, **query: str) -> Response:
        """Lead back to its page."""
        return go(self.folder, visit.name(), **query)


def _tags(visit: Visit) -> list[dict[str, str]]:
    return [{"Key": visit.line("key"), "Value": visit.text("value")}]


def _tag_keys(visit: Visit) -> list[str]:
    return [visit.text("key")]


USER = Holder("User", "/iam/users", partial(removal.remove_user, force=True))
ROLE = Holder("Role", "/iam/roles", partial(removal.remove_role, force=True))
GROUP = Holder("Group", "/iam/groups", removal.remove_group)
_BY_KIND = {"users": USER, "roles": ROLE, "groups": GROUP}


def of_address(visit: Visit) -> Holder:
    """Return the kind that the address names.

    Raises:
        WrongInput: there is no such kind.
    """
    kind = visit.name("kind")
    if kind not in _BY_KIND:
        raise WrongInput(f"There are no {kind} that policies are attached to.")
    return _BY_KIND[kind]


# -- attaching policies ----------------------------------------------------------------------------


def show_attach(visit: Visit) -> Response:
    """Show the policies that can be attached."""
    back = f"{of_address(visit).folder}/{visit.name()}"
    if begun := visit.begin_draft():
        return begun
    shown = policies.choice(visit)
    return visit.page("attach.html", "Add permissions", shown=shown, draft=visit.draft, back=back)


def _attach(visit: Visit) -> Response:
    holder, arns = of_address(visit), policies.keep_chosen(visit)
    if not arns:
        raise WrongInput("Choose a policy first.")
    for arn in arns:
        holder.call(visit, "Attach{}Policy", PolicyArn=arn)
    visit.draft.clear()
    visit.notice(f"{len(arns)} {'policy' if len(arns) == 1 else 'policies'} added.")
    return holder.back(visit)


ATTACH = {"search": policies.search, "add-permissions": _attach}


# -- the end of one --------------------------------------------------------------------------------


def show_delete(visit: Visit) -> Response:
    """Ask for the name before it is deleted."""
    holder = of_address(visit)
    kind, back = holder.title.lower(), f"{holder.folder}/{visit.name()}"
    return visit.page("delete.html", f"Delete {visit.name()}", kind=kind, back=back)


def _delete(visit: Visit) -> Response:
    """Delete it with all that is its own, as AWS's console does."""
    holder, name = of_address(visit), visit.name()
    if visit.text("confirm") != name:
        raise WrongInput(f"Type {name} to confirm.")
    with visit.acting():
        was_there = holder.remove(visit.around.callers.iam, name)
    if not was_there:
        raise WrongInput(f"There is no {holder.title.lower()} {name}.")
    visit.notice(f"{holder.title} {name} is deleted.")
    return go(holder.folder)


DELETE = {"delete": _delete}
