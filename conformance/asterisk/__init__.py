"""Real Asterisk for the tests: two versions, in root file systems of their own.

`provision` builds the file systems, `server` runs Asterisk in them, `pytest_plugin` gives tests the servers,
and `python -m conformance.asterisk` starts one by hand.
"""
