"""Where a path of a configuration file leads: it counts from the file's own folder, wherever a command is run."""

from pathlib import Path


def beside(folder: Path, named: str) -> str:
    """The path that a file in `folder` names, absolute; one that was absolute stays as it is."""
    return str((folder / named).absolute())


def beside_after(folder: Path, source: str, *kinds: str) -> str:
    """The same for a source such as `file:PATH`: of these kinds what follows is a path, and of others it is none."""
    kind, colon, named = source.partition(":")
    return f"{kind}:{beside(folder, named)}" if colon and kind in kinds else source
