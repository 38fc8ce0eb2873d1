"""TARGET and the environment: which server, as whom."""

import pytest

from ami_backends.cli.exits import UsageProblem
from ami_backends.cli.target import Target, parse_target, take_target

ENVIRONMENT = {"AMI_HOST": "pbx", "AMI_USERNAME": "ops"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ami://ops@pbx", Target("pbx", 5038, "ops", tls=False)),
        ("amis://ops@pbx", Target("pbx", 5039, "ops", tls=True)),
        ("amis://ops@pbx:5061/", Target("pbx", 5061, "ops", tls=True)),
        ("ami://ops@[::1]", Target("::1", 5038, "ops", tls=False)),
        ("ami://ops@[fe80::1]:15038", Target("fe80::1", 15038, "ops", tls=False)),
        ("ami://a%40b%3ac@10.0.0.5", Target("10.0.0.5", 5038, "a@b:c", tls=False)),
        ("AMI://ops@PBX", Target("pbx", 5038, "ops", tls=False)),
    ],
)
def test_a_url_names_everything(text: str, expected: Target) -> None:
    assert parse_target(text, {}) == expected


def test_a_user_that_the_url_does_not_name_comes_from_the_environment() -> None:
    assert parse_target("ami://pbx", ENVIRONMENT).username == "ops"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("http://ops@pbx", "neither ami nor amis"),
        ("ami://ops@", "no host"),
        ("ami://pbx", "no user"),
        ("ami://ops@pbx:99999", "port"),
        ("ami://ops@pbx:0", "port"),
        ("ami://ops@pbx:abc", "port"),
        ("ami://ops@[::1", "brackets"),
        ("ami://ops@pbx/path", "behind host and port"),
        ("ami://ops@pbx?x=1", "behind host and port"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, says: str) -> None:
    with pytest.raises(UsageProblem, match=says):
        parse_target(text, {})


@pytest.mark.parametrize(
    "text",
    ["ami://ops:hunter2@pbx", "ami://ops:hunter2@pbx:abc", "ami://:hunter2@pbx", "http://ops:hunter2@pbx",
     "ami://ops:hun/ter2@pbx", "ami://ops:hunter2@[::1"],
)  # fmt: skip
def test_a_secret_in_the_url_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageProblem) as refusal:
        parse_target(text, {})
    assert "hunter2" not in str(refusal.value)
    assert "ter2" not in str(refusal.value)


def test_without_a_url_no_word_is_taken() -> None:
    assert take_target(["Ping"], ENVIRONMENT) == (Target("pbx", 5038, "ops", tls=False), ["Ping"])


def test_a_url_goes_before_the_environment() -> None:
    target, rest = take_target(["ami://me@other", "Ping"], ENVIRONMENT)
    assert (target.host, target.username, rest) == ("other", "me", ["Ping"])


def test_the_environment_may_name_port_and_tls() -> None:
    more = ENVIRONMENT | {"AMI_TLS": "yes"}
    assert take_target([], more)[0] == Target("pbx", 5039, "ops", tls=True)
    assert take_target([], more | {"AMI_PORT": "15038"})[0].port == 15038


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"AMI_HOST": ""}, "no target"),
        ({"AMI_USERNAME": ""}, "AMI_USERNAME"),
        ({"AMI_PORT": "70000"}, "AMI_PORT"),
        ({"AMI_PORT": "x"}, "AMI_PORT"),
        ({"AMI_TLS": "perhaps"}, "AMI_TLS"),
    ],
)
def test_an_environment_that_cannot_be_used_is_refused(change: dict[str, str], says: str) -> None:
    with pytest.raises(UsageProblem, match=says):
        take_target([], ENVIRONMENT | change)


def test_a_target_shows_as_host_and_port() -> None:
    assert str(Target("::1", 5038, "ops", tls=False)) == "[::1]:5038"
