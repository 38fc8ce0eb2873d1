"""Real Asterisk for the tests: two versions, a generation apart, in root file systems of their own.

`provision` makes the file systems, `server` runs Asterisk in them, `fixtures` gives both to pytest, and
`python -m conformance.asterisk` gives them to you.
"""
