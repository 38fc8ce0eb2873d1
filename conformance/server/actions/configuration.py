"""Configuration files, read category by category (main/manager.c, main/config.c)."""

import json

from conformance.server.events import Header, encode
from conformance.server.exchange import Action, Exchange
from conformance.server.inventory.files import Category, categories

from .answers import SINCE_20, Refused, need


def get_config(exchange: Exchange) -> None:
    """Tell a file as numbered headers; without a match, in a line that is no header."""
    wanted, found = exchange.get("Category"), _read(exchange, missing="Config file not found")
    chosen = [category for category in found if wanted in ("", category.name)]
    if wanted and not chosen:
        head = encode([("Response", "Success"), *exchange.action_id]).removesuffix(b"\r\n")
        exchange.session.write(head + b"No categories found\r\n\r\n")
        return
    headers: list[Header] = []
    for number, category in enumerate(chosen):
        headers.append((f"Category-{number:06}", category.name))
        headers += [
            (f"Line-{number:06}-{index:06}", f"{name}={value}")
            for index, (name, value) in enumerate(category.lines)
        ]
    exchange.respond("Success", *headers)


def get_config_json(exchange: Exchange) -> None:
    """Tell a file as one object; categories of one name stay apart, as no JSON reader would have them."""
    spelling = "privileges" if exchange.server.release >= SINCE_20 else "priveledges"
    found = _read(exchange, missing=f"File requires escalated {spelling}")
    wanted = exchange.get("Category")
    chosen = [category for category in found if wanted in ("", category.name)]
    objects = [
        f"{json.dumps(category.name)}:{json.dumps(dict(category.lines), separators=(',', ':'))}"
        for category in chosen
    ]
    exchange.respond("Success", ("JSON", "{" + ",".join(objects) + "}"))


def list_categories(exchange: Exchange) -> None:
    """Tell a file's categories; that there are none is a success with an `Error`."""
    found = _read(exchange, missing="Config file not found")
    headers: list[Header] = [(f"Category-{number:06}", each.name) for number, each in enumerate(found)]
    exchange.respond("Success", *(headers or [("Error", "no categories found")]))


def _read(exchange: Exchange, *, missing: str) -> list[Category]:
    name = need(exchange, "Filename", "Filename not specified")
    text = exchange.server.world.inventory.files.get(name)
    if text is None:
        raise Refused(missing)
    return categories(text)


ACTIONS = (
    Action("GetConfig", get_config, "system,config", "Retrieve configuration."),
    Action("GetConfigJSON", get_config_json, "system,config", "Retrieve configuration (JSON format)."),
    Action("ListCategories", list_categories, "config", "List categories in configuration file."),
)
