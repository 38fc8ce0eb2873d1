"""Modules, which bring most actions and take them away again; the caches and the log (main/loader.c)."""

from conformance.server.exchange import Action, Exchange

from .answers import SINCE_20, Handler, Refused, acknowledge, need

INCOMPLETE = "Incomplete ModuleLoad action."


def module_check(exchange: Exchange) -> None:
    """Tell whether a module is loaded, with or without `.so`; the version is always empty."""
    name = exchange.get("Module").lower().removesuffix(".so")
    if not exchange.server.world.inventory.modules.get(f"{name}.so"):
        raise Refused("Module not loaded")
    exchange.respond("Success", ("Version", ""))


def module_load(exchange: Exchange) -> None:
    """Load, unload or reload a module; one bad request has up to three errors (manager_moduleload)."""
    name, kind = exchange.get("Module"), exchange.get("LoadType").lower()
    modules = exchange.server.world.inventory.modules
    if not kind:
        exchange.error(INCOMPLETE)
    if not name and kind != "reload":
        exchange.error("Need module name")
    if name and name not in modules and exchange.server.release >= SINCE_20:
        raise Refused("Module not found.")
    if kind == "reload":
        _reload(exchange, name)
    elif kind in ("load", "unload"):
        if modules.get(name) is not (kind == "unload"):
            raise Refused(f"Could not {kind} module.")
        modules[name] = kind == "load"
        exchange.ack(f"Module {kind}ed.")
    else:
        raise Refused(INCOMPLETE)


def _reload(exchange: Exchange, name: str) -> None:
    if not name:
        exchange.ack("All modules reloaded")
    elif exchange.server.world.inventory.modules.get(name):
        exchange.ack("Module reloaded.")
    else:
        raise Refused("No such module.")


def _cache(name: str, synopsis: str, *, object_too: bool = False) -> Action:
    """Make an action on a cache of sorcery, of which there is none (res/res_sorcery_memory_cache.c)."""

    def handler(exchange: Exchange) -> None:
        need(exchange, "Cache", f"{name} requires that a cache name be provided.\n")
        if object_too:
            need(exchange, "Object", f"{name} requires that an object name be provided\n")
        raise Refused("The provided cache does not exist\n")

    return Action(name, handler, "system", synopsis, module="res_sorcery_memory_cache.so")


ROTATED: Handler = acknowledge("Reloaded the logger and rotated log files")

ACTIONS = (
    Action("LoggerRotate", ROTATED, "system,reporting", "Reload and rotate the Asterisk logger."),
    Action("ModuleCheck", module_check, "system", "Check if module is loaded."),
    Action("ModuleLoad", module_load, "system", "Module management."),
    _cache("SorceryMemoryCacheExpire", "Expire (remove) ALL objects from a sorcery memory cache."),
    _cache(
        "SorceryMemoryCacheExpireObject",
        "Expire (remove) an object from a sorcery memory cache.",
        object_too=True,
    ),
    _cache(
        "SorceryMemoryCachePopulate",
        "Expire all objects from a memory cache and populate it with all objects from the backend.",
    ),
    _cache("SorceryMemoryCacheStale", "Marks ALL objects in a sorcery memory cache as stale."),
    _cache(
        "SorceryMemoryCacheStaleObject",
        "Mark an object in a sorcery memory cache as stale.",
        object_too=True,
    ),
)
