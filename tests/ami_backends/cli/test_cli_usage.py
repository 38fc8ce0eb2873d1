"""Wrong usage is one line and status 2, before anything is sent; help, streams and signals."""

import os
import subprocess
import sys
from importlib.metadata import EntryPoint, version
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup
from typer.main import get_command

from ami_backends.cli import app
from tests.cli_harness import PATIENCE, ami, chatter, environment, mock, start, url


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["listen"], "no target"),
        (["listen", "pbx"], "must begin with ami://"),
        (["listen", "ami://u@h", "hunter2"], "unexpected extra argument"),
        (["check-config", "FILE", "hunter2", "hunter2"], "unexpected extra argument"),
        (["send", "ami://u@h", "Login", "Username=u", "Secret: hunter2"], "word 2 after the action is not"),
        (["send", "ami://pbx host", "Ping"], "no user"),
        (["send", "ami://u@pbx host", "Ping"], "no blank"),
        (["listen", "ami://u@h", "--count", "0"], "--count"),
        (["listen", "ami://u@h", "--json", "--full"], "exclude each other"),
        (["send"], "missing argument"),
        (["send", "ami://u@h"], "no action"),
        (["send", "Ping"], "no target"),
        (["send", "ami://u@h", "Ping", "Header"], "write Header=Value"),
        (["send", "ami://u@h", "Ping", "=x"], "header name"),
        (["send", "ami://u@h", "Ping", "X=a\r\nAction: Originate"], "CR, LF or NUL"),
        (["send", "ami://u@h", "Pi\nng"], "CR, LF or NUL"),
        (["send", "ami://u@h", "Ping", "ActionID=1"], "ActionID"),
        (["send", "ami://u@h", "Ping", "--timeout", "0"], "--timeout"),
        (["send", "ami://u@h", "Ping", "--timeout", "nan"], "--timeout"),
        (["send", "ami://u@h", "Ping", "--connect-timeout", "-1"], "connect_timeout"),
        (["send", "ami://u@h", "Ping", "--secret", "hunter2"], "--secret"),
        (["send", "ami://u@h", "Ping", "--ca", "x.pem"], "--ca needs TLS"),
        (["send", "ami://u@h", "Ping", "--insecure"], "--insecure needs TLS"),
        (["send", "ami://u@h", "Ping", "--server-name", "pbx"], "--server-name needs TLS"),
        (["send", "amis://u@h", "Ping", "--insecure", "--ca", "x.pem"], "exclude each other"),
        (["send", "amis://u@h", "Ping", "--server-name", " "], "--server-name must"),
        (["send", "amis://u@h", "Ping", "--ca", "/no/such.pem"], "/no/such.pem: No such file"),
        (["send", "ami://u@h", "Ping", "--secret-file", "/no/such"], "/no/such: No such file"),
        (["command", "ami://u@h"], "no command"),
        (["command", "ami://u@h", "a\nb"], "CR, LF or NUL"),
        (["lisen"], "no such command"),
        (["actions", "Ping", "hunter2"], "unexpected extra argument"),
        (["events", "nosuchevent"], "no event matches"),
        (["listen", "--nonsense"], "no such option"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_status_2(
    arguments: list[str], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [each for each in os.environ if each.startswith("AMI_")]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AMI_SECRET", "s3cr3t")
    assert app.run_command_line(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert err.startswith("ami: ")
    assert says.lower() in err.lower()
    assert "hunter2" not in err


def test_the_process_ends_with_that_status() -> None:
    ended = ami("listen", "--nonsense")
    assert (ended.status, ended.out) == (2, "")
    assert ended.complaint


def test_a_password_in_the_url_is_not_quoted() -> None:
    ended = ami("send", "ami://ops:hunter2@pbx", "Ping")
    assert ended.status == 2
    assert "hunter2" not in ended.err + ended.out
    assert "--secret-file" in ended.complaint


def test_without_a_secret_and_a_terminal_it_fails() -> None:
    ended = ami("send", "ami://ops@pbx", "Ping", env={"AMI_SECRET": ""})
    assert ended.status == 2
    assert "AMI_SECRET" in ended.complaint


def test_a_secret_file_is_read_only_up_to_a_limit() -> None:
    """The secret from /dev/zero is refused by `ServerConfig`, because it contains NUL."""
    done = ami("send", "ami://ops@127.0.0.1:1", "Ping", "--secret-file", "/dev/zero")
    assert done.status == 2
    assert "secret" in done.complaint


def test_an_empty_secret_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\nsecond line\n")
    ended = ami("send", "ami://ops@pbx", "Ping", "--secret-file", str(tmp_path / "empty"))
    assert ended.status == 2
    assert "empty" in ended.complaint


@pytest.mark.parametrize(
    "data", [b"s3cr3t\nsecond line\n", b"s3cr3t\r\n", b"\xef\xbb\xbfs3cr3t\r\n", b"s3cr3t"]
)
def test_the_secret_may_come_from_a_file_or_standard_input(data: bytes, tmp_path: Path) -> None:
    """Neither the line end nor a byte order mark is part of it: Windows adds both."""
    path = secret_file(tmp_path, data)
    with mock() as server:
        file = ami("send", url(server), "Ping", "--secret-file", str(path), env={"AMI_SECRET": "wrong"})
        stdin = ami("send", url(server), "Ping", "--secret-file", "-", stdin=data)
    assert (file.status, stdin.status) == (0, 0), (file, stdin)
    assert (file.err, stdin.err) == ("", "")


def test_standard_input_that_cannot_be_read_is_one_line() -> None:
    command = 'exec "$0" -m ami_backends.cli send ami://u@h Ping --secret-file - 0>/dev/null'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert (done.returncode, done.stderr) == (2, "ami: standard input: Bad file descriptor\n")


@pytest.mark.parametrize(
    "words", [["send", "Ping"], ["command", "core show version"], ["listen", "--count", "1"]]
)
def test_a_secret_file_that_others_can_read_is_named(words: list[str], tmp_path: Path) -> None:
    """A warning: the command does its work."""
    path = secret_file(tmp_path, b"s3cr3t\n", mode=0o644)
    with mock() as server, chatter(server):
        done = ami(words[0], url(server), *words[1:], "--secret-file", str(path))
    assert done.status == 0, done
    assert done.complaint == f"warning: every user of this machine can read the secret file {path}"


def secret_file(folder: Path, data: bytes, mode: int = 0o640) -> Path:
    """Write a secret file that its group may read."""
    path = folder / "secret"
    path.write_bytes(data)
    path.chmod(mode)
    return path


USAGE = {
    "listen": "[OPTIONS] [TARGET]",
    "send": "[OPTIONS] [TARGET] ACTION [HEADER=VALUE]...",
    "command": '[OPTIONS] [TARGET] "COMMAND"',
    "status": "[OPTIONS]",
    "doctor": "[OPTIONS] [TARGET]",
    "actions": "[OPTIONS] [PATTERN]",
    "events": "[OPTIONS] [PATTERN]",
    "check-config": "[OPTIONS] FILE",
}
LOGIN_OPTIONS = ("--secret-file", "--ca", "--server-name", "--insecure", "--connect-timeout")


@pytest.mark.parametrize("name", USAGE)
def test_help_shows_how_to_call_a_command(name: str) -> None:
    ended = ami(name, "--help", env={"COLUMNS": "100"})
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines()[0] == f"Usage: ami {name} {USAGE[name]}"
    logs_in = name in ("listen", "send", "command", "doctor")
    assert all((option in ended.out) == logs_in for option in LOGIN_OPTIONS)


@pytest.mark.parametrize("name", [*USAGE, "demo", "mock"])
def test_help_prints_every_text_as_it_is_written(name: str) -> None:
    """Rich took words in brackets for markup, and left out what looked like a style: `[defaults]`."""
    group = get_command(app.build())
    assert isinstance(group, TyperGroup)
    command = group.commands[name]
    texts = [command.help, *(getattr(each, "help", None) for each in command.params)]
    shown = " ".join(ami(name, "--help").out.split())
    for text in texts:
        assert text, name
        assert " ".join(text.split()) in shown


def test_brackets_are_not_eaten_from_the_help_of_other_packages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def register(application: typer.Typer) -> None:
        @application.command(epilog="Reads [red].", short_help="Use [bold].")
        def paint(colour: str = typer.Option("", help="One of [green] and [/blue].")) -> None:
            """Paint [defaults] over."""

    monkeypatch.setitem(globals(), "register_paint", register)
    entry = EntryPoint("paint", f"{__name__}:register_paint", app.PLUGIN_GROUP)
    monkeypatch.setattr(app, "entry_points", lambda group: [entry])
    monkeypatch.setitem(sys.modules, __name__, sys.modules[register.__module__])
    assert app.run_command_line(["paint", "--help"]) == app.run_command_line(["--help"]) == 0
    shown = capsys.readouterr().out
    for text in ("Paint [defaults] over.", "One of [green] and [/blue].", "Reads [red].", "Use [bold]."):
        assert text in shown


def test_the_list_of_commands_has_whole_sentences() -> None:
    ended = ami("--help")
    rows = ended.out.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert [row.split()[0] for row in rows] == [*USAGE, "demo", "mock"]
    assert all(row.endswith(".") and not row.endswith("...") for row in rows)


def test_the_version_is_that_of_the_distribution() -> None:
    ended = ami("--version")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == f"ami-proto {version('ami-proto')}\n"


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_a_missing_extra_names_the_line_that_installs_it(missing: str) -> None:
    program = f"import sys; sys.modules[{missing!r}] = None; from ami_backends.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment(), check=False
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        'ami: the command line needs the extra "cli": pip install "ami-proto[cli]"'
    ]


def test_help_into_a_closed_pipe_prints_no_error() -> None:
    with start("--help") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(PATIENCE) == 141
        assert process.stderr.read() == b""


@pytest.mark.parametrize("redirection", [">&-", "2>&-", "<&-", ">&- 2>&- <&-", "2>/dev/full"])
def test_missing_and_full_standard_streams_are_not_bugs(redirection: str) -> None:
    with mock() as server:
        done = subprocess.run(
            [
                "sh",
                "-c",
                f'exec "$0" -m ami_backends.cli send {url(server)} Ping {redirection}',
                sys.executable,
            ],
            capture_output=True,
            text=True,
            env=environment(),
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_prompt_asks_without_echo() -> None:
    program = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    with mock() as server:
        line = [sys.executable, "-m", "ami_backends.cli", "send", url(server), "Ping"]
        with subprocess.Popen(
            [sys.executable, "-c", program, *line],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment({"AMI_SECRET": ""}),
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            prompt = os.read(process.stdout.fileno(), 4096)
            process.stdin.write(b"s3cr3t\n")
            process.stdin.flush()
            rest = process.stdout.read()
            assert process.wait(PATIENCE) == 0
    assert prompt.startswith(b"Secret of admin at 127.0.0.1")
    assert b"Pong" in rest
    assert b"s3cr3t" not in rest


def version_in(program: str) -> tuple[int, bytes]:
    """Run `ami --version` by a Python program; return its status and stderr."""
    done = subprocess.run(
        [sys.executable, "-c", program, "--version"], capture_output=True, env=environment(), check=False
    )
    return done.returncode, done.stderr


def test_a_signal_at_exit_prints_nothing() -> None:
    """R-DRIVER-05: after a second Ctrl-C the interpreter printed a traceback of its shutdown."""
    program = (
        "import atexit, os, signal; atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT));"
        "from ami_backends.cli import main; main()"
    )
    assert version_in(program) == (0, b"")


BEFORE = """
import os, signal, sys
from ami_backends.cli import main

class Finder:
    def find_spec(self, name, path, target=None):
        if name == "ami_backends.cli.app":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder())
main()
"""

AFTER = """
import os, signal, sys
from ami_backends.cli import main

class Stream:
    def flush(self):
        os.kill(os.getpid(), signal.SIGINT)

sys.stderr = Stream()
main()
"""


@pytest.mark.parametrize("program", [BEFORE, AFTER])
def test_ctrl_c_before_or_after_the_command_prints_nothing(program: str) -> None:
    """R-DRIVER-05: while `main` imports the application, or flushes the streams after a command."""
    assert version_in(program) == (130, b"")


def test_the_signal_handlers_are_restored() -> None:
    """R-DRIVER-05: for a program that runs the command line and continues."""
    program = (
        "import signal; from ami_backends.cli import main;"
        "before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0\n"
        "assert before == [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]"
    )
    assert version_in(program) == (0, b"")


@pytest.mark.parametrize(
    "backend", [[], ["--backend", "asyncio"], ["--backend", "trio"], ["--backend", "gevent"]]
)
def test_it_runs_in_any_thread(backend: list[str]) -> None:
    """R-DRIVER-05: also where Python allows no signal handlers."""
    program = (
        "import sys, threading; from ami_backends.cli import main\n"
        "def run():\n"
        "    try: main()\n"
        "    except SystemExit as end: print('ended', end.code)\n"
        "thread = threading.Thread(target=run); thread.start(); thread.join()"
    )
    with mock() as server:
        done = subprocess.run(
            [sys.executable, "-c", program, "listen", url(server), *backend],
            capture_output=True,
            text=True,
            env=environment({"AMI_SECRET": "wrong"}),
            timeout=PATIENCE,
            check=False,
        )
    assert done.stdout == "ended 4\n"
    assert "refused: Authentication failed" in done.stderr


def test_other_packages_add_commands_and_a_broken_one_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = EntryPoint("broken", "no_such_module_here:register", app.PLUGIN_GROUP)
    good = EntryPoint("hello", f"{__name__}:register_hello", app.PLUGIN_GROUP)
    monkeypatch.setattr(app, "entry_points", lambda group: [good, broken])
    monkeypatch.setitem(sys.modules, __name__, sys.modules[register_hello.__module__])
    assert app.run_command_line(["hello", "world"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "hello world\n"
    assert captured.err.startswith("ami: the command 'broken' (no_such_module_here:register) is left out: ")
    assert len(captured.err.splitlines()) == 1


def test_an_unexpected_error_is_one_line_and_status_70(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        app, "entry_points", lambda group: [EntryPoint("x", f"{__name__}:register_broken", group)]
    )
    assert app.run_command_line(["broken"]) == 70
    assert capsys.readouterr().err == "ami: this is a bug in ami, please report it: ZeroDivisionError: oh\n"


@pytest.mark.parametrize(
    ("code", "status", "said"), [(None, 0, ""), (7, 7, ""), ("enough", 1, "ami: enough\n")]
)
def test_a_command_of_another_package_may_call_sys_exit(
    code: int | str | None, status: int, said: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def register(application: typer.Typer) -> None:
        application.command("leave")(lambda: sys.exit(code))

    monkeypatch.setitem(globals(), "register_leave", register)
    monkeypatch.setattr(
        app, "entry_points", lambda group: [EntryPoint("x", f"{__name__}:register_leave", group)]
    )
    assert app.run_command_line(["leave"]) == status
    assert capsys.readouterr().err == said


def register_hello(application: typer.Typer) -> None:
    @application.command()
    def hello(name: str) -> None:
        print("hello", name)


def register_broken(application: typer.Typer) -> None:
    @application.command()
    def broken() -> None:
        raise ZeroDivisionError("oh")
