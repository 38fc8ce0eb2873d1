"""Challenge, Login, Logoff: action_challenge, action_login, authenticate, action_logoff of main/manager.c."""

from hashlib import md5

from conformance.mock.event_headers import HeaderPair, encode_headers
from conformance.mock.exchange import Exchange, MockAction
from conformance.mock.mock_session import MockUser
from conformance.mock.privileges import Privilege, parse_mask
from conformance.mock.requests import to_bytes


def challenge(exchange: Exchange) -> None:
    """Send the challenge: up to nine digits, the same for the whole session (`challenge[10]`)."""
    if exchange.get("AuthType").upper() != "MD5":
        exchange.error("Must specify AuthType")
        return
    session = exchange.session
    session.challenge = session.challenge or str(exchange.server.random.randrange(10**9))
    exchange.respond("Success", ("Challenge", session.challenge))


def login(exchange: Exchange) -> None:
    """Log in. A refusal is sent after a delay, in which the session reads nothing, and ends the session."""
    session, server = exchange.session, exchange.server
    if session.user is not None:
        exchange.ack("Already authenticated")
        return
    user = _authenticate(exchange)
    if user is None:
        session.wait()
        server.timeline.after(server.login_refusal_delay, lambda: _refuse(exchange))
        return
    session.log_in(user)
    mask = parse_mask(exchange.get("Events"))
    session.mask = session.mask if mask is None else mask
    # `UsingPassword` is 0 for a plain Secret too, as captured from 16 and 22.
    server.publish_security("SuccessfulAuth", session, ("UsingPassword", 0))
    exchange.ack("Authentication accepted")
    if session.effective_mask & Privilege.SYSTEM and server.booted:
        session.write(_fully_booted(exchange))


def logoff(exchange: Exchange) -> None:
    """Answer with Goodbye and close the session; allowed before login too."""
    exchange.respond("Goodbye", ("Message", "Thanks for all the fish."))
    exchange.session.hang_up()


def _authenticate(exchange: Exchange) -> MockUser | None:
    """Return the user whose secret, or MD5 of challenge and secret, matches; publish a failure."""
    session, server, name = exchange.session, exchange.server, exchange.get("Username")
    user = server.users.get(name.lower())
    if user is None:
        server.publish_security("InvalidAccountID", session, account=name)
        return None
    if exchange.get("AuthType").upper() == "MD5":
        digest = md5(to_bytes(session.challenge + user.secret), usedforsecurity=False).hexdigest()
        if session.challenge and exchange.get("Key") == digest:
            return user
        tried: list[HeaderPair] = [
            ("Challenge", session.challenge),
            ("Response", exchange.get("Key")),
            ("ExpectedResponse", digest),
        ]
        server.publish_security("ChallengeResponseFailed", session, *tried, account=user.name)
    elif exchange.get("Secret") == user.secret:
        return user
    else:
        server.publish_security("InvalidPassword", session, account=user.name)
    return None


def _refuse(exchange: Exchange) -> None:
    exchange.error("Authentication failed")
    exchange.session.hang_up()


def _fully_booted(exchange: Exchange) -> bytes:
    """Encode the FullyBooted after a login.

    Asterisk writes it directly, so it has no Timestamp, and its times come first.
    """
    status, *times = exchange.server.boot_status()
    return encode_headers([("Event", "FullyBooted"), ("Privilege", "system,all"), *times, status])


AUTHENTICATION_ACTIONS = (
    MockAction("Challenge", challenge, "", "Generate Challenge for MD5 Auth."),
    MockAction("Login", login, "", "Login Manager."),
    MockAction("Logoff", logoff, "", "Logoff Manager."),
)
