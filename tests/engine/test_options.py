"""Resource options: each that is taken does what it does under Pulumi.

Each that is not is refused by name.
"""

# ruff: noqa: E501 - programs and messages, a row a case
from __future__ import annotations

import pytest

from tests.engine.stacks import StackRunner, in_step

USER = 'aws.iam.User("u", name="ada", force_destroy=True{})\n'
ROLE = 'r = aws.iam.Role("r", name="reader", assume_role_policy=TRUST{})\n'
COMPONENT = """
class Pair(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("exp:index:Pair", name, None, opts)
        self.user = aws.iam.User(f"{name}-user", name="ada", opts=Opts(parent=self))
        self.key = aws.iam.AccessKey(f"{name}-key", user=self.user.name, opts=Opts(parent=self))
        self.register_outputs({})

"""


def test_protected_resources_are_kept_until_the_flag_goes(stack: StackRunner) -> None:
    """Neither destroy, nor leaving it out of the program, nor a replacement removes what is protected."""
    protected = ROLE.format(", opts=Opts(protect=True)")
    stack.up(protected + USER.format(""))
    for ran in (
        stack.destroy(),
        stack.up(USER.format("")),
        stack.up(protected.replace("reader", "writer")),
    ):
        assert not ran.ok
        assert "because it is protected" in ran.errors[0]
        assert stack.left()["roles"] == ["reader"]
    # What counts is the flag in the state: an `up` without it frees the resource.
    assert stack.up(ROLE.format("") + USER.format("")).ok
    assert stack.destroy().ok
    assert stack.left() == {}


def test_destroy_with_something_protected_touches_nothing(stack: StackRunner) -> None:
    stack.up(ROLE.format(", opts=Opts(protect=True)") + USER.format(""))
    assert not stack.destroy().ok
    assert stack.left() == {"users": ["ada"], "roles": ["reader"]}


def test_an_update_of_a_protected_resource_is_allowed(stack: StackRunner) -> None:
    stack.up(ROLE.format(", opts=Opts(protect=True)"))
    assert stack.up(ROLE.format(', description="x", opts=Opts(protect=True)')).did == [
        ("update", "r")
    ]


def test_retained_resources_leave_the_state_and_stay_in_aws(stack: StackRunner) -> None:
    stack.up(USER.format(", opts=Opts(retain_on_delete=True)"))
    gone = stack.destroy()
    assert gone.step("u").retain
    assert stack.left() == {"users": ["ada"]}
    assert stack.world.everything == []


@pytest.mark.parametrize("path", ["max_session_duration", "maxSessionDuration", "*"])
def test_ignored_changes_are_not_made(stack: StackRunner, path: str) -> None:
    stack.up(ROLE.format(", max_session_duration=7200"))
    text = ROLE.format(f', max_session_duration=3600, opts=Opts(ignore_changes=["{path}"])')
    assert stack.preview(text).did == []
    assert stack.up(text).did == []
    assert stack.clients.iam.get_role(RoleName="reader")["Role"].get("MaxSessionDuration") == 7200


def test_ignored_changes_hold_for_names_and_for_one_tag(stack: StackRunner) -> None:
    stack.up(ROLE.format(', tags={"a": "1", "b": "1"}'))
    changed = ROLE.replace("reader", "writer").format(
        ', tags={"a": "2", "b": "2"}, opts=Opts(ignore_changes=["name", "tags.a"])'
    )
    assert stack.up(changed).did == [("update", "r")]
    assert stack.clients.iam.list_role_tags(RoleName="reader")["Tags"] == [
        {"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"},
    ]  # fmt: skip


def test_replace_on_changes_makes_an_update_a_replacement(stack: StackRunner) -> None:
    text = 'aws.iam.Role("r", assume_role_policy=TRUST, description="{}", opts=Opts(replace_on_changes=["description"]))'
    stack.up(text.format("one"))
    assert stack.up(text.format("two")).did == [("delete-replaced", "r"), ("replace", "r")]


def test_delete_before_replace_can_be_asked_for_and_declined(stack: StackRunner) -> None:
    text = ROLE.format(", opts=Opts(delete_before_replace=True)")
    stack.up(text)
    assert stack.up(text.replace("reader", "writer")).order == ["delete-replaced r", "replace r"]
    # Declined: the new attachment is the old one, which then goes.
    text = ROLE.format(', path="/a/", opts=Opts(delete_before_replace=False)')
    assert "EntityAlreadyExists" in stack.up(text.replace("reader", "writer")).failures[0]


def test_depends_on_orders_both_ways_and_a_component_stands_for_its_children(
    stack: StackRunner,
) -> None:
    text = COMPONENT + 'p = Pair("p")\n' + ROLE.format(", opts=Opts(depends_on=[p])")
    made = stack.up(text).order
    assert made.index("create p-key") < made.index("create r")
    gone = stack.destroy().order
    assert gone[0] == "delete r"


