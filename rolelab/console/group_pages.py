"""IAM groups: listed, created, their members and permissions."""

from __future__ import annotations

from starlette.responses import Response

from rolelab.console import lists
from rolelab.console.holders import GROUP
from rolelab.console.one_call import does
from rolelab.console.visit import Visit


def show_all(visit: Visit) -> Response:
    """Show all groups."""
    groups = visit.listed("ListGroups", "Groups")
    return visit.page("groups.html", "User groups", shown=lists.shown(visit, groups, "GroupName"))


CREATE = {
    "create-group": does(
        "CreateGroup",
        "Group {GroupName} is created.",
        {"GroupName": lambda visit: visit.required("name", "a group name")},
        to="/iam/groups/{GroupName}",
    )
}


def show(visit: Visit) -> Response:
    """Show a group: its members and its permissions."""
    name, tab = visit.name(), visit.asked("tab", "users")
    users = visit.listed("GetGroup", "Users", GroupName=name)
    values = GROUP.permissions(visit) if tab == "permissions" else {}
    return visit.page("group.html", name, name=name, users=users, tab=tab, **values)


_MEMBER = {"GroupName": Visit.name, "UserName": "user"}
ACTIONS = {
    "add-user": does("AddUserToGroup", "{UserName} is in the group now.", _MEMBER),
    "remove-user": does("RemoveUserFromGroup", "{UserName} is not in it any more.", _MEMBER),
    **GROUP.buttons(),
}
