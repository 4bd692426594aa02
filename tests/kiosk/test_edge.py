"""One line when something is lost, one when it is back."""

from kiosk.edge import Edge
from tests.captured_lines import capture_logs


def test_each_edge_is_said_once_with_the_reason_and_how_long_it_was_away() -> None:
    edge = Edge("gate line")
    with capture_logs() as logged:
        assert not edge.find(90.0)
        assert edge.lose(100.0, detail="no pins")
        assert not edge.lose(105.0, detail="still none")
        assert edge.lost_at is not None
        assert edge.find(112.04)
        assert not edge.find(113.0)
        assert edge.lost_at is None
    assert logged == [
        {"event": "gate line lost", "detail": "no pins", "log_level": "warning"},
        {"event": "gate line back", "after_s": 12.0, "log_level": "info"},
    ]
