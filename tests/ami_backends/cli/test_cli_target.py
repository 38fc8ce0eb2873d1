"""The server and the user, from TARGET or the environment."""

import pytest

from ami_backends.cli.exits import UsageProblem
from ami_backends.cli.target import LoginTarget, parse_target, take_target
from ami_proto import Tls

ENVIRONMENT = {"AMI_HOST": "pbx", "AMI_USERNAME": "ops"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ami://ops@pbx", LoginTarget("pbx", 5038, "ops", tls=None)),
        ("amis://ops@pbx", LoginTarget("pbx", 5039, "ops", tls=Tls())),
        ("amis://ops@pbx:5061/", LoginTarget("pbx", 5061, "ops", tls=Tls())),
        ("ami://ops@[::1]", LoginTarget("::1", 5038, "ops", tls=None)),
        ("ami://ops@[fe80::1]:15038", LoginTarget("fe80::1", 15038, "ops", tls=None)),
        ("ami://a%40b%3ac@10.0.0.5", LoginTarget("10.0.0.5", 5038, "a@b:c", tls=None)),
        ("AMI://ops@PBX", LoginTarget("pbx", 5038, "ops", tls=None)),
    ],
)
def test_a_url_is_a_target(text: str, expected: LoginTarget) -> None:
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
        ("ami://ops@pbx/path", "after host and port"),
        ("ami://ops@pbx?x=1", "after host and port"),
    ],
)
def test_an_invalid_target_is_refused(text: str, says: str) -> None:
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


def test_without_a_url_the_environment_names_the_target() -> None:
    assert take_target(["Ping"], ENVIRONMENT) == (LoginTarget("pbx", 5038, "ops", tls=None), ["Ping"])


def test_a_url_overrides_the_environment() -> None:
    target, rest = take_target(["ami://me@other", "Ping"], ENVIRONMENT)
    assert (target.host, target.username, rest) == ("other", "me", ["Ping"])


def test_the_environment_may_set_port_and_tls() -> None:
    more = ENVIRONMENT | {"AMI_TLS": "yes"}
    assert take_target([], more)[0] == LoginTarget("pbx", 5039, "ops", tls=Tls())
    assert take_target([], more | {"AMI_PORT": "15038"})[0].port == 15038


CERTIFICATES = {"AMI_TLS_CA_FILE": "ca.pem", "AMI_TLS_SERVER_NAME": "pbx.example.org"}
TLS_AS_SET = Tls(ca_file="ca.pem", server_name="pbx.example.org")


@pytest.mark.parametrize(
    ("words", "more", "expected"),
    [
        (["amis://ops@pbx"], {}, TLS_AS_SET),
        (["amis://ops@pbx"], {"AMI_TLS": "no"}, TLS_AS_SET),
        (["amis://ops@pbx"], {"AMI_TLS_VERIFY": "no", "AMI_TLS_CA_FILE": ""},
         Tls(verify=False, server_name="pbx.example.org")),
        (["ami://ops@pbx"], {"AMI_TLS": "yes"}, None),
        ([], {"AMI_TLS": "yes"}, TLS_AS_SET),
        ([], {}, TLS_AS_SET),
        ([], {"AMI_TLS": "no"}, None),
    ],
)  # fmt: skip
def test_the_environment_says_how_to_verify(
    words: list[str], more: dict[str, str], expected: Tls | None
) -> None:
    """As in `read_servers`; but a URL says itself whether TLS is used."""
    assert take_target(words, ENVIRONMENT | CERTIFICATES | more)[0].tls == expected


@pytest.mark.parametrize("words", [[], ["amis://ops@pbx"]])
def test_an_error_names_the_variable_of_tls(words: list[str]) -> None:
    with pytest.raises(UsageProblem, match=r"^AMI_TLS_VERIFY: must be true or false"):
        take_target(words, ENVIRONMENT | {"AMI_TLS": "1", "AMI_TLS_VERIFY": "perhaps"})


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
def test_an_invalid_environment_is_refused(change: dict[str, str], says: str) -> None:
    with pytest.raises(UsageProblem, match=says):
        take_target([], ENVIRONMENT | change)


def test_a_target_shows_as_host_and_port() -> None:
    assert str(LoginTarget("::1", 5038, "ops", tls=None)) == "[::1]:5038"
