"""L3: no requests from inside the user's own code."""

import pytest

from ami_proto import MisuseError
from ami_proto.connection.callouts import Callouts


def test_requests_are_refused_while_user_code_runs_and_only_then() -> None:
    callouts = Callouts()
    callouts.refuse_requests()
    with callouts, pytest.raises(MisuseError):
        callouts.refuse_requests()
    callouts.refuse_requests()


def test_whatever_the_user_code_raises() -> None:
    callouts = Callouts()
    with pytest.raises(KeyboardInterrupt), callouts:
        raise KeyboardInterrupt
    callouts.refuse_requests()
