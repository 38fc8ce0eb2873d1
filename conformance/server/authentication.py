"""Challenge, Login, Logoff: authenticate, action_login, action_challenge, action_logoff of main/manager.c."""

from hashlib import md5

from .events import Header, encode
from .exchange import Exchange
from .privileges import Privilege, parse_mask
from .requests import to_bytes
from .session import User


def challenge(exchange: Exchange) -> None:
    """Give the session's challenge: up to nine digits, the same for its whole life (`challenge[10]`)."""
    if exchange.get("AuthType").upper() != "MD5":
        exchange.error("Must specify AuthType")
        return
    session = exchange.session
    session.challenge = session.challenge or str(exchange.server.random.randrange(10**9))
    exchange.respond("Success", ("Challenge", session.challenge))


def login(exchange: Exchange) -> None:
    """Log in; a refusal comes after a delay, in which the session is deaf, and ends the link."""
    session, server = exchange.session, exchange.server
    if session.user is not None:
        exchange.ack("Already authenticated")
        return
    user = _authenticate(exchange)
    if user is None:
        session.wait()
        server.timeline.after(server.login_refusal_delay, lambda: _refuse(exchange))
        return
    session.admit(user)
    mask = parse_mask(exchange.get("Events"))
    session.mask = session.mask if mask is None else mask
    # 0 for a plain Secret too, as captured from 16 and 22
    server.publish_security("SuccessfulAuth", session, ("UsingPassword", 0))
    exchange.ack("Authentication accepted")
    if session.hearing & Privilege.SYSTEM:
        session.write(_fully_booted(exchange))


def logoff(exchange: Exchange) -> None:
    """Say goodbye and close; allowed before login too."""
    exchange.respond("Goodbye", ("Message", "Thanks for all the fish."))
    exchange.session.hang_up()


def _authenticate(exchange: Exchange) -> User | None:
    """Find the user whose secret, or MD5 of challenge and secret, was given; report a failure."""
    session, server, name = exchange.session, exchange.server, exchange.get("Username")
    user = server.users.get(name.lower())
    if user is None:
        server.publish_security("InvalidAccountID", session, account=name)
        return None
    if exchange.get("AuthType").upper() == "MD5":
        digest = md5(to_bytes(session.challenge + user.secret), usedforsecurity=False).hexdigest()
        if session.challenge and exchange.get("Key") == digest:
            return user
        tried: list[Header] = [
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
    """Build the FullyBooted of a login: written directly, so without Timestamp; without times before 14."""
    uptime = int(exchange.server.uptime)
    times: list[Header] = [] if exchange.server.follows else [("Uptime", uptime), ("LastReload", uptime)]
    return encode([("Event", "FullyBooted"), ("Privilege", "system,all"), *times, ("Status", "Fully Booted")])
