"""What is seen before any process of a kiosk starts: that the files which its configuration names can be used."""

import os
from pathlib import Path

from kiosk.bootstrap.screen import build_voice, load_notices, load_theme
from kiosk.config import Config
from kiosk.errors import UsageError


def check_files(config: Config, base: Path) -> None:
    """See to the screen's own files and the log's folder; `base` is the configuration's folder. Raises UsageError."""
    load_theme(config, base)
    load_notices(config, base)
    build_voice(config, base).close()
    font = config.screen.font
    if font is not None and not (base / font).is_file():
        raise UsageError(f"{base / font}: there is no such font; correct [screen] font")
    _check_log(Path(config.log.path))


def _check_log(path: Path) -> None:
    """See that the log can be made. On a disk that can only be read a kiosk goes on: its server vouches meanwhile."""
    place = next(folder for folder in path.parents if folder.exists())
    if not place.is_dir():
        raise UsageError(f"{place}: is no folder; correct [log] path")
    if not os.access(place, os.W_OK | os.X_OK) and not os.statvfs(place).f_flag & os.ST_RDONLY:
        raise UsageError(f"{place}: this account may not write there; correct [log] path, or give it the folder")
