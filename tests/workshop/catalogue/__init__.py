"""Write what the library knows of Asterisk's actions and events: `python -m tests.workshop.catalogue`.

The facts are in `asterisk.json`, the words in `action_words.toml` and `event_words.toml`, and what neither
says in `rules.toml` and `list_items.toml`. The two tables of `ami_proto/catalogue`, the stubs that type
checkers read, and two pages of `docs/reference` are written from these. The examples that `ami actions` and
`ami events` show come from the captures of `conformance/corpus`. Nobody edits those: a test holds them fresh.
"""
