"""THE composition root: configuration in, running parts out; a module for each process, which imports what that one needs.

Only the command line, the doctor and tests import it.
"""
