"""The measurement of what signatures cost: every figure is there, for both ends."""

import io

from rich.console import Console

from kiosk.bench import signing


def test_every_request_has_a_figure_for_both_ends() -> None:
    found = signing.measure(rounds=3)
    assert set(found["rows"]) == {"devices looked up", *signing.BODIES}
    for name in signing.BODIES:
        assert set(found["rows"][name]) == {"kiosk_ms", "server_ms"}
        assert all(figure > 0 for figure in found["rows"][name].values())
    out = io.StringIO()
    signing.show(Console(file=out, width=120), found)
    assert all(name in out.getvalue() for name in found["rows"])
