"""Edits of one raw statement: what candidates are made of.

An edit changes the statement in place, keeps its layout (a list stays a list, elements keep their
order), and returns False when it does not apply, so that the diff a person sees is as small as the
change.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from typing import cast

from rolelab.iam.documents import account_of, as_list
from rolelab.iam.language.operators import used
from rolelab.iam.language.patterns import has_wildcard
from rolelab.iam.language.statements import Mismatch

Raw = dict[str, object]
Edit = Callable[[Raw], bool]
Worded = tuple[str, Edit]
"""What an edit does, in words, and the edit."""


def shaped(entries: Sequence[object], content: object) -> object:
    """Return entries as a list, or as the single value where the original was none."""
    return (
        entries[0]
        if len(entries) == 1 and not isinstance(content, (list, tuple))
        else list(entries)
    )


def replaced(element: str, old: str, new: str) -> Edit:
    """Put one entry in the place of another."""

    def edit(statement: Raw) -> bool:
        content = statement.get(element, [])
        entries = [new if entry == old else entry for entry in as_list(content)]
        statement[element] = shaped(entries, content)
        return new in entries

    return edit


def added(element: str, new: str) -> Edit:
    """Add an entry."""

    def edit(statement: Raw) -> bool:
        statement[element] = [*as_list(statement.get(element, [])), new]
        return True

    return edit


def without(element: str, out: Sequence[str]) -> Edit:
    """Take entries out; not all of them."""

    def edit(statement: Raw) -> bool:
        content = statement.get(element, [])
        entries = [entry for entry in as_list(content) if entry not in out]
        statement[element] = shaped(entries, content) if entries else []
        return bool(entries)

    return edit


def listed(element: str, entries: Sequence[str]) -> Edit:
    """Make these the element's entries."""

    def edit(statement: Raw) -> bool:
        statement[element] = shaped(entries, "")
        return True

    return edit


def renamed(old: str, new: str, value: object) -> Edit:
    """Put another element in the place of one, so that the diff shows one line changed."""

    def edit(statement: Raw) -> bool:
        items = [
            (new, value) if name == old else (name, content) for name, content in statement.items()
        ]
        statement.clear()
        statement.update(items)
        return new in statement

    return edit


def entry_edits(element: str, wanted: Sequence[str], exact: str) -> Iterator[Worded]:
    """Yield how a list of actions or resources comes to hold `exact`."""
    if wanted:
        like = most_like(wanted, exact)
        if len(wanted) == 1 or like.lower() == exact.lower():
            yield f"{element} {exact} instead of {like}", replaced(element, like, exact)
    yield f"add {element} {exact}", added(element, exact)


def most_like(entries: Sequence[str], exact: str) -> str:
    """Return the entry that looks most like `exact`."""
    return max(
        entries,
        key=lambda entry: difflib.SequenceMatcher(None, entry.lower(), exact.lower()).ratio(),
    )


def principal_added(kind: str, exact: str, instead_of: str = "") -> Edit:
    """Add a principal, or put it in another one's place."""

    def edit(statement: Raw) -> bool:
        content = statement.get("Principal")
        if not isinstance(content, dict):
            statement["Principal"] = {kind: exact}
            return not instead_of
        kinds = cast("Raw", content)
        named = kinds.get(kind, [])
        entries = list(as_list(named))
        if not instead_of:
            kinds[kind] = [*entries, exact]
            return True
        is_it = [_is_one_of(str(entry), (instead_of,)) for entry in entries]
        kinds[kind] = shaped(
            [exact if it else entry for entry, it in zip(entries, is_it, strict=True)], named
        )
        return any(is_it)

    return edit


def without_principals(out: Sequence[str]) -> Edit:
    """Take principals out; not all of them."""

    def edit(statement: Raw) -> bool:
        content = statement.get("Principal")
        if not isinstance(content, dict):
            return False
        kinds = cast("Raw", content)
        for kind, named in tuple(kinds.items()):
            entries = [entry for entry in as_list(named) if not _is_one_of(str(entry), out)]
            if entries:
                kinds[kind] = shaped(entries, named)
            else:
                del kinds[kind]
        return bool(kinds)

    return edit


def left_out_too(arns: Sequence[str]) -> Edit:
    """Leave more principals out by `NotPrincipal`; nothing where it leaves out everybody."""

    def edit(statement: Raw) -> bool:
        content = statement.get("NotPrincipal")
        if not isinstance(content, dict):
            return False
        kinds = cast("Raw", content)
        entries = [str(entry) for entry in as_list(kinds.get("AWS", []))]
        lacking = [arn for arn in arns if not _is_one_of(arn, entries)]
        kinds["AWS"] = [*entries, *lacking]
        return bool(lacking)

    return edit


def _is_one_of(entry: str, out: Sequence[str]) -> bool:
    # A document may say 111122223333 where we say its root ARN.
    return entry in out or any(
        account_of(entry) and account_of(entry) == account_of(other) for other in out
    )


def principal_is(arn: str) -> Edit:
    """Make this the only principal."""

    def edit(statement: Raw) -> bool:
        statement["Principal"] = {"AWS": arn}
        return True

    return edit


def condition_edits(mismatch: Mismatch, *, is_deny: bool) -> Iterator[Worded]:
    """Yield how a condition comes to hold for the request (of an Allow), or not (of a Deny)."""
    condition = mismatch.condition
    if condition is None:
        return
    name, key, values = condition.operator, condition.key, condition.values
    where = f"{name} {key}"
    use = used(name)
    is_listable = use is not None and use.operator.is_list_of_texts and not use.each
    if use and is_listable and len(mismatch.got) == 1 and not has_wildcard(mismatch.got[0]):
        got = mismatch.got[0]
        # An Allow is widened, a Deny narrowed: either has the request's value enter the list, or
        # leave it.
        if use.is_negated is is_deny:
            # An address range may be others' too; a single text is wrong rather than somebody
            # else's.
            if len(values) == 1 and use.operator.name != "IpAddress":
                yield f"{where} {got} instead of {values[0]}", condition_values(name, key, (got,))
            yield f"add {got} to {where}", condition_values(name, key, (*values, got))
        elif got in values and len(values) > 1:
            rest = tuple(value for value in values if value != got)
            yield f"take {got} out of {where}", condition_values(name, key, rest)
    if not is_deny:
        yield f"take the condition {where} out", condition_values(name, key, ())


def condition_values(name: str, key: str, values: Sequence[str]) -> Edit:
    """Give a condition these values; none takes it out."""

    def edit(statement: Raw) -> bool:
        operators = cast("dict[str, Raw]", statement.get("Condition", {}))
        if key not in operators.get(name, {}):
            return False
        if values:
            operators[name][key] = shaped(values, operators[name][key])
            return True
        del operators[name][key]
        if not operators[name]:
            del operators[name]
        if not operators:
            del statement["Condition"]
        return True

    return edit
