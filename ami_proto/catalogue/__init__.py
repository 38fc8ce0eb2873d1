"""Each action and event of Asterisk, 1.8 to master, in tables that `tests/workshop/catalogue` writes."""
