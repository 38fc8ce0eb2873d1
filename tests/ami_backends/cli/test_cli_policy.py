"""R-POLICY-01, R-POLICY-02: `ami send` and `ami command` under a policy, and on whose behalf they act."""

from pathlib import Path

import pytest

from tests.cli_harness import Ended, ami, mock, url

TARGET = "ami://admin@127.0.0.1:1"
SETVAR = ("Setvar", "Variable=x", "Value=hunter2")
FILE = """
[defaults]
username = "admin"
secret = "s3cr3t"
host = "127.0.0.1"

[servers.pbx]
port = {port}
policy = {{ profile = "observe", commands = ["core show version"] }}
"""


def test_a_forbidden_action_is_status_2_and_is_not_sent() -> None:
    """R-POLICY-01: one line says which action and which list, before a secret is asked for."""
    for words, name, rule in (
        (("send", TARGET, *SETVAR), "Setvar", "it is not in profile observe, nor in policy.allow"),
        (("command", TARGET, "core", "stop"), "Command", "its line is not in policy.commands"),
    ):
        ended = ami(*words, "--policy", "observe", env={"AMI_SECRET": ""})
        assert ended.status == 2, ended
        assert ended.complaint == f"the policy for server '127.0.0.1:1' forbids {name}: {rule}"
        assert ended.out == ""


@pytest.mark.parametrize("words", [("send", "Ping"), ("command", "core show uptime")])
@pytest.mark.parametrize("name", ["", " ", "x" * 257])
def test_a_name_that_cannot_be_is_status_2(words: tuple[str, str], name: str) -> None:
    """R-POLICY-02: before the login, and by the option that the user wrote."""
    ended = ami(words[0], TARGET, words[1], "--asked-by", name, env={"AMI_SECRET": ""})
    rule = "--asked-by must be text that is not blank, of at most 256 characters"
    assert (ended.status, ended.complaint) == (2, rule), ended


def test_what_is_never_sent_is_refused_before_the_login() -> None:
    """R-POLICY-01: the same on the command line as in a program."""
    ended = ami("send", TARGET, "Logoff", env={"AMI_SECRET": ""})
    assert (ended.status, ended.complaint) == (2, "Logoff ends the session under the library: use stop")


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("send", "CoreShowChannels"), 0),
        (("send", "Hangup", "Channel=x"), 2),
        (("send", "Command", "Command=core show version"), 2),
        (("command", "core show version"), 2),
    ],
)
@pytest.mark.parametrize("way", ["option", "variable", "environment"])
def test_a_profile_comes_from_an_option_or_a_variable(
    arguments: tuple[str, ...], status: int, way: str
) -> None:
    """R-POLICY-01: wherever the target comes from."""
    with mock() as server:
        target, options, env = [url(server)], ["--policy", "observe"], {}
        if way != "option":
            options, env = [], {"AMI_POLICY": "observe"}
        if way == "environment":
            target = []
            env |= {"AMI_HOST": "127.0.0.1", "AMI_PORT": str(server.port), "AMI_USERNAME": "admin"}
        ended = ami(arguments[0], *target, *arguments[1:], *options, env=env)
    assert ended.status == status, ended


def with_file(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> Ended:
    """Run a command with the configuration file."""
    with mock() as server:
        (folder / "ami.toml").write_text(FILE.format(port=server.port))
        (folder / "ami.toml").chmod(0o600)
        return ami(*arguments, "--config", str(folder / "ami.toml"), env=env)


def test_the_policy_of_a_file_holds(tmp_path: Path) -> None:
    """R-POLICY-01: with its exact lines; an option overrides it, as options do."""
    assert with_file(tmp_path, "command", "core show version").status == 0
    assert with_file(tmp_path, "command", "core show uptime").status == 2
    assert with_file(tmp_path, "send", *SETVAR).status == 2
    assert with_file(tmp_path, "command", "core show uptime", "--policy", "all").status == 0
    assert with_file(tmp_path, "command", "core show uptime", env={"AMI_POLICY": "all"}).status == 0


@pytest.mark.parametrize(
    ("arguments", "env", "says"),
    [
        (["--policy", "hunter2"], {}, "--policy must be observe, operate or all"),
        ([], {"AMI_POLICY": "hunter2"}, "AMI_POLICY must be observe, operate or all"),
        ([], {"AMI_POLICY_ALLOW": "Ping"}, "AMI_POLICY_ALLOW: AMI_POLICY takes a profile"),
    ],
)
def test_a_mistyped_profile_is_status_2(arguments: list[str], env: dict[str, str], says: str) -> None:
    """R-POLICY-01, R-OBS-04: before anything connects, and without the word."""
    ended = ami("send", "ami://admin@127.0.0.1:1", "Ping", *arguments, env=env)
    assert (ended.status, ended.complaint) == (2, says), ended


def test_a_line_says_on_whose_behalf() -> None:
    """R-POLICY-02, R-OBS-04: on stderr, with secrets masked; the reply is on stdout as ever."""
    with mock() as server:
        ended = ami("send", url(server), *SETVAR, "--asked-by", "ann@example.org")
        silent = ami("send", url(server), *SETVAR)
        failed = ami("command", url(server), "core show nonsense", "--asked-by", "ann")
    assert (ended.status, silent.status, failed.status) == (0, 0, 1), (ended, silent, failed)
    assert ended.out.startswith("Response: Success\n")
    key = f"127.0.0.1:{server.port}"
    assert ended.complaint.startswith(f"{key}: asked by ann@example.org: Setvar {key}:")
    assert "; Variable: ***; Value: *** -- success after " in ended.complaint
    assert ended.complaint.endswith(" s, sent fully")
    assert silent.err == ""
    assert [line.split(": ")[2] for line in failed.err.splitlines() if "asked" in line] == ["asked by ann"]
    assert len(failed.err.splitlines()) == 2


def test_a_forbidden_action_has_no_line(tmp_path: Path) -> None:
    """R-POLICY-02: it did not leave."""
    ended = with_file(tmp_path, "send", *SETVAR, "--asked-by", "ann")
    assert (ended.status, "asked by" in ended.complaint) == (2, False), ended
