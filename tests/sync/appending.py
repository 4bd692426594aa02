"""A process that appends to a log until it is killed: argument 1 is the file; each id is written once it is durable."""

import os
import sys
import threading
from pathlib import Path

from sync.log import SqliteLog
from tests.sync.logs import ADMIT, COMPOUND, DEVICE, LogClock, acknowledge_all, note


def send(log: SqliteLog) -> None:
    """The sender's side, which copies the write-ahead log back into the database."""
    while True:
        log.appended.wait()
        log.appended.clear()
        acknowledge_all(log)
        log.prune()


def main(path: Path) -> None:
    log = SqliteLog(path, compound=COMPOUND, device=DEVICE, clock=LogClock())
    threading.Thread(target=send, args=(log,), daemon=True).start()
    number = 0
    while True:
        number += 1
        admitted = number % 3 == 0
        draft = note(number, padding="x" * (number * 997 % 9000))
        event = log.append(draft, visit="v", decision=ADMIT if admitted else None)
        os.write(sys.stdout.fileno(), f"{event} {'admitted' if admitted else 'noted'}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
