"""The comparison with other clients: what it measures, how it judges, and that its page agrees with it.

No time is judged here.
"""

import re
import socket
import venv
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.workshop.bench.peers import call_stream, contest, environments, page, plots, rounds, table, targets
from tests.workshop.bench.peers.programs.stopwatch import CALL_SIZE, HEADERS, LAST, WANTED
from tests.workshop.bench.peers.ratios import BEST_PEER, Figures
from tests.workshop.bench.peers.targets import SIZE, Target, verdicts

# -- the flood


def test_a_call_has_one_wanted_event_and_the_headers_that_handlers_read() -> None:
    call = call_stream.captured_call()
    assert len(call) == call_stream.EVENTS_PER_CALL == CALL_SIZE
    assert [event.startswith(f"Event: {WANTED}\r\n".encode()) for event in call] == [False] * 35 + [True]
    for event in call:
        assert 16 <= event.count(b"\r\n") - 1 <= 30
        assert all(event.count(f"\r\n{header}: ".encode()) == 1 for header in HEADERS)
        assert event.endswith(b"\r\n\r\n")


def test_each_call_of_a_stream_has_fresh_ids() -> None:
    frames = call_stream.stream(3 * CALL_SIZE).split(b"\r\n\r\n")
    calls = [b"\r\n".join(frames[at : at + CALL_SIZE]) + b"\r\n" for at in range(0, 3 * CALL_SIZE, CALL_SIZE)]
    ids = [
        set(re.findall(rb"\r\n(?:Uniqueid|Linkedid|Channel|BridgeUniqueid): (\S+)\r\n", call))
        for call in calls
    ]
    assert [len(each) for each in ids] == [len(ids[0])] * 3
    assert not ids[0] & ids[1] | ids[1] & ids[2] | ids[2] & ids[0]
    assert len(call_stream.stream(CALL_SIZE).split(b"\r\n\r\n")) == CALL_SIZE + 1
    with pytest.raises(ValueError, match="no whole number of calls"):
        call_stream.stream(CALL_SIZE + 1)


@pytest.fixture(scope="module")
def load_port() -> Iterator[int]:
    with rounds.load_server(2 * CALL_SIZE) as port:
        yield port


def test_the_load_server_answers_with_the_action_id_and_floods(load_port: int) -> None:
    with (
        socket.create_connection(("127.0.0.1", load_port), timeout=20) as stream,
        stream.makefile("rb") as file,
    ):

        def frame() -> list[bytes]:
            return list(iter(file.readline, b"\r\n"))

        assert file.readline().startswith(b"Asterisk Call Manager/")
        stream.sendall(b"Action: Login\r\nActionID: a\r\n\r\n")
        assert frame()[:2] == [b"Response: Success\r\n", b"ActionID: a\r\n"]
        assert frame()[0] == b"Event: FullyBooted\r\n"
        stream.sendall(b"Action: Ping\r\nActio")
        stream.sendall(b"nID: c\r\n\r\nAction: Flood\r\nCount: 72\r\nActionID: d\r\n\r\n")
        assert frame()[:3] == [b"Response: Success\r\n", b"ActionID: c\r\n", b"Ping: Pong\r\n"]
        assert frame()[1] == b"ActionID: d\r\n"
        names = [frame()[0].strip().decode().removeprefix("Event: ") for _ in range(73)]
        assert names.count(WANTED) == 2
        assert names[-1] == LAST


# -- runs


OURS = {
    "flood_headers": ["asyncio", "asyncio, cluster of one", "gevent", "bare receive"],
    "flood_wanted": ["trio", "selectors"],
    "calls_1": ["uvloop", "bare event, trio", "bare thread hand-over"],
    "calls_100": ["selectors", "bare future, asyncio"],
    "decode_dict": ["Decoder", "bare split"],
    "subscriptions": ["50 subscriptions"],
    "pending": ["10 pending"],
}
"""Each program of ours and each floor, and no peer."""


