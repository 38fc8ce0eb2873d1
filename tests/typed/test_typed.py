"""Type checkers find what is wrong, and nothing else: mypy in CI's own step, pyright here."""

import json
import subprocess
import sys
from pathlib import Path

import ami_proto.actions
import ami_proto.events
from ami_proto.catalogue.action_record import ACTIONS

PROGRAMS = Path(__file__).with_name("programs.py")
ROOT = PROGRAMS.parents[2]


def test_pyright_agrees_with_each_mark(tmp_path: Path) -> None:
    """R-TYPE-01, R-TYPE-02: the same programs as mypy checks."""
    config = {
        "include": [str(PROGRAMS)],
        "typeCheckingMode": "standard",
        "pythonVersion": "3.11",
        "pythonPlatform": "Linux",
        "extraPaths": [str(ROOT)],
        "enableTypeIgnoreComments": True,
        "reportUnnecessaryTypeIgnoreComment": "error",
        "reportMissingModuleSource": "none",
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    command = ["basedpyright", "--project", str(tmp_path), "--pythonpath", sys.executable, "--outputjson"]
    run = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    found = json.loads(run.stdout)
    assert found["summary"]["filesAnalyzed"] == 1
    errors = [each for each in found["generalDiagnostics"] if each["severity"] == "error"]
    assert [(each["range"]["start"]["line"] + 1, each["message"]) for each in errors] == []
    assert run.returncode == 0


def test_the_modules_are_imported_in_little_time() -> None:
    """R-TYPE-02: the core does not load the events; neither module imports anything beside the core."""
    program = """
import sys
import ami_proto
assert "ami_proto.catalogue.event_table" not in sys.modules
before = set(sys.modules)
import ami_proto.actions
ami_proto.actions.originate("PJSIP/1")
assert "ami_proto.catalogue.event_table" not in sys.modules
import ami_proto.events
ami_proto.events.Hangup
print(*sorted(set(sys.modules) - before))
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert run.stdout.split() == [
        "ami_proto.actions",
        "ami_proto.catalogue.event_record",
        "ami_proto.catalogue.event_table",
        "ami_proto.catalogue.sentences",
        "ami_proto.events",
        "ami_proto.message.action_functions",
        "ami_proto.message.arguments",
        "ami_proto.message.event_values",
    ]


def test_the_stub_has_what_the_module_has() -> None:
    """R-TYPE-04."""
    stub = Path(ami_proto.actions.__file__).with_suffix(".pyi").read_text("utf-8")
    assert all(f"def {each.function}(" in stub for each in ACTIONS.values())
    views = Path(ami_proto.events.__file__).with_suffix(".pyi").read_text("utf-8")
    assert all(f"class {name}(" in views or f" as {name}\n" in views for name in dir(ami_proto.events))
