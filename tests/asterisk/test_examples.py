"""Examples of the docs that say what Asterisk does, on real Asterisk."""

import re

import pytest

from conformance.asterisk.targets import AsteriskTarget
from tests.test_readme import ALSO_ON_ASTERISK, ROOT, blocks, run

pytestmark = pytest.mark.asterisk


@pytest.mark.parametrize(("page", "number", "expected"), ALSO_ON_ASTERISK)
def test_an_example_prints_the_same_on_asterisk(
    page: str, number: int, expected: str, asterisk: AsteriskTarget
) -> None:
    """With the provisioned dialplan; on the user's own server only those that need no extension."""
    code = blocks(ROOT / "docs" / f"{page}.md")[number - 1]
    for extension in re.findall(r"Local/(\w+)@default", code):
        assert asterisk.local(extension) == f"Local/{extension}@default"
    account = asterisk.users["admin"]
    mine = code.replace("127.0.0.1", asterisk.host).replace('"s3cr3t"', repr(account.secret))
    assert re.fullmatch(expected, run(mine.replace('"admin"', repr(account.username)), asterisk.port).strip())
