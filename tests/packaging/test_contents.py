"""What is in the two distributions, and what their metadata asks for. Nothing is installed."""

import re
import tomllib
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tests.distributions import CONFORMANCE, FOLDERS, PROTO, ROOT, only, unpack

pytestmark = pytest.mark.timeout(300)  # the first test pays for the builds

CONSTRAINTS = ROOT / "tests" / "constraints.txt"
REQUIREMENTS = ROOT / "tests" / "requirements.txt"
PACKAGES = {PROTO: {"ami_proto", "ami_backends"}, CONFORMANCE: {"conformance"}}
BESIDE = {"LICENSE", "PKG-INFO", "README.md", "pyproject.toml", ".gitignore"}
"""What an sdist has besides packages; hatchling adds the last."""


def contents(wheel: Path) -> dict[str, bytes]:
    """Return every file of a wheel."""
    with ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def metadata(wheel: Path) -> Message:
    """Return the metadata of a wheel."""
    (text,) = (data for name, data in contents(wheel).items() if name.endswith(".dist-info/METADATA"))
    return HeaderParser().parsestr(text.decode())


def needs(wheel: Path) -> list[str]:
    """Return what a wheel requires, with its markers."""
    return metadata(wheel).get_all("Requires-Dist", [])


def name_of(requirement: str) -> str:
    """Return the normalised name of a distribution that a requirement names."""
    (name,) = re.findall(r"^[\w.-]+", requirement)
    return re.sub(r"[-_.]+", "-", str(name)).lower()


