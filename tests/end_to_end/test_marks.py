"""`make test` looks for whole gates in this folder alone."""

from pathlib import Path

HERE = Path(__file__).parent
MARK = "pytest.mark." + HERE.name


def test_whole_gates_are_tried_nowhere_else() -> None:
    marked = {path.parent for path in HERE.parent.rglob("test_*.py") if MARK in path.read_text(encoding="utf-8")}
    assert marked == {HERE}
