"""The contents of configuration files (main/manager.c, main/config.c)."""

import json

from conformance.mock.event_headers import HeaderPair, encode_headers
from conformance.mock.exchange import Exchange, MockAction
from conformance.mock.inventory.config_files import Category, categories

from .answers import SINCE_20, ActionRefused, require


def get_config(exchange: Exchange) -> None:
    """Send a file as numbered headers. If no category matches, the answer has a line without a colon."""
    wanted, found = exchange.get("Category"), _read(exchange, missing="Config file not found")
    chosen = [category for category in found if wanted in ("", category.name)]
    if wanted and not chosen:
        head = encode_headers([("Response", "Success"), *exchange.action_id]).removesuffix(b"\r\n")
        exchange.session.write(head + b"No categories found\r\n\r\n")
        return
    headers: list[HeaderPair] = []
    for number, category in enumerate(chosen):
        headers.append((f"Category-{number:06}", category.name))
        headers += [
            (f"Line-{number:06}-{index:06}", f"{name}={value}")
            for index, (name, value) in enumerate(category.lines)
        ]
    exchange.respond("Success", *headers)


def get_config_json(exchange: Exchange) -> None:
    """Send a file as one JSON object, in which categories of the same name are repeated keys."""
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
    """Send the categories of a file. Without any, the success has an `Error` header."""
    found = _read(exchange, missing="Config file not found")
    headers: list[HeaderPair] = [(f"Category-{number:06}", each.name) for number, each in enumerate(found)]
    exchange.respond("Success", *(headers or [("Error", "no categories found")]))


def _read(exchange: Exchange, *, missing: str) -> list[Category]:
    name = require(exchange, "Filename", "Filename not specified")
    text = exchange.server.state.inventory.files.get(name)
    if text is None:
        raise ActionRefused(missing)
    return categories(text)


CONFIG_FILE_ACTIONS = (
    MockAction("GetConfig", get_config, "system,config", "Retrieve configuration."),
    MockAction("GetConfigJSON", get_config_json, "system,config", "Retrieve configuration (JSON format)."),
    MockAction("ListCategories", list_categories, "config", "List categories in configuration file."),
)