def test_deleted_with_is_gone_without_a_call_of_its_own(stack: StackRunner) -> None:
    """The user takes its key along; were the key deleted first, that would be a call more."""
    text = 'u = aws.iam.User("u", name="ada", force_destroy=True)\n'
    text += 'aws.iam.AccessKey("k", user=u.name, opts=Opts(deleted_with=u))\n'
    stack.up(text)
    key = next(one for one in stack.world.live.values() if one.name == "k")
    assert key.deleted_with.endswith("::u")
    assert stack.destroy().ok
    assert stack.left() == {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(USER.format(""), USER.replace('"u"', '"v"').format(', opts=Opts(aliases=[pulumi.Alias(name="u")])'), id="name"),
        pytest.param(
            USER.format(""),
            COMPONENT.replace(", opts=Opts(parent=self))", ", opts=Opts(parent=self, aliases=[pulumi.Alias(name='u', parent=pulumi.ROOT_STACK_RESOURCE)]))", 1).replace("self.key =", "#").replace("name=\"ada\"", "name='ada', force_destroy=True") + 'Pair("p")',
            id="parent",
        ),
        pytest.param(
            COMPONENT + 'Pair("p")',
            COMPONENT.replace("exp:index:Pair", "exp:index:Couple") + 'Pair("p", Opts(aliases=[pulumi.Alias(type_="exp:index:Pair")]))',
            id="a component's type, its children follow",
        ),
        pytest.param(
            COMPONENT + 'Pair("p")',
            COMPONENT + 'Pair("q", Opts(aliases=[pulumi.Alias(name="p")]))',
            id="a component's name, its children's names follow",
        ),
        pytest.param(
            USER.format(""),
            USER.replace('"u"', '"v"').format(', opts=Opts(aliases=["urn:pulumi:dev::exp::aws:iam/user:User::u"])'),
            id="a whole URN",
        ),
    ],
)  # fmt: skip
def test_an_alias_keeps_the_resource_under_its_new_urn(
    stack: StackRunner, before: str, after: str
) -> None:
    stack.up(before)
    keys = stack.keys()
    assert stack.preview(after).did == []
    assert stack.up().did == []
    assert stack.keys() == keys
    assert stack.up(after.replace("aliases=", "depends_on=None and ")).did == []
    assert stack.destroy().ok
    assert stack.left() == {}


def test_references_follow_a_renamed_urn(stack: StackRunner) -> None:
    """Order of deletion holds after a rename too: the key still goes before its user."""
    stack.up('u = aws.iam.User("u", name="ada")\naws.iam.AccessKey("k", user=u.name)')
    stack.up(
        'u = aws.iam.User("v", name="ada", opts=Opts(aliases=[pulumi.Alias(name="u")]))\naws.iam.AccessKey("k", user=u.name)'
    )
    key = next(one for one in stack.world.live.values() if one.name == "k")
    assert key.dependencies == ["urn:pulumi:dev::exp::aws:iam/user:User::v"]
    assert stack.destroy().order == ["delete k", "delete v"]


def test_additional_secret_outputs_and_secret_inputs_are_masked(stack: StackRunner) -> None:
    stack.up(
        """
        u = aws.iam.User("u", name="ada", opts=Opts(additional_secret_outputs=["arn"]))
        r = aws.iam.Role("r", name="reader", assume_role_policy=TRUST, description=pulumi.Output.secret("hush"))
        pulumi.export("out", {"arn": u.arn, "name": u.name, "description": r.description})
        """
    )
    assert stack.outputs() == {"out": {"arn": "[secret]", "description": "[secret]", "name": "ada"}}
    assert stack.outputs(show_secrets=True)["out"]["description"] == "hush"
    changed = stack.preview(stack_text_with(stack, "hush", "hush hush")).step("r").changes
    assert [(change.old, change.new) for change in changed] == [("[secret]", "[secret]")]


def stack_text_with(stack: StackRunner, old: str, new: str) -> str:
    text = (stack.root / "__main__.py").read_text()
    return text.replace(old, new)


def test_changed_options_alone_reach_the_state(stack: StackRunner) -> None:
    """Equal inputs are not all.

    A new dependency or protection holds from the next `up` on, though nothing changes in AWS.
    """
    stack.up(ROLE.format("") + USER.format(""))
    assert (
        stack.up(
            ROLE.format("")
            + USER.format(", opts=Opts(depends_on=[r], protect=True, retain_on_delete=True)")
        ).did
        == []
    )
    user = next(one for one in stack.world.live.values() if one.name == "u")
    assert (user.protect, user.retain) == (True, True)
    assert user.dependencies == ["urn:pulumi:dev::exp::aws:iam/role:Role::r"]


