"""The law of routes: which server an action goes to (R-CLUSTER-05).

* An action with a key goes to the server of that key.
* A route chooses a server that is ready, or, for an action that waits, one that may become ready. So no
  server refuses an action because of its state. Without a server to choose, `NoServerReady` is raised.
  Without a route, an action waits only if no server is ready.
* Servers take turns: no server gets two actions in a row while another was ready all the time, has room and
  allows the action.
* No server gets an action that its policy forbids.
"""

from collections.abc import Mapping

import ami_proto as ami
from ami_proto.drivers import ServerKey
from ami_proto.routes import Route

HOPELESS = (ami.State.CLOSED, ami.State.CLOSING)


class RoutingLaw:
    """Judge which server each action went to. Each method returns what is wrong, or None."""

    def __init__(self) -> None:
        self._latest: ServerKey | None = None
        """The server that got the latest action."""
        self._steady: set[ServerKey] = set()
        """The others that were ready then, and all the time since."""

    def look(self, states: Mapping[ServerKey, ami.State]) -> None:
        """Take the states after a fact or request."""
        if self._steady:
            self._steady = {server for server in self._steady if server in states and states[server].sending}

    def choose(
        self,
        server: ServerKey,
        to: ServerKey | Route | None,
        action: ami.Action,
        before: Mapping[ServerKey, ami.Snapshot],
        configs: Mapping[ServerKey, ami.ServerConfig],
    ) -> str | None:
        """Take an action that went to this server. `before` it, servers were so."""
        ready = {key for key, seen in before.items() if seen.state.sending}
        allowing = {key for key, config in configs.items() if not forbids(config, action)}
        complaint = None
        if server not in allowing:
            complaint = f"{server} got an action that its policy forbids"
        elif isinstance(to, str):
            complaint = None if server == to else f"an action for {to} went to {server}"
        elif to is None and ready & allowing and server not in ready:
            complaint = f"{server} got an action and is not ready, and {sorted(ready & allowing)} are"
        elif before[server].state in HOPELESS:
            complaint = f"{server} got an action and is {before[server].state.value}"
        elif to is None and server == self._latest:
            able = self._steady & ready & allowing
            room = [key for key in able if not is_full(before[key], configs[key])]
            complaint = f"{server} got two actions in a row, and {sorted(room)} none" if room else None
        self._latest, self._steady = server, ready - {server}
        return complaint


def forbids(config: ami.ServerConfig, action: ami.Action) -> bool:
    """Whether the policy for a server forbids an action."""
    policy = config.policy
    assert isinstance(policy, ami.Policy), "ServerConfig makes a Policy of every value"
    return policy.objection(action.name, action.headers) is not None


def is_full(seen: ami.Snapshot, config: ami.ServerConfig) -> bool:
    """Whether a server has as many actions as it may have."""
    count = seen.actions_pending + seen.actions_waiting + seen.outcomes_undrained
    return count >= config.max_pending_actions
