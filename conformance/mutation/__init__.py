"""Change the core a little, and see whether its tests notice: `python -m conformance.mutation`.

A mutant is the core with one small change: a `<` that became `<=`, a call that is not made, a limit that
is one too high. A test that fails kills it. A mutant that survives is a sentence of the code that no test
speaks of, or a change that changes nothing; those are listed in `equivalent.toml`, each with its reason.

The work tree is never written to. A mutant inside a function is that function's code object, exchanged in
a process that was forked after the tests had been collected; one outside (a constant, a default, a table)
takes effect when its module is imported, in a process where it was not imported before. There, whatever
has survived is tried again, because tests make things when they are collected. Only tests that execute
the changed lines are run, the quick ones of the mirrored folder first, to the first that fails, and only
so many. Each has a limit of processor time, so that a busy machine kills nothing.
"""
