"""R-CORR-01: the strategies, each by what it makes of a message."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ami_proto import ConfigError, Decoder, Message
from ami_proto.completion import (
    AsyncEvent,
    Automatic,
    CommandOutput,
    Completion,
    EventList,
    EventOnly,
    Fence,
    MultiResponse,
    Progress,
    SingleResponse,
    Verdict,
)
from ami_proto.correlation.completion import EVENTS_MAX
from conformance.laws.playbook import BANNER, frame

MORE, DONE, FAILED, IGNORE = Verdict.MORE, Verdict.DONE, Verdict.FAILED, Verdict.IGNORE

PLAIN = frame("Response: Success")
START = frame("Response: Success", "EventList: start")
NO = frame("Response: Error", "Message: No such channel")
FOLLOWS = b"Response: Follows\r\nPrivilege: Command\r\nup\n--END COMMAND--\r\n\r\n"
OUTPUT = frame("Response: Success", "Message: Command output follows", "Output: up")
NO_OUTPUT = frame("Response: Success", "Message: Command output follows")
ITEM = frame("Event: CoreShowChannel", "Channel: PJSIP/7")
END = frame("Event: CoreShowChannelsComplete", "EventList: Complete", "ListItems: 1")
NAMED_END = frame("Event: statuscomplete", "Items: 1")
RESULT = frame("Event: X", "Response: Success")
TEXT = b"-------- LOCAL --------\n\n"

OLD, NEW = (2, 6, 0), (2, 7, 0)
"""AMI of 13.1 and of 13.2."""

EACH: list[Completion] = [
    Automatic(),
    SingleResponse(),
    CommandOutput(),
    EventList(),
    MultiResponse(2),
    AsyncEvent("X"),
    EventOnly("X"),
    Fence(),
]


def message(data: bytes) -> Message:
    return Decoder().feed(BANNER + data)[1]


def judged(completion: Completion, data: bytes, *, ami_version: tuple[int, ...] = NEW) -> Verdict:
    return completion.judge(Progress(ami_version), message(data))


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (PLAIN, DONE),
        (START, MORE),
        (frame("Response: Success", "EventList: Start"), MORE),  # FAXSessions, res/res_fax.c:4463
        (NO, FAILED),
        (FOLLOWS, DONE),
        (frame("Response: Goodbye"), DONE),
        (frame("Response: Pong"), DONE),
        (frame("Response: Events On"), DONE),
        (frame("Response: Events Off"), DONE),
        (frame("Response: Failure"), FAILED),  # 1.4's JabberSend
        (frame("Response: "), FAILED),
        (ITEM, MORE),
        (END, DONE),
        (frame("Event: X", "EventList: complete"), DONE),
        (frame("Event: X", "EventList: Cancelled"), DONE),
        (frame("Event: X", "EventList: start"), MORE),
        (NAMED_END, MORE),
    ],
)
@pytest.mark.parametrize("ami_version", [OLD, NEW, ()])
def test_the_response_decides(data: bytes, verdict: Verdict, ami_version: tuple[int, ...]) -> None:
    """R-CORR-02: a list when it says so, in any case; success only on evidence (R-CORR-03)."""
    assert judged(Automatic(), data, ami_version=ami_version) is verdict


@pytest.mark.parametrize(
    ("ami_version", "data", "verdict"),
    [
        (OLD, PLAIN, MORE),
        ((1, 1), PLAIN, MORE),
        (NEW, PLAIN, DONE),
        ((2, 7), PLAIN, DONE),
        ((13, 0, 0), PLAIN, DONE),
        ((), PLAIN, DONE),  # a proxy's banner: nobody knows, and the header is the rule
        (OLD, START, MORE),
        (NEW, START, MORE),
        (OLD, NO, FAILED),
        (OLD, NAMED_END, DONE),
        (NEW, NAMED_END, DONE),
        (OLD, ITEM, MORE),
        # VoicemailUsersList without users, apps/app_voicemail.c:14456
        (OLD, frame("Response: Success", "Message: There are no voicemail users currently defined."), DONE),
    ],
)
def test_before_13_2_the_name_of_an_event_ends_a_list(
    ami_version: tuple[int, ...], data: bytes, verdict: Verdict
) -> None:
    """R-CORR-02: no `EventList` header before 13.2; since then a success without it is a whole answer."""
    status = Automatic(terminal_events=frozenset({"StatusComplete"}))
    assert judged(status, data, ami_version=ami_version) is verdict


@pytest.mark.parametrize(
    ("completion", "verdicts"),
    [
        (SingleResponse(), (DONE, DONE, FAILED, IGNORE, IGNORE, IGNORE)),
        (EventList(), (MORE, MORE, FAILED, MORE, DONE, MORE)),
        (
            EventList(terminal_events=frozenset({"StatusComplete"})),
            (MORE, MORE, FAILED, MORE, DONE, DONE),
        ),
        (MultiResponse(1), (DONE, DONE, FAILED, MORE, MORE, MORE)),
        (MultiResponse(2), (MORE, MORE, FAILED, MORE, MORE, MORE)),
        (EventOnly("X"), (MORE, MORE, FAILED, IGNORE, IGNORE, IGNORE)),
        (Fence(), (MORE, MORE, MORE, MORE, MORE, MORE)),
    ],
)
def test_what_each_makes_of_a_message(completion: Completion, verdicts: tuple[Verdict, ...]) -> None:
    """R-CORR-01."""
    messages = (PLAIN, START, NO, ITEM, END, NAMED_END)
    assert tuple(judged(completion, data) for data in messages) == verdicts


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (FOLLOWS, DONE),
        (OUTPUT, DONE),
        (NO_OUTPUT, DONE),
        (PLAIN, FAILED),
        (frame("Response: Error", "Message: Command output follows", "Output: No such command"), FAILED),
        (ITEM, IGNORE),
    ],
)
def test_a_command_has_output(data: bytes, verdict: Verdict) -> None:
    """R-CORR-01: CommandOutput, of both formats; a success that carries none is no success."""
    assert judged(CommandOutput(), data) is verdict


@pytest.mark.parametrize("completion", [AsyncEvent("X"), EventOnly("x")])
@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (PLAIN, MORE),
        (NO, FAILED),
        (RESULT, DONE),
        (frame("Event: x", "Response: success"), DONE),
        (frame("Event: X", "Response: Failure", "Reason: 5"), FAILED),
        (frame("Event: X"), DONE),
        (frame("Event: Newchannel"), IGNORE),
    ],
)
def test_an_event_tells_the_result(completion: Completion, data: bytes, verdict: Verdict) -> None:
    """R-CORR-03: `OriginateResponse` with `Response: Failure` is a failure."""
    assert judged(completion, data) is verdict


@pytest.mark.parametrize("completion", [AsyncEvent("X"), EventOnly("X")])
def test_the_event_that_tells_the_result_has_a_place_beside_further_responses(completion: Completion) -> None:
    """R-CORR-03: nothing that comes before it pushes it out of the reply."""
    progress = Progress()
    for data in (PLAIN, PLAIN, RESULT):
        assert completion.judge(progress, message(data)) is not FAILED
        progress.collect(message(data), completion.events_max)
    assert progress.events == [message(PLAIN), message(RESULT)]


def test_responses_are_counted() -> None:
    """R-CORR-01: MultiResponse, to the last one."""
    progress, three = Progress(), MultiResponse(3)
    verdicts = []
    for data in (PLAIN, ITEM, PLAIN, PLAIN):
        verdicts.append(three.judge(progress, message(data)))
        progress.collect(message(data), 10)
    assert verdicts == [MORE, MORE, MORE, DONE]
    with pytest.raises(ConfigError, match="count = 0"):
        MultiResponse(0)


def test_raw_text_is_part_of_a_fenced_answer() -> None:
    """R-CORR-14."""
    assert judged(Fence(), TEXT) is MORE


@pytest.mark.parametrize("completion", EACH, ids=lambda each: type(each).__name__)
def test_every_strategy_declares_its_limits(completion: Completion) -> None:
    """R-CORR-01: max duration, max messages, terminal events, and what a timeout means."""
    assert completion.duration is None
    assert 1 <= completion.events_max <= EVENTS_MAX
    assert completion.terminal_events == frozenset()
    assert completion.async_events == (
        frozenset({"X"}) if isinstance(completion, AsyncEvent) else frozenset()
    )
    assert completion.response_required is not isinstance(completion, EventOnly)
    assert completion.unconfirmed_hint is None
    assert completion.fence is isinstance(completion, Fence)


@pytest.mark.parametrize(("strategy", "given"), [(Automatic, ()), (EventOnly, ("X",)), (Fence, ())])
def test_what_a_strategy_declares_is_given_by_name(
    strategy: Callable[..., Completion], given: tuple[str, ...]
) -> None:
    """R-CORR-01: only what it is about, the name of an event or a number, stands alone."""
    with pytest.raises(TypeError, match="positional"):
        strategy(*given, False)


@pytest.mark.parametrize("completion", EACH, ids=lambda each: type(each).__name__)
def test_every_strategy_is_a_value(completion: Completion) -> None:
    same = replace(completion)  # type: ignore[type-var]  # each of ours is a dataclass
    assert (same, hash(same)) == (completion, hash(completion))
    assert replace(completion, duration=3.0) != completion  # type: ignore[type-var]
    with pytest.raises(AttributeError):
        completion.duration = 3.0  # type: ignore[misc]


@pytest.mark.parametrize("version", [OLD, NEW])
def test_one_more_success_in_the_middle_of_a_list_does_not_end_it(version: tuple[int, ...]) -> None:
    """R-CORR-02, invariant 3: it is no evidence that the list was whole; an error would end it."""
    listing = Automatic(terminal_events=frozenset({"StatusComplete"}))
    progress = Progress(version)
    progress.collect(message(START), EVENTS_MAX)
    judged = [listing.judge(progress, message(each)) for each in (PLAIN, ITEM, NAMED_END, NO)]
    assert judged == [MORE, MORE, DONE, FAILED]
