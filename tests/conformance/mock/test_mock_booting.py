"""A mock server that boots slowly, as real ones do after a start or restart (facts 10)."""

from conformance.mock import MockServer, MockSession, MockUser, Privilege

UNKNOWN = "Invalid/unknown command: QueueStatus. Use Action: ListCommands to show available commands."


def logged_in(server: MockServer, now: float, name: str = "admin", secret: str = "s3cr3t") -> MockSession:
    """Return a session that has logged in, its output dropped."""
    session = server.connect(now)
    session.receive(f"Action: Login\r\nUsername: {name}\r\nSecret: {secret}\r\n\r\n".encode(), now)
    return session


def said(session: MockSession, action: str, now: float) -> str:
    """Return all that a session says from the request on."""
    session.transmit()
    session.receive(f"Action: {action}\r\n\r\n".encode(), now)
    return session.transmit().decode()


def test_until_it_has_booted_the_actions_of_modules_are_unknown_and_lists_are_empty() -> None:
    server = MockServer(boot_duration=40.0)
    session = logged_in(server, 0.0)
    assert "FullyBooted" not in session.transmit().decode()
    assert UNKNOWN in said(session, "QueueStatus", 39.0)
    assert UNKNOWN.replace("QueueStatus", "QueueAdd") in said(session, "QueueAdd", 39.0)
    assert "QueueStatus" not in said(session, "ListCommands", 39.0)
    empty = said(session, "ExtensionStateList", 39.9)
    assert "EventList: start" in empty
    assert "ListItems: 0" in empty
    server.handle_timeout(40.0)
    assert session.transmit().decode().splitlines() == [
        "Event: FullyBooted",
        "Privilege: system,all",
        f"Timestamp: {server.timestamp}",
        "Status: Fully Booted",
        "Uptime: 40",
        "LastReload: 40",
        "",
    ]
    assert "QueueParams" in said(session, "QueueStatus", 40.0)
    assert "ListItems: 0" not in said(session, "ExtensionStateList", 40.0)
    assert "QueueStatus" in said(session, "ListCommands", 40.0)


def test_a_login_after_the_boot_is_told_at_once() -> None:
    server = MockServer(boot_duration=1.0)
    server.handle_timeout(0.0)
    assert "FullyBooted" in logged_in(server, 1.0).transmit().decode()


def test_users_without_class_system_are_never_told() -> None:
    users = [MockUser("caller", "c", read=Privilege.CALL)]
    server = MockServer(boot_duration=1.0, users=users)
    session = logged_in(server, 0.0, "caller", "c")
    server.handle_timeout(5.0)
    assert "FullyBooted" not in session.transmit().decode()


def test_a_restart_closes_every_session_and_boots_again() -> None:
    """Its clock goes on, its uptime begins anew."""
    server = MockServer(boot_duration=10.0)
    server.handle_timeout(0.0)
    session = logged_in(server, 100.0)
    before = server.wall_time
    server.restart()
    assert (session.closed, server.booted, server.uptime, server.wall_time) == (True, False, 0.0, before)
    server.handle_timeout(105.0)
    server.restart()
    server.handle_timeout(110.0)
    assert not server.booted, "the first boot's end is not the second's"
    assert "CoreStartupTime" in said(logged_in(server, 110.0), "CoreStatus", 110.0)
    server.handle_timeout(115.0)
    assert server.booted


def test_without_a_duration_it_is_booted_from_the_start() -> None:
    server = MockServer()
    assert server.booted
    server.handle_timeout(0.0)
    server.restart()
    assert server.booted
