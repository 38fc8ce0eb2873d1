"""`ami check-config`: the effective configuration, or the one line that says what is wrong where."""

import json
import tomllib
from pathlib import Path

from cli_harness import ami

from ami_backends.configuration import read_servers

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
    (folder / "ami.toml").write_text(text, encoding="utf-8")
    return str(folder / "ami.toml")


def test_it_prints_the_effective_configuration_without_secrets(tmp_path: Path) -> None:
    """R-CONF-02, R-OBS-04: as TOML, with every default and what the environment says."""
    done = ami("check-config", write(tmp_path), env={"AMI_SECRET": "", "AMI_SERVERS_OTHER_PORT": "5039"})
    assert (done.status, done.err) == (0, "")
    assert "hunter" not in done.out
    servers = tomllib.loads(done.out)["servers"]
    assert servers["pbx münchen"]["secret"] == "***"
    assert servers["pbx münchen"]["tls"] == {"verify": False}
    assert servers["pbx münchen"]["setup"] == [
        {"name": "Setvar", "headers": [["Variable", "***"], ["Value", "***"]], "required": True}
    ]
    assert (servers["other"]["port"], servers["other"]["connect_timeout"]) == (5039, 10.0)
    assert "# events is not set" in done.out


def test_what_it_prints_is_a_configuration(tmp_path: Path) -> None:
    shown = ami("check-config", write(tmp_path)).out
    again = read_servers(write(tmp_path, shown), {})
    assert {key: config.secret for key, config in again.items()} == {"pbx münchen": "***", "other": "***"}


def test_what_cannot_be_printed_is_an_escape_of_toml(tmp_path: Path) -> None:
    """R-CONF-02: what is shown is TOML, whatever stands in it."""
    odd = 'o\x01p\x7f\x85\u202e\\s"\u2028'
    text = FILE.replace('"ops"', json.dumps(odd)).replace("pbx münchen", json.dumps(odd)[1:-1])
    done = ami("check-config", write(tmp_path, text.replace("\x7f", "\\u007f")))
    assert done.status == 0, done
    assert done.out.replace("\n", "").isprintable()
    servers = tomllib.loads(done.out)["servers"]
    assert servers[odd]["username"] == odd


def test_what_is_wrong_is_one_line_and_status_2(tmp_path: Path) -> None:
    path = write(tmp_path, FILE + "port = 99999")
    done = ami("check-config", path)
    assert (done.status, done.out) == (2, "")
    assert done.complaint == f"{path}: [servers.other]: port = 99999: must be between 1 and 65535"


def test_broken_toml_names_the_line(tmp_path: Path) -> None:
    done = ami("check-config", write(tmp_path, FILE + "port"))
    assert done.status == 2
    assert "line 15" in done.complaint or "end of document" in done.complaint
