"""Faults in requests that a caller makes itself, and in the calls that it posts otherwise."""

from typing import Final

from tests.workshop.fault_record import PlantedFault

SELECTORS: Final = "ami_backends/selectors"
REQUESTS: Final = "tests/ami_backends/selectors/test_requests.py"
GREENLETS: Final = "tests/ami_backends/test_gevent_driver.py"

REQUEST_FAULTS: Final[tuple[PlantedFault, ...]] = (
    PlantedFault(
        "a request that raises leaves the machine taken",
        f"{SELECTORS}/machine_lock.py",
        "            request()\n        finally:\n            self._holder = None\n",
        "            request()\n        except ValueError:\n            return False\n        if True:\n",
        (f"{REQUESTS}::test_a_request_that_is_interrupted_ends_the_client",),
    ),
    PlantedFault(
        "a request with an earlier deadline does not wake the reactor",
        f"{SELECTORS}/reactor.py",
        "        if deadline is not None and deadline < self._wakes_at:\n",
        "        if deadline is not None and deadline < self._wakes_at - 600.0:\n",
        (f"{REQUESTS}::test_an_earlier_deadline_wakes_the_reactor",),
    ),
    PlantedFault(
        "a request overtakes the calls that its caller posted before",
        f"{SELECTORS}/runner.py",
        "            if reactor.calls_waiting or self._calls or self.waiters.ended:\n",
        "            if self.waiters.ended:\n",
        (f"{REQUESTS}::test_posted_calls_come_before_a_request",),
    ),
    PlantedFault(
        "the main thread makes requests, which a signal handler may leave half made",
        f"{SELECTORS}/runner.py",
        "        return threading.get_ident() == self._main\n",
        "        return False\n",
        (f"{REQUESTS}::test_no_request_is_made_in_the_main_thread",),
    ),
    PlantedFault(
        "a request is made before the machine was started",
        f"{SELECTORS}/runner.py",
        "        reactor = self._shared\n",
        "        reactor = self.shareable\n",
        ("conformance/suite/test_start_and_close.py",),
        "first_moment and gevent and not lawful",
    ),
    PlantedFault(
        "a signal handler that interrupts a request of its greenlet waits for itself",
        f"{SELECTORS}/runner.py",
        "        if self.machine_lock.held_here:\n",
        "        if self.machine_lock.held_here and self.waiters.ended:\n",
        (f"{GREENLETS}::test_a_signal_handler_that_interrupts_a_request_is_refused",),
    ),
    PlantedFault(
        "a reactor that is about to wait is not woken by a call",
        f"{SELECTORS}/reactor.py",
        "                self._mailbox.attended = False  # before the look",
        "                # before the look",
        ("tests/ami_backends/sessions/test_mailbox.py",),
        "just_before",
    ),
    PlantedFault(
        "what the kernel did not take of a caller's request is never written",
        f"{SELECTORS}/reactor.py",
        "                    self.call_soon(partial(self._settle_again, session_io))\n",
        "                    pass\n",
        (f"{REQUESTS}::test_a_request_of_which_the_kernel_takes_a_part_is_written_to_its_end",),
    ),
)
