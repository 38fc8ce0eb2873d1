"""R-OBS-04: the secret itself is found in any text, however it is quoted there."""

import json
import re

import pytest

from ami_proto.drivers import Redaction
from ami_proto.message.spellings import spellings

HEX = re.compile(r"(?<=\\x)[0-9a-f]{2}|(?<=\\u)[0-9a-f]{4}|(?<=\\U)[0-9a-f]{8}")
"""The digits of an escape."""


@pytest.mark.parametrize(
    "secret",
    [
        "hunter\\2",
        "hun'ter",
        'hun"ter',
        "h'u\"n\\ter",
        "hünter2",
        "üabchunter2",
        "h\tunter",
        "h\udcffunter",
        "h☎\x7f\U0001f512unter",
        'h\x01\\ü\x85\f"unter',
    ],
)
def test_the_secret_is_found_however_it_is_quoted(secret: str) -> None:
    """R-OBS-04: by `repr`, on its own or inside more, by JSON, where bytes of a peer are shown; once or
    twice, and with capitals in the escapes.
    """
    redaction = Redaction(secret=secret)
    around = [secret, f"{secret}'", f'{secret}"', f"{secret}'\""]
    said = [write(text) for text in around for write in (str, repr, ascii, json.dumps, wide_json)]
    said.append(secret.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))
    said.append(said[-1].encode("ascii", "backslashreplace").decode())
    said.append(repr(secret.encode("utf-8", "surrogateescape")))
    said += [write(text) for text in said for write in (repr, ascii, json.dumps, wide_json)]
    said += [HEX.sub(lambda digits: digits[0].upper(), text) for text in said]
    for line in said:
        assert "unter" not in (masked := redaction.text(line))
        assert "***" in masked


def test_most_secrets_have_one_spelling_and_others_few() -> None:
    """R-OBS-04: each is searched for in each text."""
    assert spellings("S3cret_of-the-pbx!") == {"S3cret_of-the-pbx!"}
    assert spellings("abc") == set()
    assert len(spellings("hünter2")) < 15
    assert len(spellings("pâss'w\\örd")) < 100


def wide_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
