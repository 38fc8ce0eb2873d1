"""One program for each client, run by the interpreter that has it.

Each is written as the documentation of its client shows, in the fastest configuration that a user would
choose. It prints one line of JSON: what it counted, the seconds it took, and what was lost.
"""
