"""What every connection that cannot be had must look like to its user."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ami_proto import ConnectFailed
from conformance.leaks import PATIENCE

SENTENCE_MAX = 250


@contextmanager
def connect_fails(server: str, *unspoken: str) -> Iterator[pytest.ExceptionInfo[ConnectFailed]]:
    """Expect a `ConnectFailed` in good time: one clear sentence about this server, none of it a secret."""
    begun = time.monotonic()
    with pytest.raises(ConnectFailed) as failed:
        yield failed
    assert time.monotonic() - begun < PATIENCE
    sentence = str(failed.value)
    assert sentence.startswith(f"server {server!r}: "), sentence
    assert sentence.isprintable()
    assert len(sentence) < SENTENCE_MAX
    for secret in ("s3cr3t", *unspoken):
        assert secret not in sentence
        assert secret not in repr(vars(failed.value))
