"""Console addresses: what a learner opens in a browser, in whichever partition the account is."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from components import links


@pytest.mark.parametrize(
    ("partition", "address"),
    [
        ("aws", "https://123456789012.signin.aws.amazon.com/console"),
        ("aws-us-gov", "https://123456789012.signin.amazonaws-us-gov.com/console"),
        ("aws-cn", "https://123456789012.signin.amazonaws.cn/console"),
    ],
)
def test_users_sign_in_at_their_partitions_console(partition: str, address: str) -> None:
    assert links.sign_in("123456789012", partition) == address


def test_the_switch_fills_in_account_role_and_a_name_to_show() -> None:
    address = urlsplit(links.switch_role("123456789012", "s3+Access", path="/class/"))
    assert (address.hostname, address.path) == ("signin.aws.amazon.com", "/switchrole")
    assert parse_qs(address.query) == {
        "account": ["123456789012"],
        "roleName": ["class/s3+Access"],
        "displayName": ["s3+Access"],
    }


def test_a_partition_without_a_known_console_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"aws-iso.*known: aws, aws-us-gov"):
        links.sign_in("123456789012", "aws-iso")
