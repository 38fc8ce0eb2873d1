"""Modules: check, load, reload; and the caches and the log (main/loader.c, main/manager.c)."""

from conformance.mock.exchange import Exchange, MockAction

from .answers import SINCE_20, ActionHandler, ActionRefused, ack_handler, require

INCOMPLETE = "Incomplete ModuleLoad action."


def module_check(exchange: Exchange) -> None:
    """Send whether a module is loaded, named with or without `.so`; the version is always empty."""
    name = exchange.get("Module").lower().removesuffix(".so")
    if not exchange.server.state.inventory.modules.get(f"{name}.so"):
        raise ActionRefused("Module not loaded")
    exchange.respond("Success", ("Version", ""))


def module_load(exchange: Exchange) -> None:
    """Load, unload or reload a module (manager_moduleload). A bad request gets up to three errors."""
    name, kind = exchange.get("Module"), exchange.get("LoadType").lower()
    modules = exchange.server.state.inventory.modules
    if not kind:
        exchange.error(INCOMPLETE)
    if not name and kind != "reload":
        exchange.error("Need module name")
    if name and name not in modules and exchange.server.release >= SINCE_20:
        raise ActionRefused("Module not found.")
    if kind == "reload":
        _reload(exchange, name)
    elif kind in ("load", "unload"):
        if modules.get(name) is not (kind == "unload"):
            raise ActionRefused(f"Could not {kind} module.")
        modules[name] = kind == "load"
        exchange.ack(f"Module {kind}ed.")
    else:
        raise ActionRefused(INCOMPLETE)


def _reload(exchange: Exchange, name: str) -> None:
    if not name:
        exchange.ack("All modules reloaded")
    elif exchange.server.state.inventory.modules.get(name):
        exchange.ack("Module reloaded.")
    else:
        raise ActionRefused("No such module.")


def _cache(name: str, synopsis: str, *, object_too: bool = False) -> MockAction:
    """Make an action on a sorcery cache (res/res_sorcery_memory_cache.c). The mock has no caches."""

    def handler(exchange: Exchange) -> None:
        require(exchange, "Cache", f"{name} requires that a cache name be provided.\n")
        if object_too:
            require(exchange, "Object", f"{name} requires that an object name be provided\n")
        raise ActionRefused("The provided cache does not exist\n")

    return MockAction(name, handler, "system", synopsis, module="res_sorcery_memory_cache.so")


rotate_logger: ActionHandler = ack_handler("Reloaded the logger and rotated log files")


RELOADED, NOT_FOUND = 0, 2
"""`Status` of the event Reload (AST_MODULE_RELOAD_*, include/asterisk/module.h)."""


def reload_modules(exchange: Exchange) -> None:
    """Reload one module or all (action_reload); an unknown module causes an event too."""
    name = exchange.get("Module")
    loaded = exchange.server.state.inventory.modules.get(f"{name.removesuffix('.so')}.so")
    status = RELOADED if loaded or not name else NOT_FOUND
    exchange.server.publish([("Event", "Reload"), ("Module", name or "All"), ("Status", status)], "system")
    if status == NOT_FOUND:
        raise ActionRefused("No such module")
    exchange.ack("Module Reloaded")


MODULE_ACTIONS = (
    MockAction("Reload", reload_modules, "system,config", "Send a reload event."),
    MockAction("LoggerRotate", rotate_logger, "system,reporting", "Reload and rotate the Asterisk logger."),
    MockAction("ModuleCheck", module_check, "system", "Check if module is loaded."),
    MockAction("ModuleLoad", module_load, "system", "Module management."),
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
