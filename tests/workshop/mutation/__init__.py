"""Change the code a little, and see whether its tests fail: `python -m tests.workshop.mutation`.

A mutant is a package with one small change: `<` became `<=`, a call is left out, a limit is one too high. A
failing test kills it. A surviving mutant is a statement that no test checks, or a change without an effect;
the latter are listed in `equivalent.toml`, each with its reason. `recorded.json` has the last full run
(`--record`): a sample also fails for a survivor that was killed then.

The work tree is never written to. A mutant inside a function replaces that function's code object, in a
process that was forked after the tests had been collected. One outside of functions (a constant, a default,
a table) takes effect when its module is imported, in a process that has not imported it before. Survivors
are tried there again, because tests create objects when they are collected. A command that tests start is
forked from the process with the change (`forked_commands.py`). Only tests that execute the
changed lines run, the quick ones of the mirrored folder first, up to the first failure and up to a budget.
Limits are of processor time, so that a busy machine kills no mutant.

"""