REFUSED = [
    ('aws.s3.Bucket("b")', "aws:s3/bucket:Bucket resource 'b': rolelab does not know this resource type"),
    ('aws.Provider("p", region="eu-west-1")', "pulumi:providers:aws resource 'p': rolelab does not know this resource type"),
    (USER.format(", opts=Opts(import_='ada')"), "the resource option import"),
    (USER.format(", opts=Opts(custom_timeouts=pulumi.CustomTimeouts(create='5m'))"), "the resource option customTimeouts"),
    (USER.format(", opts=Opts(transforms=[lambda args: None])"), "the resource option transforms"),
    (USER.format(", opts=Opts(hide_diffs=['tags'])"), "the resource option hideDiffs"),
    (USER.format(", opts=Opts(replacement_trigger='1')"), "the resource option replacementTrigger"),
    (USER.format(", opts=Opts(plugin_download_url='https://example.org')"), "the resource option pluginDownloadURL"),
    (ROLE.format("") + USER.format(", opts=Opts(replace_with=[r])"), "the resource option replaceWith"),
    ('aws.iam.Role.get("g", "reader")', "reading an existing resource (aws:iam/role:Role g)"),
    ('aws.iam.get_role(name="reader")', "the function aws:iam/getRole:getRole"),
    ('aws.get_region(region="eu-west-1")', "the function aws:index/getRegion:getRegion with region"),
    ('pulumi.runtime.register_resource_transform(lambda args: None)', "transforms"),
    ('pulumi.runtime.register_invoke_transform(lambda args: None)', "invoke transforms"),
    ('pulumi.ResourceHook("h", lambda args: None)', "resource hooks"),
    ('pulumi.require_pulumi_version(">=3.0.0")', "requirePulumiVersion"),
    (USER.format(', opts=Opts(hooks=pulumi.ResourceHookBinding(before_create=[lambda args: None]))'), "resource hooks"),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # importing all of pulumi_aws.s3 warns
@pytest.mark.parametrize(("text", "named"), REFUSED, ids=lambda one: one[:40])
def test_what_is_not_carried_out_is_refused_by_name(
    stack: StackRunner, text: str, named: str
) -> None:
    """Never passed over: the run fails, names what it was, and points to the Pulumi CLI."""
    ran = stack.up(text)
    assert not ran.ok
    assert any(named in error and "use `pulumi up`" in error for error in ran.errors), ran.errors
    assert not any("Please update the Pulumi CLI" in error for error in ran.errors)
    assert "users" not in stack.left()
    assert not stack.preview().ok


def test_an_unknown_input_is_refused_by_name(stack: StackRunner) -> None:
    ran = stack.up(ROLE.format(', managed_policy_arns=["arn:aws:iam::aws:policy/ReadOnlyAccess"]'))
    assert "property managedPolicyArns" in ran.errors[0]
    assert "use `pulumi up`" in ran.errors[0]


def test_all_faults_of_one_resource_come_at_once(stack: StackRunner) -> None:
    """Bad values are found in the preview already, each named with what is wrong."""
    text = 'aws.iam.Role("a", name="bad name!", assume_role_policy="{", max_session_duration=100, path="x")'
    for ran in (stack.preview(text), stack.up(text)):
        told = "\n".join(ran.errors)
        assert (
            "aws:iam/role:Role resource 'a': property name value {bad name!} has a problem" in told
        )
        assert "property assumeRolePolicy" in told
        assert "expected to be in the range (3600 - 43200), got 100" in told
        assert "property path" in told
    assert stack.left() == {}


def test_two_resources_of_one_urn_are_an_error(stack: StackRunner) -> None:
    ran = stack.up(USER.format("") + USER.replace("ada", "grace").format(""))
    assert ran.errors == [
        "Duplicate resource URN 'urn:pulumi:dev::exp::aws:iam/user:User::u'; try giving it a unique name"
    ]
    assert not ran.ok


def test_urns_name_the_types_of_all_parents(stack: StackRunner) -> None:
    """As the real engine makes them; the stack is no part of the chain."""
    stack.up(
        """
        class Outer(pulumi.ComponentResource):
            def __init__(self, name):
                super().__init__("lab:index:Lab", name)
                inner = pulumi.ComponentResource("lab:index:Inner", f"{name}-inner", None, Opts(parent=self))
                user = aws.iam.User("u", opts=Opts(parent=inner))
                aws.iam.AccessKey("k", user=user.name, opts=Opts(parent=user))

        Outer("lab")
        """
    )
    chains = sorted(urn.partition("::exp::")[2] for urn in stack.world.live)
    assert chains == [
        "lab:index:Lab$lab:index:Inner$aws:iam/user:User$aws:iam/accessKey:AccessKey::k",
        "lab:index:Lab$lab:index:Inner$aws:iam/user:User::u",
        "lab:index:Lab$lab:index:Inner::lab-inner",
        "lab:index:Lab::lab",
        "pulumi:pulumi:Stack::exp-dev",
    ]
    assert in_step(stack.clients, stack.world) == []
