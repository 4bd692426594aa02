"""The run's table: what was tried, what was to be, what was found."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Table:
    """Rows in the order in which they were found, written as a Markdown table."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, area: str, tried: str, found: str) -> None:
        """Note what was found."""
        self.rows.append((area, tried, found))

    def text(self) -> str:
        """The table."""
        head = "| | tried | found |\n|---|---|---|\n"
        return head + "".join(f"| {area} | {tried} | {found} |\n" for area, tried, found in self.rows)

    def write(self, path: Path) -> None:
        """Write it down."""
        path.write_text(self.text(), encoding="utf-8")
