"""The instructions of pieces of work, beside a committed baseline: `python -m tests.workshop.instructions`.

A busy machine changes times; it does not change how many instructions a piece of work takes. Valgrind's
callgrind counts them. The baseline names the Python and the machine that it was made with: it judges no
other.
"""
