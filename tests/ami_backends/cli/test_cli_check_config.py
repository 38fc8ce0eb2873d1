"""`ami check-config`: the effective configuration, or one line with the error and its place."""

import json
import tomllib
from pathlib import Path

from ami_backends.configuration import read_servers
from tests.cli_harness import ami

FILE = """
[defaults]
username = "ops"
secret_file = "pbx.secret"

[servers."pbx münchen"]
host = "10.0.0.5"
tls = { verify = false }
redact_names = ["pin"]
setup = [{ name = "Setvar", headers = { Variable = "PIN", Value = "hunter3" }, required = true }]

[servers.other]
host = "10.0.0.6"
"""


def write(folder: Path, text: str = FILE) -> str:
    (folder / "pbx.secret").write_text("hunter2\n")
    (folder / "pbx.secret").chmod(0o600)
    (folder / "ami.toml").write_text(text, encoding="utf-8")
    return str(folder / "ami.toml")


def test_it_prints_the_effective_configuration_without_secrets(tmp_path: Path) -> None:
    """R-CONF-02, R-OBS-04: as TOML, with every default and the variables."""
    done = ami("check-config", write(tmp_path), env={"AMI_SECRET": "", "AMI_SERVERS_OTHER_PORT": "5039"})
    assert (done.status, done.err) == (0, "")
    assert "hunter" not in done.out
    servers = tomllib.loads(done.out)["servers"]
    assert servers["pbx münchen"]["secret"] == "***"
    assert servers["pbx münchen"]["tls"] == {"verify": False}
    assert servers["pbx münchen"]["setup"] == [
        {"name": "Setvar", "headers": [["Variable", "***"], ["Value", "***"]], "required": True}
    ]
    assert servers["other"]["auth"] == "md5", "the option, not a header with a secret"
    assert (servers["other"]["port"], servers["other"]["connect_timeout"]) == (5039, 10.0)
    assert "# events is not set" in done.out


def test_a_secret_file_that_others_can_read_is_named_once(tmp_path: Path) -> None:
    """R-CONF-02: both servers use it."""
    path = write(tmp_path)
    (tmp_path / "pbx.secret").chmod(0o604)
    done = ami("check-config", path)
    assert done.status == 0, done
    file = tmp_path / "pbx.secret"
    assert done.complaint == f"warning: every user of this machine can read the secret file {file}"


def test_its_output_can_be_read_as_a_configuration(tmp_path: Path) -> None:
    shown = ami("check-config", write(tmp_path)).out
    again = read_servers(write(tmp_path, shown), {})
    assert {key: config.reveal_secret() for key, config in again.items()} == {
        "pbx münchen": "***",
        "other": "***",
    }


def test_unprintable_characters_become_escapes_of_toml(tmp_path: Path) -> None:
    """R-CONF-02: the output is TOML for any text in it."""
    odd = 'o\x01p\x7f\x85\u202e\\s"\u2028'
    text = FILE.replace('"ops"', json.dumps(odd)).replace("pbx münchen", json.dumps(odd)[1:-1])
    done = ami("check-config", write(tmp_path, text.replace("\x7f", "\\u007f")))
    assert done.status == 0, done
    assert done.out.replace("\n", "").isprintable()
    servers = tomllib.loads(done.out)["servers"]
    assert servers[odd]["username"] == odd


def test_an_error_is_one_line_and_status_2(tmp_path: Path) -> None:
    path = write(tmp_path, FILE + "port = 99999")
    done = ami("check-config", path)
    assert (done.status, done.out) == (2, "")
    assert done.complaint == f"{path}: [servers.other]: port = 99999: must be between 1 and 65535"


def test_an_error_of_toml_names_the_line(tmp_path: Path) -> None:
    path = write(tmp_path, FILE.replace('username = "ops"', "username ="))
    done = ami("check-config", path)
    assert (done.status, done.out) == (2, "")
    assert done.complaint == f"{path}: Invalid value (at line 3, column 11)"


def test_it_shows_the_policy_of_each_server(tmp_path: Path) -> None:
    """R-POLICY-01: it can be read back, and comments point at names that Asterisk does not have."""
    text = FILE.replace("tls = { verify = false }", 'policy = { allow = ["Ping", "QueueAd", "Frobnicate"] }')
    text = text.replace('host = "10.0.0.6"', 'host = "10.0.0.6"\npolicy = { profile = "all", contexts = [] }')
    path = write(tmp_path, text + '\n[servers.third]\nhost = "10.0.0.7"\n')
    done = ami("check-config", path)
    assert (done.status, done.err) == (0, "")
    servers = tomllib.loads(done.out)["servers"]
    assert servers["pbx münchen"]["policy"] == {"allow": ["Ping", "QueueAd", "Frobnicate"]}
    assert servers["other"]["policy"] == {"profile": "all", "contexts": []}
    assert servers["third"]["policy"] == "all"
    comments = [line for line in done.out.splitlines() if line.startswith("# policy")]
    assert comments == [
        "# policy.allow: Asterisk has no action 'QueueAd': did you mean QueueAdd?",
        "# policy.allow: Asterisk has no action 'Frobnicate'",
    ]
    shown = ami("check-config", write(tmp_path, done.out.replace('"***"', '"x"')))
    assert shown.out == done.out


def test_a_policy_may_be_a_profile_from_a_variable(tmp_path: Path) -> None:
    """R-POLICY-01, R-CONF-02."""
    done = ami("check-config", write(tmp_path), env={"AMI_POLICY": "operate"})
    servers = tomllib.loads(done.out)["servers"]
    assert {each["policy"] for each in servers.values()} == {"operate"}
