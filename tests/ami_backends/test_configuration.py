"""R-CONF-02: servers from a TOML file and the environment, merged key by key."""

import os
from pathlib import Path

import pytest

from ami_backends.configuration import ConfigFileError, as_words, read_servers
from ami_backends.selectors import connect
from ami_proto import Policy, ServerConfig, Tls
from conformance.mock import LoopbackServer

FILE = """
[defaults]
username = "ops"
secret = "hunter2"
connect_timeout = 3
tls = { ca_file = "ca.pem" }

[servers.pbx1]
host = "10.0.0.5"

[servers."pbx-2"]
host = "10.0.0.6"
port = "5039"
connect_timeout = 4.5
tls = { server_name = "pbx2" }
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "ami.toml"
    path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, text: str, **environment: str) -> dict[str, ServerConfig]:
    return read_servers(write(folder, text), environment)


def refusal(folder: Path, text: str, **environment: str) -> str:
    """Read, which must fail; return the error's one line, without the folder."""
    with pytest.raises(ConfigFileError) as refused:
        read(folder, text, **environment)
    said = str(refused.value)
    assert len(said.splitlines()) == 1
    assert "hunter2" not in said
    assert refused.value.__cause__ is None
    return said.replace(f"{folder}{os.sep}", "")


def test_the_table_of_a_server_overrides_the_defaults(tmp_path: Path) -> None:
    """R-CONF-02: key by key, inside `tls` too. Paths are relative to the file."""
    servers = read(tmp_path, FILE)
    assert list(servers) == ["pbx1", "pbx-2"]
    first, second = servers.values()
    assert (first.key, first.host, first.port, first.connect_timeout) == ("pbx1", "10.0.0.5", 5038, 3)
    assert (second.host, second.port, second.connect_timeout) == ("10.0.0.6", 5039, 4.5)
    assert first.tls == Tls(ca_file=str(tmp_path / "ca.pem"))
    assert second.tls == Tls(ca_file=str(tmp_path / "ca.pem"), server_name="pbx2")


def test_variables_override_the_file(tmp_path: Path) -> None:
    """R-CONF-02: those for one server override those for all."""
    environment = {
        "AMI_CONNECT_TIMEOUT": "7",
        "AMI_SERVERS_PBX_2_CONNECT_TIMEOUT": "8",
        "AMI_TLS": "1",
        "AMI_TLS_VERIFY": "no",
        "AMI_SERVERS_PBX1_TLS": "0",
        "AMI_PORT": " ",
        "AMI_SOMEBODY_ELSES": "x",
    }
    first, second = read(tmp_path, FILE, **environment).values()
    assert (first.connect_timeout, second.connect_timeout) == (7, 8)
    assert (first.tls, first.port) == (None, 5038)
    assert second.tls == Tls(ca_file=str(tmp_path / "ca.pem"), verify=False, server_name="pbx2")


def test_without_a_file_the_environment_is_one_server() -> None:
    environment = {"AMI_HOST": "10.0.0.5", "AMI_USERNAME": "ops", "AMI_SECRET": "hunter2", "AMI_PORT": "5039"}
    assert read_servers(None, environment) == {
        "10.0.0.5:5039": ServerConfig(
            key="10.0.0.5:5039", host="10.0.0.5", port=5039, username="ops", secret="hunter2"
        )
    }
    with pytest.raises(ConfigFileError, match="AMI_HOST"):
        read_servers(None, {})


@pytest.mark.parametrize(
    ("default", "own"),
    [
        ("", 'secret_file = "s"'),
        ("", 'secret_env = "PBX"'),
        ('secret_file = "s"', ""),
        ('secret = "wrong"', 'secret_file = "s"'),
        ('secret_file = "nowhere"', 'secret_env = "PBX"'),
        ('secret_env = "NOWHERE"', 'secret = "hunter2"'),
    ],
)
def test_the_secret_may_be_in_another_file_or_a_variable(default: str, own: str, tmp_path: Path) -> None:
    """R-CONF-02: the server's own source replaces that of the defaults."""
    (tmp_path / "s").write_bytes(b"hunter2\r\nsecond line\n")
    text = f'[defaults]\nhost = "h"\nusername = "u"\n{default}\n[servers.pbx]\n{own}\n'
    assert read(tmp_path, text, PBX="hunter2")["pbx"].reveal_secret() == "hunter2"


