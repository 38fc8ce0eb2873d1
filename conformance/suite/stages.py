"""Servers that hang up in the middle of a login, one for each of its stages."""

from conformance.peer import BANNER, Line, Script, reset


def after_challenge(line: Line) -> None:
    """Hear the request for a challenge, and give none."""
    line.say(BANNER)
    line.hear()


def in_mid_challenge(line: Line) -> None:
    """Give half a challenge."""
    line.say(BANNER)
    line.say(f"Response: Success\r\nActionID: {line.hear()['ActionID']}\r\nChall".encode())


def after_login(line: Line) -> None:
    """Hear the login, and say nothing to it."""
    line.say(BANNER)
    line.answer(line.hear(), "Success", "Challenge: 1")
    line.hear()


def in_mid_login(line: Line) -> None:
    """Accept by half."""
    line.say(BANNER)
    line.answer(line.hear(), "Success", "Challenge: 1")
    accepted = "Message: Authentication acc"
    line.say(f"Response: Success\r\nActionID: {line.hear()['ActionID']}\r\n{accepted}".encode())


STAGES: tuple[Script, ...] = (
    lambda line: None,
    lambda line: line.say(BANNER[:10]),
    lambda line: line.say(BANNER),
    after_challenge,
    in_mid_challenge,
    after_login,
    in_mid_login,
)
"""Scripts that end at each stage of a login by MD5, from the accept to half an acceptance."""


def then_reset(stage: Script) -> Script:
    """End a stage by RST."""

    def script(line: Line) -> None:
        stage(line)
        reset(line)

    return script