def listed(path: Path) -> set[str]:
    """Return the names in a file of requirements."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {name_of(line) for line in lines if line.strip() and not line.startswith("#")}


def project(name: str) -> dict[str, Any]:
    """Return the `[project]` table of a distribution."""
    table: dict[str, Any] = tomllib.loads((FOLDERS[name] / "pyproject.toml").read_text("utf-8"))["project"]
    return table


@pytest.mark.parametrize("name", FOLDERS)
def test_a_wheel_has_its_packages_and_nothing_else(name: str, built: Path) -> None:
    files = contents(only(built, f"{name}-*.whl"))
    tops = {file.partition("/")[0] for file in files}
    (info,) = (top for top in tops if top.endswith(".dist-info"))
    assert tops - {info} == PACKAGES[name]
    assert f"{info}/licenses/LICENSE" in files
    assert all(files[f"{package}/py.typed"] == b"" for package in PACKAGES[name])
    assert {file for file in files if Path(file).name in BESIDE} == (
        {"conformance/corpus/README.md"} & set(files) | {f"{info}/licenses/LICENSE"}
    )


@pytest.mark.parametrize("name", FOLDERS)
def test_a_wheel_has_every_file_of_its_packages(name: str, built: Path) -> None:
    wanted = {
        str(path.relative_to(ROOT))
        for package in PACKAGES[name]
        for path in (ROOT / package).rglob("*")
        if path.is_file() and not {"__pycache__", "dist"} & set(path.parts) and path.suffix != ".pyc"
    }
    files = {file for file in contents(only(built, f"{name}-*.whl")) if ".dist-info/" not in file}
    assert files == wanted - {f"conformance/{file}" for file in BESIDE}


@pytest.mark.parametrize("name", FOLDERS)
def test_an_sdist_has_neither_tests_nor_other_packages(name: str, built: Path, tmp_path: Path) -> None:
    folder = unpack(only(built, f"{name}-*.tar.gz"), tmp_path)
    found = {path.name for path in folder.iterdir()}
    if name == PROTO:
        assert found == BESIDE | PACKAGES[PROTO] | {"CHANGELOG.md"}
    else:
        tree = {path.name for path in FOLDERS[name].iterdir()} - {"__pycache__", "dist"}
        assert found == BESIDE | tree


@pytest.mark.parametrize("name", FOLDERS)
def test_a_wheel_from_the_sdist_is_the_same(name: str, built: Path, rebuilt: Path) -> None:
    assert contents(only(built, f"{name}-*.whl")) == contents(only(rebuilt, f"{name}-*.whl"))


@pytest.mark.parametrize("name", FOLDERS)
def test_the_metadata_is_complete(name: str, built: Path) -> None:
    about = metadata(only(built, f"{name}-*.whl"))
    assert about["Author"] == "the ami-proto developers"
    assert about["License-Expression"] == "MIT"
    assert about["License-File"] == "LICENSE"
    assert about["Requires-Python"] == ">=3.11"
    assert about["Description-Content-Type"] == "text/markdown"
    urls = {url.partition(",")[0] for url in about.get_all("Project-URL", [])}
    assert urls == {"Homepage", "Documentation", "Source", "Issues", "Changelog"}
    versions = {f"Programming Language :: Python :: 3.{minor}" for minor in range(11, 15)}
    assert versions | {"Typing :: Typed"} <= set(about.get_all("Classifier", []))


LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
REPOSITORY = "https://github.com/ami-proto/ami-proto"


@pytest.mark.parametrize("name", FOLDERS)
def test_the_long_description_is_the_readme_with_links_that_work_on_pypi(name: str, built: Path) -> None:
    """A relative link, dead there, becomes one to the repository; that of a picture, to its bytes."""
    shown = str(metadata(only(built, f"{name}-*.whl")).get_payload()).strip()
    for picture, link in LINK.findall(shown):
        assert link.startswith("https://"), link
        kind = "raw" if picture else "blob"
        path = link.removeprefix(f"{REPOSITORY}/{kind}/main/").partition("#")[0]
        assert path == link or (ROOT / path).exists(), link
    back = re.sub(rf"\({REPOSITORY}/(?:raw|blob)/main/", "(", shown)
    assert back == (FOLDERS[name] / "README.md").read_text("utf-8").strip()


def test_the_two_licence_files_are_one_text() -> None:
    """Metadata may not name a file outside of its project."""
    assert (ROOT / "LICENSE").read_bytes() == (FOLDERS[CONFORMANCE] / "LICENSE").read_bytes()


def test_the_two_versions_are_the_same(built: Path) -> None:
    version = project(PROTO)["version"]
    assert project(CONFORMANCE)["version"] == version
    proto = [need for need in needs(only(built, f"{CONFORMANCE}-*.whl")) if need.startswith("ami-proto")]
    assert proto == [f"ami-proto[cli]=={version}", f"ami-proto[all]=={version}; extra == 'suite'"]


def test_ami_proto_alone_needs_nothing_else(proto_wheel: Path) -> None:
    """And no extra of it names ami-conformance, which pip could not find from a clone."""
    assert all("; extra == " in need for need in needs(proto_wheel))
    assert {name_of(need) for need in needs(proto_wheel)} == {
        "anyio", "trio", "gevent", "typer", "rich", "shellingham", "prometheus-client"
    }  # fmt: skip


def test_the_command_line_has_its_examples_and_scripts(proto_wheel: Path) -> None:
    files = {name.partition("ami_backends/cli/")[2] for name in contents(proto_wheel)}
    assert files > {"examples.txt", "shells/ami.bash", "shells/ami.fish", "shells/ami.zsh"}


def test_the_tools_of_developers_are_in_no_metadata(proto_wheel: Path, conformance_wheel: Path) -> None:
    """Nor are the AMI clients of others."""
    users = {name_of(need) for wheel in (proto_wheel, conformance_wheel) for need in needs(wheel)}
    assert {"mypy", "pystrix", "panoramisk"} <= listed(REQUIREMENTS)
    assert listed(REQUIREMENTS) & users == set()


def test_all_that_ci_installs_is_pinned(proto_wheel: Path, conformance_wheel: Path) -> None:
    """A new requirement belongs into the constraints, too: `make pins`."""
    wanted = {name_of(need) for wheel in (proto_wheel, conformance_wheel) for need in needs(wheel)}
    assert (wanted | listed(REQUIREMENTS)) - {"ami-proto"} <= listed(CONSTRAINTS)
    assert not listed(CONSTRAINTS) & {"ami-proto", "ami-conformance"}


def test_every_extra_that_is_named_exists() -> None:
    """In pages, in messages, and in what the two distributions ask of each other."""
    extras = {
        (name.replace("_", "-"), extra)
        for name in FOLDERS
        for extra in project(name)["optional-dependencies"]
    }
    sources = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *FOLDERS[CONFORMANCE].glob("*.md")]
    sources += [
        path for package in ("ami_backends", "conformance") for path in (ROOT / package).rglob("*.py")
    ]
    named = {
        (name, extra)
        for path in sources
        for name, words in re.findall(r"(ami-[a-z]+)\[([a-z,]+)\]", path.read_text("utf-8"))
        for extra in words.split(",")
    }
    assert named - extras == set()
    assert ("ami-conformance", "suite") in named