@pytest.mark.parametrize("workload", OURS)
def test_a_quick_run_without_peers_gives_a_figure_for_each(workload: str) -> None:
    pairs = list(contest.chosen([workload], OURS[workload]))
    assert [contender.name for _, contender in pairs] == OURS[workload]
    figures = Figures(rounds.run(pairs, rounds=1, scale=0.004), "processor")
    for contender in OURS[workload]:
        assert figures.failure(workload, contender) is None
        assert figures.rates(workload, contender)[0] > 0
        assert figures.lost(workload, contender) == 0


def test_the_memory_of_a_message_is_measured() -> None:
    figures = Figures(rounds.run(contest.chosen(["memory"], []), rounds=1, scale=0.1), "wall")
    assert figures.size("memory", "Message") > 100
    assert any(line.startswith("  Message ") and line.endswith(" bytes") for line in table.lines(figures))


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let the environments be in an empty folder."""
    monkeypatch.setattr(environments, "FOLDER", tmp_path)
    return tmp_path


def test_a_contender_that_is_missing_or_fails_stops_no_other(nothing_installed: Path) -> None:
    broken = replace(contest.DECODER, name="broken", program="no_such_program")
    workload = next(each for each in contest.WORKLOADS if each.name == "decode_name")
    contenders = (contest.PANORAMISK, broken, contest.DECODER)
    report = rounds.run([(workload, each) for each in contenders], rounds=1, scale=0.001)
    figures = Figures(report, "wall")
    assert figures.failure("decode_name", "panoramisk") == environments.NOT_THERE
    assert "no_such_program" in (figures.failure("decode_name", "broken") or "")
    assert figures.failure("decode_name", "Decoder") is None
    assert figures.best_peer("decode_name") is None
    assert any(environments.NOT_THERE in line for line in table.lines(figures))


def test_an_environment_that_cannot_be_made_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, nothing_installed: Path
) -> None:
    def refuse(*command: str) -> bytes:
        raise OSError(f"no {command[-1]} today")

    monkeypatch.setattr(environments, "_output", refuse)
    monkeypatch.setattr(venv, "create", lambda *_arguments, **_options: None)
    lines = list(environments.install())
    assert len(lines) == len(environments.PEERS) + 1
    assert lines[0] == "panoramisk 1.4: failed: no panoramisk==1.4 today"
    assert all("failed" in line for line in lines)
    assert not list(nothing_installed.iterdir())


def test_a_peer_has_the_version_that_the_other_tests_take() -> None:
    lines = (environments.ROOT / "tests" / "constraints.txt").read_text("utf-8").splitlines()
    constraints = dict(line.split("==") for line in lines if "==" in line)
    assert {peer: environments.PEERS[peer] for peer in constraints if peer in environments.PEERS} == {
        peer: constraints[peer] for peer in environments.PEERS if peer in constraints
    }


def test_the_library_of_another_tree_runs_with_these_programs(tmp_path: Path) -> None:
    with rounds.library_path(tmp_path) as path:
        links, tree = path.split(":")
        assert tree == str(tmp_path)
        assert [each.name for each in Path(links).iterdir()] == ["tests"]
    runs = rounds.Run(contest.WORKLOADS[0], contest.PANORAMISK, 1.0)
    assert list(runs.with_library("before", tmp_path)) == []
    (before,) = rounds.Run(contest.WORKLOADS[0], contest.DRIVERS[0], 1.0).with_library("before", tmp_path)
    assert before.report()["contender"] == "asyncio, before"


# -- verdicts


def report_of(**runs: list[float]) -> Figures:
    """Return figures with these rates of a flood; a name tells the side: `ours_x`, `peer_x`, `beside_x`."""
    entries = [
        {
            "workload": "flood_headers",
            "contender": name,
            "side": name.partition("_")[0],
            "failure": None,
            "samples": [sample(rate) for rate in rates],
        }
        for name, rates in runs.items()
    ]
    return Figures({"runs": entries}, "wall")


def sample(rate: float) -> dict[str, Any]:
    return {"count": rate, "seconds": 1.0, "processor_seconds": 0.5, "lost": 0, "size": 800}


def word(figures: Figures, target: Target) -> str:
    return targets._verdict(figures, target).word


def test_a_ratio_is_the_median_of_the_rounds() -> None:
    figures = report_of(ours_a=[10.0, 30.0, 40.0], peer_b=[10.0, 10.0, 80.0])
    ratio = figures.ratio("flood_headers", "ours_a", "peer_b")
    assert ratio is not None
    assert (ratio.low, ratio.middle, ratio.high) == (0.5, 1.0, 3.0)
    assert Figures(figures.report, "processor").rates("flood_headers", "ours_a") == [20.0, 60.0, 80.0]


def test_the_best_peer_is_a_peer_with_figures() -> None:
    figures = report_of(ours_a=[90.0], peer_b=[10.0], peer_c=[20.0], beside_d=[50.0])
    assert figures.best_peer("flood_headers") == "peer_c"
    figures.report["runs"][2]["failure"] = "failed"
    assert figures.best_peer("flood_headers") == "peer_b"


@pytest.mark.parametrize(("rate", "expected"), [(13.9, "missed"), (14.1, "reached"), (20.1, "aim")])
def test_a_target_is_missed_reached_or_its_aim(rate: float, expected: str) -> None:
    target = Target("", "flood_headers", "ours_a", BEST_PEER, 1.4, 2.0)
    assert word(report_of(ours_a=[rate], peer_b=[10.0]), target) == expected


def test_a_loss_misses_a_target_that_allows_none() -> None:
    figures = report_of(ours_a=[90.0], peer_b=[10.0])
    figures.report["runs"][0]["samples"][0]["lost"] = 1
    target = Target("", "flood_headers", "ours_a", BEST_PEER, 1.4, 2.0)
    assert word(figures, target) == "aim"
    assert word(figures, replace(target, none_lost=True)) == "missed"


@pytest.mark.parametrize(("rate", "expected"), [(9.0, "reached"), (8.0, "missed")])
def test_a_cost_is_the_inverse_of_a_rate(rate: float, expected: str) -> None:
    target = Target("", "flood_headers", "ours_many", "ours_few", 1.2, inverse=True)
    assert word(report_of(ours_many=[rate], ours_few=[10.0]), target) == expected


@pytest.mark.parametrize(("most", "expected"), [(801.0, "reached"), (799.0, "missed")])
def test_memory_is_judged_in_bytes(most: float, expected: str) -> None:
    target = Target("", "flood_headers", "ours_a", SIZE, most, inverse=True)
    assert word(report_of(ours_a=[1.0]), target) == expected


def test_an_aim_may_be_about_another_peer() -> None:
    target = Target("", "flood_headers", "ours_a", "peer_b", 1.0, 1.0, BEST_PEER)
    assert word(report_of(ours_a=[15.0], peer_b=[10.0], peer_c=[20.0]), target) == "reached"
    assert word(report_of(ours_a=[25.0], peer_b=[10.0], peer_c=[20.0]), target) == "aim"


def test_what_was_not_measured_is_not_judged() -> None:
    assert {each.word for each in verdicts(Figures({"runs": []}, "wall"))} == {"not measured"}


def test_every_target_is_about_contenders_of_its_workload() -> None:
    contenders = {each.name: {one.name for one in each.contenders} for each in contest.WORKLOADS}
    for target in targets.TARGETS:
        named = {target.contender, target.against, target.aim_against or target.against} - {BEST_PEER, SIZE}
        assert {name.removesuffix(", compiled") for name in named} <= contenders[target.workload]


# -- the page


def test_the_page_has_the_tables_of_the_recorded_report() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.with_tables(text, page.recorded()) == text
    assert page.about(page.recorded()) in text


def test_the_pictures_are_those_of_the_recorded_report() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    for name, picture in plots.pictures(page.recorded()).items():
        assert (page.IMAGES / name).read_text(encoding="utf-8") == picture
        assert f"(../images/{name})" in text
        ElementTree.fromstring(picture)


def test_the_recorded_report_is_complete() -> None:
    figures = page.recorded()
    recorded = {(each["workload"], each["contender"]) for each in figures.report["runs"]}
    assert recorded >= {(workload.name, one.name) for workload, one in contest.chosen([], [])}
    assert figures.report["peers"] == environments.PEERS


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    figures = page.recorded()
    page.record(figures.report, figures.clock, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text("utf-8") == page.RECORDED.read_text("utf-8")