def test_a_variable_replaces_a_missing_secret_file(tmp_path: Path) -> None:
    text = '[servers.pbx]\nhost = "h"\nusername = "u"\nsecret_file = "nowhere"\n'
    assert read(tmp_path, text, AMI_SECRET="hunter2")["pbx"].reveal_secret() == "hunter2"


@pytest.mark.parametrize(
    ("text", "environment", "says"),
    [
        ("a = ", {}, "ami.toml: Invalid value (at end of document)"),
        ("[servers.a]\n\nhost = 'h'\nhost = 'i'\n", {}, "line 4"),
        ("", {}, "ami.toml: no server: write a table [servers.NAME] for each"),
        ("servers = 5", {}, "ami.toml: servers must be a table"),
        ("[servers]\nport = 5", {}, "ami.toml: [servers]: port is not in a table: write [servers.NAME]"),
        (
            "[servers]\nhunter2 = 5",
            {},
            "ami.toml: [servers]: something (not shown, because it may be a secret) is",
        ),
        ("[servers]\nx = 1\nhunter2 = 5", {}, "ami.toml: [servers]: something (not shown"),
        ("hunter2 = 1\nhunter2 = 2", {}, "ami.toml: Cannot overwrite a value (at end of document)"),
        ("[hunter2]\n[hunter2]", {}, "ami.toml: Cannot declare (not shown) twice (at line 2, column 9)"),
        (
            "[servers]\na = { hunter2 = 1, hunter2 = 2 }",
            {},
            "Duplicate inline table key (not shown) (at line 2",
        ),
        ('[servers]\na = { "hunter2\'x" = 1, "hunter2\'x" = 2 }', {}, "inline table key (not shown) (at"),
        (
            "[servers]\nhunter2 = {}\n[servers.hunter2.b]",
            {},
            "ami.toml: Cannot declare (not shown) twice (at",
        ),
        ("[servers]\nhunter2 = {}\nhunter2.b = 1", {}, "Cannot mutate immutable namespace (not shown) (at"),
        ("[servers.a]\nhunter2", {}, "ami.toml: Expected '=' after a key in a key/value pair (at end of"),
        ('[servers.a]\nsecret = "hunter2\n"', {}, "ami.toml: Illegal character '\\n' (at line 2, column 18)"),
        ("[server.a]", {}, "[servers.NAME] are allowed: unknown key 'server': did you mean 'servers'?"),
        (FILE + "prot = 1", {}, "ami.toml: [servers.pbx-2]: unknown key 'prot': did you mean 'port'?"),
        (FILE.replace("= 3", "= 3\nprot = 1"), {}, "ami.toml: [defaults]: unknown key 'prot': did you mean"),
        (FILE + "hunter2 = 1", {}, "ami.toml: [servers.pbx-2]: unknown key (not shown, because it may be a"),
        (FILE.replace("= 3", "= 3\nhunter2 = 1"), {}, "ami.toml: [defaults]: unknown key (not shown"),
        (FILE.replace("server_name", "servername"), {}, "[servers.pbx-2]: tls: unknown key 'servername'"),
        (
            FILE + 'key = "x"',
            {},
            "ami.toml: [servers.pbx-2]: key: cannot be set: the name of the table is the key",
        ),
        (FILE.replace("= 3", "= 0"), {}, "ami.toml: [defaults]: connect_timeout = 0: must be between"),
        (FILE.replace('"5039"', '"x"'), {}, "ami.toml: [servers.pbx-2]: port: must be a whole"),
        (FILE.replace('username = "ops"', ""), {}, "ami.toml: [servers.pbx1]: username: must be given"),
        (FILE, {"AMI_PORT": "x"}, "AMI_PORT: port: must be a whole number"),
        (FILE, {"AMI_SERVERS_PBX_2_PORT": "x"}, "AMI_SERVERS_PBX_2_PORT: port: must"),
        (FILE, {"AMI_TLS_VERIFY": "x"}, "AMI_TLS_VERIFY: tls.verify: must be true or false"),
        (FILE, {"AMI_TLS": "x"}, "AMI_TLS: tls: must be true or false"),
        (FILE, {"AMI_SERVERS_PBX3_PORT": "1"}, "AMI_SERVERS_PBX3_PORT: matches no server and key"),
        (FILE, {"AMI_HOST": "h"}, "AMI_HOST: names one server, and ami.toml has 2"),
        (
            FILE + "[servers.PBX_2]",
            {"AMI_SERVERS_PBX_2_PORT": "1"},
            "AMI_SERVERS_PBX_2_PORT: may mean 'pbx-2' or 'PBX_2'",
        ),
        (FILE + 'secret_env = "NOWHERE"', {}, "[servers.pbx-2]: secret_env: the variable that it names"),
        (FILE + 'secret_file = "nowhere"', {}, "secret_file: No such file or directory"),
        (FILE + "secret_file = 5", {}, "secret_file: must be text"),
        (FILE + 'secret_env = "A"\nsecret_file = "b"', {}, "secret_env: excludes secret_file"),
        (FILE + "secret = 5", {}, "[servers.pbx-2]: secret: must be text"),
        (
            FILE.replace('"5039"', '"hunter2"'),
            {},
            "ami.toml: [servers.pbx-2]: port: must be a whole number",
        ),
        (FILE + '"a\\nb" = 1', {}, "ami.toml: [servers.pbx-2]: unknown key"),
        ('"a\\nb" = 1', {}, "[servers.NAME] are allowed: unknown key (not shown"),
        ("a = " + "[" * 5000, {}, "ami.toml: is nested too deeply"),
        ("a = " + "9" * 5000, {}, "ami.toml: Exceeds the limit"),
        (FILE + "max_desyncs = 0x" + "f" * 5000, {}, "[servers.pbx-2]: max_desyncs: must be between"),
        ("[[servers.pbx]]\nhost = 'h'", {}, "ami.toml: [servers]: something (not shown"),
        (FILE, {"AMI_REDACT_NAMES": "pin"}, "AMI_REDACT_NAMES: lists are for files only"),
        (FILE, {"AMI_SERVERS_PBX1_HOST": " h "}, "AMI_SERVERS_PBX1_HOST: host: must have no blank"),
        (FILE + "setup = ['hunter2']", {}, "[servers.pbx-2]: setup: action 1: must be a table"),
    ],
)
def test_an_error_names_its_place(text: str, environment: dict[str, str], says: str, tmp_path: Path) -> None:
    """R-CONF-01: file, table, key and rule; the line of a file that is not TOML."""
    assert says in refusal(tmp_path, text, **environment)


