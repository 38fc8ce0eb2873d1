"""Usage: everything that is wrong before anything is sent, and how it is said (status 2)."""

import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import typer
from cli_harness import PATIENCE, ami, environment, mock, start, url

from ami_backends.cli import app


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["listen"], "no target"),
        (["listen", "pbx"], "must begin with ami://"),
        (["listen", "ami://u@h", "hunter2"], "unexpected extra argument"),
        (["check-config", "FILE", "hunter2", "hunter2"], "unexpected extra argument"),
        (["send", "ami://u@h", "Login", "Username=u", "Secret: hunter2"], "word 2 behind the action is no"),
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
        (["send", "amis://u@h", "Ping", "--insecure", "--ca", "x.pem"], "exclude each other"),
        (["send", "amis://u@h", "Ping", "--ca", "/no/such.pem"], "/no/such.pem: No such file"),
        (["send", "ami://u@h", "Ping", "--secret-file", "/no/such"], "/no/such: No such file"),
        (["command", "ami://u@h"], "no command"),
        (["command", "ami://u@h", "a\nb"], "CR, LF or NUL"),
        (["lisen"], "no such command"),
        (["listen", "--nonsense"], "no such option"),
    ],
)
def test_a_wrong_command_line_is_said_in_one_line(
    arguments: list[str], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AMI_HOST", "AMI_PORT", "AMI_USERNAME", "AMI_TLS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AMI_SECRET", "s3cr3t")
    assert app.run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert err.startswith("ami: ")
    assert says.lower() in err.lower()
    assert "hunter2" not in err


def test_a_wrong_command_line_ends_the_process_with_status_2() -> None:
    ended = ami("listen", "--nonsense")
    assert (ended.status, ended.out) == (2, "")
    assert ended.complaint


def test_a_password_in_the_url_is_not_repeated() -> None:
    ended = ami("send", "ami://ops:hunter2@pbx", "Ping")
    assert ended.status == 2
    assert "hunter2" not in ended.err + ended.out
    assert "--secret-file" in ended.complaint


def test_no_secret_and_no_terminal_to_ask_for_one() -> None:
    ended = ami("send", "ami://ops@pbx", "Ping", env={"AMI_SECRET": ""})
    assert ended.status == 2
    assert "AMI_SECRET" in ended.complaint


def test_a_secret_file_without_end_is_not_read_to_its_end() -> None:
    """It is refused as the wrong secret it is, by a configuration that takes no NUL."""
    done = ami("send", "ami://ops@127.0.0.1:1", "Ping", "--secret-file", "/dev/zero")
    assert done.status == 2
    assert "secret" in done.complaint


def test_an_empty_secret_file_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\nsecond line\n")
    ended = ami("send", "ami://ops@pbx", "Ping", "--secret-file", str(tmp_path / "empty"))
    assert ended.status == 2
    assert "empty" in ended.complaint


def test_the_secret_may_come_from_a_file_or_standard_input(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cr3t\nsecond line\n")
    with mock() as server:
        file = ami(
            "send",
            url(server),
            "Ping",
            "--secret-file",
            str(tmp_path / "secret"),
            env={"AMI_SECRET": "wrong"},
        )
        stdin = ami("send", url(server), "Ping", "--secret-file", "-", stdin=b"s3cr3t\r\n")
    assert (file.status, stdin.status) == (0, 0), (file, stdin)


@pytest.mark.parametrize("arguments", [["--help"], ["listen", "--help"], ["send", "--help"], ["--version"]])
def test_help_and_version_are_fine(arguments: list[str]) -> None:
    ended = ami(*arguments)
    assert (ended.status, ended.err) == (0, "")
    assert "ami" in ended.out


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


def test_help_into_a_closed_pipe_is_quiet() -> None:
    with start("--help") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(PATIENCE) == 141
        assert process.stderr.read() == b""


@pytest.mark.parametrize(
    ("redirection", "status"), [(">&-", 0), ("2>&-", 0), ("<&-", 0), (">&- 2>&- <&-", 0), (">/dev/full", 1)]
)
def test_missing_and_full_standard_streams_are_no_bug(redirection: str, status: int) -> None:
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
    assert done.returncode == status, done
    assert done.stderr == ("ami: No space left on device\n" if status else "")


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
    """Ask for the version in a program of its own; return its status, and what it said on stderr."""
    done = subprocess.run(
        [sys.executable, "-c", program, "--version"], capture_output=True, env=environment(), check=False
    )
    return done.returncode, done.stderr


def test_a_signal_while_the_process_ends_is_quiet() -> None:
    """R-DRIVER-05: the second of two Ctrl-C came as the interpreter's own traceback."""
    program = (
        "import atexit, os, signal; atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT));"
        "from ami_backends.cli import main; main()"
    )
    assert version_in(program) == (0, b"")


def test_ctrl_c_before_the_command_begins_or_when_it_is_over_is_quiet() -> None:
    """R-DRIVER-05."""
    program = (
        "import os, signal; from ami_backends.cli import app, main;"
        "app._leave_no_output = lambda: os.kill(os.getpid(), signal.SIGINT); main()"
    )
    assert version_in(program) == (130, b"")


def test_ctrl_c_does_afterwards_what_it_did_before() -> None:
    """R-DRIVER-05: in a program that runs the command line and goes on."""
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
    """R-DRIVER-05: where Python has no say in what signals do."""
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
    assert app.run(["hello", "world"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "hello world\n"
    assert captured.err.startswith("ami: the command 'broken' (no_such_module_here:register) is left out: ")
    assert len(captured.err.splitlines()) == 1


def test_a_bug_is_a_sentence_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(
        app, "entry_points", lambda group: [EntryPoint("x", f"{__name__}:register_broken", group)]
    )
    assert app.run(["broken"]) == 70
    assert capsys.readouterr().err == "ami: this is a bug in ami, please report it: ZeroDivisionError: oh\n"


@pytest.mark.parametrize(
    ("code", "status", "said"), [(None, 0, ""), (7, 7, ""), ("enough", 1, "ami: enough\n")]
)
def test_a_command_of_another_package_may_exit_as_it_likes(
    code: int | str | None, status: int, said: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def register(application: typer.Typer) -> None:
        application.command("leave")(lambda: sys.exit(code))

    monkeypatch.setitem(globals(), "register_leave", register)
    monkeypatch.setattr(
        app, "entry_points", lambda group: [EntryPoint("x", f"{__name__}:register_leave", group)]
    )
    assert app.run(["leave"]) == status
    assert capsys.readouterr().err == said


def register_hello(application: typer.Typer) -> None:
    @application.command()
    def hello(name: str) -> None:
        print("hello", name)


def register_broken(application: typer.Typer) -> None:
    @application.command()
    def broken() -> None:
        raise ZeroDivisionError("oh")
