"""R-OBS-04: the secret itself is known wherever it stands, and however it is quoted there."""

import json

import pytest

from ami_proto import Redaction


@pytest.mark.parametrize(
    "secret",
    [
        "hunter\\2",
        "hun'ter",
        'hun"ter',
        "h'u\"n\\ter",
        "hünter2",
        "h\tunter",
        "h\udcffunter",
        "h☎\x7f\U0001f512unter",
        'h\x01\\ü\x85\f"unter',
    ],
)
def test_the_secret_is_known_however_it_is_quoted(secret: str) -> None:
    """R-OBS-04: by `repr`, on its own or inside more, by JSON, and where bytes of a peer are shown."""
    redaction = Redaction(secret=secret)
    around = [secret, f"{secret}'", f'{secret}"', f"{secret}'\""]
    said = [write(text) for text in around for write in (str, repr, ascii, json.dumps, wide_json)]
    said.append(secret.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))
    said.append(said[-1].encode("ascii", "backslashreplace").decode())
    for line in said:
        assert "unter" not in (masked := redaction.text(line))
        assert "***" in masked


def wide_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