def test_true_over_a_table_keeps_the_certificates(tmp_path: Path) -> None:
    """R-CONF-02, R-AUTH-05: in a file and in a variable."""
    text = FILE.replace('tls = { server_name = "pbx2" }', "tls = true")
    certificates = Tls(ca_file=str(tmp_path / "ca.pem"))
    assert [each.tls for each in read(tmp_path, text).values()] == [certificates] * 2
    assert [each.tls for each in read(tmp_path, text, AMI_TLS="1").values()] == [certificates] * 2


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    """Editors on Windows write one."""
    assert list(read(tmp_path, "\ufeff" + FILE.replace("\n", "\r\n"))) == ["pbx1", "pbx-2"]


def test_a_path_that_is_not_a_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigFileError, match="Is a directory"):
        read_servers(tmp_path, {})
    with pytest.raises(ConfigFileError, match="null byte"):
        read_servers("a\0b", {})


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigFileError, match="nowhere: No such file"):
        read_servers(tmp_path / "nowhere", {})
    (tmp_path / "ami.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(ConfigFileError, match="byte 5 is not UTF-8"):
        read_servers(tmp_path / "ami.toml", {})


def test_a_secret_file_that_others_can_read_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """R-OBS-02: once for all servers, at WARNING; also if a variable replaces the secret."""
    text = FILE.replace('secret = "hunter2"', 'secret_file = "s"')
    (tmp_path / "s").write_bytes(b"\xef\xbb\xbfhunter2\r\n")
    (tmp_path / "s").chmod(0o640)
    assert read(tmp_path, text)["pbx1"].reveal_secret() == "hunter2"
    assert caplog.records == []
    (tmp_path / "s").chmod(0o644)
    read(tmp_path, text, AMI_SECRET="other")
    (record,) = caplog.records
    said = f"every user of this machine can read the secret file {tmp_path / 's'}"
    assert (record.levelname, record.getMessage()) == ("WARNING", said)
    assert vars(record)["server_key"] is None


def test_an_empty_secret_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("\nsecond line")
    assert "the first line of the secret file is empty" in refusal(tmp_path, FILE + 'secret_file = "s"')


def test_connect_takes_a_server_of_a_file(mock_server: LoopbackServer, tmp_path: Path) -> None:
    text = (
        f'[servers.pbx]\nhost = "127.0.0.1"\nport = {mock_server.port}\nusername = "admin"\nsecret = "s3cr3t"'
    )
    with connect(**as_words(read(tmp_path, text)["pbx"])) as pbx:
        assert pbx.send("Ping")["Ping"] == "Pong"
        assert pbx.snapshot().server == "pbx"


POLICIES = """
[defaults]
username = "ops"
secret = "hunter2"
policy = { profile = "operate", contexts = ["hall"] }

[servers.pbx1]
host = "10.0.0.5"

[servers.pbx2]
host = "10.0.0.6"
policy = { contexts = ["desk"], commands = ["core show channels"] }

[servers.pbx3]
host = "10.0.0.7"
policy = "observe"
"""


def test_a_policy_is_merged_key_by_key(tmp_path: Path) -> None:
    """R-POLICY-01, R-CONF-02: a list replaces a list, and a profile alone the whole table."""
    servers = read(tmp_path, POLICIES)
    assert [each.policy for each in servers.values()] == [
        Policy("operate", contexts=("hall",)),
        Policy("operate", contexts=("desk",), commands=("core show channels",)),
        Policy("observe"),
    ]


def test_a_variable_names_a_profile(tmp_path: Path) -> None:
    """R-POLICY-01, R-CONF-02: for all servers, or for one."""
    servers = read(tmp_path, POLICIES, AMI_POLICY=" observe ", AMI_SERVERS_PBX2_POLICY="all")
    assert [each.policy for each in servers.values()] == [
        Policy("observe"), Policy("all"), Policy("observe"),
    ]  # fmt: skip


@pytest.mark.parametrize("key", ["PROFILE", "ALLOW", "APPLICATIONS", "CONTEXTS", "COMMANDS"])
def test_a_variable_for_a_list_of_a_policy_is_not_ignored(key: str, tmp_path: Path) -> None:
    """R-POLICY-01: a policy that was meant to be narrower would not be."""
    says = refusal(tmp_path, POLICIES, **{f"AMI_POLICY_{key}": "hunter2"})
    assert says == f"AMI_POLICY_{key}: AMI_POLICY takes a profile"
    says = refusal(tmp_path, POLICIES, **{f"AMI_SERVERS_PBX2_POLICY_{key}": "hunter2"})
    assert says == f"AMI_SERVERS_PBX2_POLICY_{key}: matches no server and key"


@pytest.mark.parametrize(
    ("given", "environment", "says"),
    [
        (
            '"hunter2"',
            {},
            "ami.toml: [servers.pbx3]: policy: must be 'observe', 'operate', 'all', or a table",
        ),
        (
            '"observe"',
            {"AMI_POLICY": "hunter2"},
            "AMI_POLICY: policy: must be 'observe', 'operate', 'all', or",
        ),
        ("{ contexts = ['hunter2'] }", {}, None),
        (
            "{ contexts = 'hunter2' }",
            {},
            "ami.toml: [servers.pbx3]: policy.contexts: must be a list of texts",
        ),
        ("{ context = ['hunter2'] }", {}, "ami.toml: [servers.pbx3]: policy: unknown key 'context': did you"),
        (
            "{ hunter2 = 1 }",
            {},
            "ami.toml: [servers.pbx3]: policy: unknown key (not shown, because it may be",
        ),
        (
            "{ profile = 'hunter2' }",
            {},
            "ami.toml: [servers.pbx3]: policy.profile: must be 'observe', 'operate' or 'all'",
        ),
    ],
)
def test_a_mistake_in_a_policy_names_its_place(
    given: str, environment: dict[str, str], says: str | None, tmp_path: Path
) -> None:
    """R-POLICY-01, R-CONF-01, R-CONF-02."""
    text = POLICIES.replace('"observe"', given)
    if says is None:
        assert read(tmp_path, text)["pbx3"].policy == Policy("operate", contexts=("hunter2",))
    else:
        assert refusal(tmp_path, text, **environment).startswith(says)
