"""IAM groups: listed, created, their members and permissions."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from rolelab.console import lists
from rolelab.console.holders import GROUP
from rolelab.console.one_call import NAME, does
from rolelab.console.visit import Visit, WrongInput, go


def show_all(visit: Visit) -> Response:
    """Show all groups."""
    groups = visit.listed("ListGroups", "Groups")
    return visit.page("groups.html", "User groups", shown=lists.shown(visit, groups, "GroupName"))


def _create(visit: Visit) -> Response:
    name = visit.text("name").strip()
    if not name:
        raise WrongInput("Enter a group name.")
    visit.call("CreateGroup", GroupName=name)
    visit.notice(f"Group {name} is created.")
    return go("/iam/groups", name)


ACTIONS = {"create-group": _create}


def show(visit: Visit) -> Response:
    """Show a group: its members and its permissions."""
    name, tab = visit.name(), visit.asked("tab", "users")
    users = visit.listed("GetGroup", "Users", GroupName=name)
    values: dict[str, Any] = {"attached": [], "inline": {}}
    if tab == "permissions":
        values |= GROUP.policies(visit)
    return visit.page("group.html", name, name=name, users=users, tab=tab, **values)


def _delete(visit: Visit) -> Response:
    """Delete a group: its members leave it, its policies go, as AWS's console does."""
    name = visit.name()
    for user in visit.every("GetGroup", "Users", GroupName=name):
        visit.call("RemoveUserFromGroup", GroupName=name, UserName=user["UserName"])
    GROUP.strip(visit)
    visit.call("DeleteGroup", GroupName=name)
    visit.notice(f"Group {name} is deleted.")
    return go("/iam/groups")


GROUP_ACTIONS = {
    "add-user": does(
        "AddUserToGroup", "{UserName} is in the group now.", GroupName=NAME, UserName="user"
    ),
    "remove-user": does(
        "RemoveUserFromGroup", "{UserName} is not in it any more.", GroupName=NAME, UserName="user"
    ),
    **GROUP.buttons(),
    "delete-group": _delete,
}
