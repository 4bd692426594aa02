"""Try all mutants, or those whose names begin as an argument does; status 1 if fewer than 85 of 100 are noticed."""

import sys

from tests.mutants import functions, table
from tests.mutants.children import say

LEAST = 0.85


def main() -> int:
    """Say who survived, and the score of each kind."""
    chosen = tuple(sys.argv[1:])
    scores = [functions.score(chosen), *(() if chosen else (table.score(),))]
    for kind, noticed, tried in scores:
        say(f"{noticed} of {tried} mutants {kind} noticed, {noticed / max(1, tried):.1%}")
    return int(any(noticed < LEAST * tried for _, noticed, tried in scores))


if __name__ == "__main__":
    sys.exit(main())
