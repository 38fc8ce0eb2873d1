"""R-FLOW-02, R-CONF-01: filters choose by name and by predicate, and refuse what is not a pattern."""

from time import perf_counter
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ami_proto import ConfigError, Filter


@pytest.mark.parametrize(
    ("filter_", "name", "passes"),
    [
        (Filter(), "Anything", True),
        (Filter(("Hangup",)), "Hangup", True),
        (Filter(("hangup",)), "HANGUP", True),
        (Filter(("Hangup",)), "HangupRequest", False),
        (Filter(("Hangup", "New*")), "Newchannel", True),
        (Filter(("Queue*",)), "QueueMemberAdded", True),
        (Filter(("Queue?",)), "Queue", False),
        (Filter(("Queue?",)), "QueueX", True),
        (Filter(("A.B",)), "AxB", False),
        (Filter(block=("VarSet",)), "VarSet", False),
        (Filter(block=("VarSet",)), "Newexten", True),
        (Filter(("Var*",), block=("varset",)), "VarSet", False),
        (Filter(("*",)), "DataGet Tree", True),
        (Filter(("*",)), "two\nlines", True),
    ],
)
def test_filters_choose_by_name(filter_: Filter, name: str, passes: bool) -> None:
    """R-FLOW-01: by name in any case, glob, allow and block lists; block wins."""
    assert filter_.accepts(name) is passes


def matches(pattern: str, name: str) -> bool:
    """Match a glob as one explains it, with no thought for time."""
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(matches(pattern[1:], name[begin:]) for begin in range(len(name) + 1))
    return bool(name) and pattern[0] in ("?", name[0]) and matches(pattern[1:], name[1:])


LETTERS = "aAbB.\\[(^$|+\n"


@given(pattern=st.text(LETTERS + "***??", max_size=10), name=st.text(LETTERS, max_size=10))
@example(pattern="*ab*b*", name="aab.b")
@example(pattern="a*b*c", name="ac")
@example(pattern="a*a", name="a")
@example(pattern="*?a*a?", name="baaab")
def test_globs_mean_what_they_say(pattern: str, name: str) -> None:
    """R-FLOW-01: `*` any text, `?` any character, all else itself, in any case."""
    wanted = matches(pattern.lower(), name.lower())
    assert Filter((pattern,)).accepts(name) is wanted
    assert Filter(block=(pattern,)).accepts(name) is not wanted


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "pattern", ["*a*b", "*a*a*b", "*a*?" * 10 + "b", "*aa*" * 20 + "b*b", "**a?" * 10 + "b"]
)
def test_a_made_up_name_cannot_stall_a_glob(pattern: str) -> None:
    """R-WIRE-10: a name may be as long as a frame; ten times the name costs some ten times as much."""

    def seconds(size: int) -> float:
        name, choose = "a" * size, Filter((pattern,))
        begin = perf_counter()
        assert not choose.accepts(name)
        return perf_counter() - begin

    assert any(seconds(200_000) < 30 * seconds(20_000) for _ in range(5))


def test_patterns_are_read_once_whatever_holds_them() -> None:
    """R-FLOW-01: a generator has nothing left for a second look."""
    choose = Filter(
        names=(each for each in ("Hangup", "New*")),  # type: ignore[arg-type]
        block=iter(["Newexten"]),  # type: ignore[arg-type]
    )
    for _ in range(2):
        assert [choose.accepts(each) for each in ("hangup", "Newchannel", "Newexten", "VarSet")] == [
            *(True, True),
            *(False, False),
        ]
    assert (choose.names, choose.block) == (("Hangup", "New*"), ("Newexten",))


def test_a_predicate_that_is_none_is_refused_at_once() -> None:
    """R-CONF-01: and not with the first event."""
    with pytest.raises(ConfigError, match="where"):
        Filter(where="Channel")  # type: ignore[arg-type]


def test_one_text_is_no_list_of_patterns() -> None:
    """R-CONF-01: it would be taken for as many patterns as it has letters."""
    with pytest.raises(ConfigError, match="names"):
        Filter("Hangup")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="must be text"):
        Filter(("Newchannel", 7))  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="block"):
        Filter(block="Hangup")  # type: ignore[arg-type]


@pytest.mark.parametrize("key", ["names", "block"])
@pytest.mark.parametrize("nonsense", ["Hangup", (1,)])
def test_what_is_no_pattern_is_named_by_its_key(key: str, nonsense: Any) -> None:
    """L3: typed, and in one line."""
    with pytest.raises(ConfigError, match=f"^{key}: "):
        Filter(**{key: nonsense})
