"""Building an Asterisk from Debian packages, with debootstrap and apt replaced: runs everywhere."""

import os
from pathlib import Path

import pytest

from conformance.asterisk import provision as provisioning
from conformance.asterisk.mirror import MirrorUnknown, Source, deb822_sources, debian_mirror, one_line_sources
from conformance.asterisk.provision import AsteriskUnavailable, provision
from conformance.asterisk.targets import split_address

MAIN = "http://mirror.example/debian"

SECURITY = "deb http://mirror.example/debian-security bookworm-security main\n"

DEB822 = f"""\
Types: deb
# a comment inside the stanza
URIs: {MAIN}/
Suites: bookworm bookworm-updates
Components: main
 contrib
"""

VENDOR = """\
Types: deb
URIs: https://vendor.example/node_20.x
Suites: nodistro
Components: main
"""


SOURCE_ONLY = "deb-src http://source.example/debian sid main\n"

DISABLED = DEB822.replace(MAIN, "http://off.example/debian") + "Enabled: no\n"


def apt(folder: Path, **files: str) -> Path:
    """Write an apt configuration: `main` is sources.list, `list_NAME` and `sources_NAME` its parts."""
    (folder / "sources.list.d").mkdir()
    for key, text in files.items():
        kind, _, name = key.partition("_")
        path = folder / "sources.list" if kind == "main" else folder / "sources.list.d" / f"{name}.{kind}"
        path.write_text(text)
    return folder


# -- the mirror


@pytest.mark.parametrize(
    "files",
    [
        {"main": f"deb {MAIN} bookworm main\n"},
        {"main": f"{SECURITY}deb [arch=amd64 signed-by=/a b.gpg] {MAIN}/ bookworm main contrib # ours\n"},
        {"main": f"# deb http://old.example/debian sid main\n{SOURCE_ONLY}deb {MAIN} sid main"},
        {"sources_debian": DEB822},
        {"sources_a": VENDOR, "sources_b": f"{VENDOR}\n{DEB822}", "list_c": SECURITY},
        {"sources_a": DISABLED, "list_z": f"deb {MAIN} sid main"},
        {"main": f"deb cdrom:[Debian 12]/debian sid main\ndeb {MAIN} sid main"},
        {"main": f"deb https://vendor.example/debian sid stable\ndeb {MAIN} sid main"},
    ],
)
def test_the_mirror_is_the_one_of_the_main_archive(tmp_path: Path, files: dict[str, str]) -> None:
    assert debian_mirror(apt(tmp_path, **files)) == MAIN


@pytest.mark.parametrize("files", [{}, {"main": SECURITY}, {"sources_vendor": VENDOR}])
def test_without_a_main_archive_there_is_no_mirror(tmp_path: Path, files: dict[str, str]) -> None:
    with pytest.raises(MirrorUnknown, match="main archive"):
        debian_mirror(apt(tmp_path, **files))


def test_without_apt_there_is_no_mirror(tmp_path: Path) -> None:
    with pytest.raises(MirrorUnknown, match="no apt"):
        debian_mirror(tmp_path / "nosuch")


def test_both_notations_give_the_same_sources() -> None:
    expected = [Source(f"{MAIN}/", suite, ("main", "contrib")) for suite in ("bookworm", "bookworm-updates")]
    lines = [f"deb {MAIN}/ {source.suite} main contrib" for source in expected]
    assert list(deb822_sources(DEB822)) == expected
    assert list(one_line_sources("\n".join(lines))) == expected


# -- building, with a stand-in for debootstrap


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder whose `bin/debootstrap` is run, as root, with a cache of its own."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("AMI_DEBIAN_MIRROR", MAIN)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(provisioning, "installed_version", lambda tree: "22.0")
    keyring = tmp_path / "keyring.gpg"
    keyring.touch()
    monkeypatch.setattr(provisioning, "KEYRING", keyring)
    return tmp_path


def debootstrap(workshop: Path, body: str) -> None:
    """Write a stand-in for debootstrap; `$TARGET` is the folder that it has to fill."""
    program = workshop / "bin/debootstrap"
    target = "for last; do TARGET=$previous; previous=$last; done"  # the last argument but one
    program.write_text(f'#!/bin/sh -e\necho "$@" >> {workshop}/calls\n{target}\n{body}\n')
    program.chmod(0o755)


def calls(workshop: Path) -> list[str]:
    return (workshop / "calls").read_text().splitlines()


def quiet(line: str) -> None:
    pass


def test_a_tree_is_built_once(workshop: Path) -> None:
    debootstrap(workshop, 'mkdir -p "$TARGET/etc"')
    tree = provision(22, quiet)
    assert tree == workshop / "cache/ami-conformance/sid"
    assert (tree / "etc/hosts").exists()
    assert provision(22, quiet) == tree
    assert len(calls(workshop)) == 1
    assert calls(workshop)[0].endswith(f"sid {tree}.building {MAIN}")


def test_an_interrupted_build_is_started_anew(workshop: Path) -> None:
    building = workshop / "cache/ami-conformance/sid.building"
    building.mkdir(parents=True)
    (building / "half").touch()
    debootstrap(workshop, 'test ! -e "$TARGET"; mkdir -p "$TARGET/etc"')
    assert not (provision(22, quiet) / "half").exists()


def test_a_failed_build_says_why_in_one_line_and_leaves_no_tree(workshop: Path) -> None:
    debootstrap(workshop, 'mkdir -p "$TARGET"; echo "I: fine"; echo "E: no such mirror"; exit 1')
    with pytest.raises(
        AsteriskUnavailable, match="debootstrap of bullseye failed: E: no such mirror"
    ) as caught:
        provision(16, quiet)
    assert "\n" not in str(caught.value)
    assert {path.name for path in (workshop / "cache/ami-conformance").iterdir()} == {
        "bullseye.lock",
        "bullseye.log",
    }


def test_a_suite_unknown_to_the_keyring_is_used_unverified_with_a_warning(workshop: Path) -> None:
    complaint = 'echo "E: Release signed by unknown key (key id 1234)"; exit 1'
    debootstrap(workshop, f'case "$*" in *--no-check-gpg*) mkdir -p "$TARGET/etc";; *) {complaint};; esac')
    said: list[str] = []
    provision(22, said.append)
    assert any("without verifying" in line for line in said)
    assert ["--keyring" in call for call in calls(workshop)] == [True, False]


def test_an_unknown_version_is_refused(workshop: Path) -> None:
    with pytest.raises(AsteriskUnavailable, match="no Asterisk 18"):
        provision(18, quiet)


def test_without_root_the_error_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(AsteriskUnavailable, match="needs root"):
        provision(22, quiet)


# -- the user's own server


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("pbx", ("pbx", 5038)),
        ("10.0.0.5:15038", ("10.0.0.5", 15038)),
        ("[::1]:6000", ("::1", 6000)),
        ("[::1]", ("::1", 5038)),
    ],
)
def test_an_address_has_a_host_and_perhaps_a_port(address: str, expected: tuple[str, int]) -> None:
    assert split_address(address) == expected


@pytest.mark.parametrize("address", [":5038", "pbx:ami"])
def test_a_malformed_address_is_refused(address: str) -> None:
    with pytest.raises(AsteriskUnavailable, match="HOST:PORT is wanted"):
        split_address(address)
