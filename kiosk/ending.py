"""How a command ends: 0 done, 1 what was asked does not hold, 2 bad usage; what went wrong is one sentence."""

import sys
from collections.abc import Callable
from typing import NoReturn

from kiosk import diagnostics
from kiosk.errors import AlreadySaid, GatepostError, UsageError


def end_with(command: Callable[[], object]) -> NoReturn:
    """Run a command and end the process with the exit status that it returns, or that its error stands for."""
    try:
        status = command()
    except AlreadySaid:
        sys.exit(2)
    except UsageError as error:
        _fail(str(error), 2)
    except GatepostError as error:
        _fail(str(error), 1)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - the boundary of the process: what it says must quote nothing
        diagnostics.crash(error)
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


def _fail(sentence: str, status: int) -> NoReturn:
    sys.stderr.write(f"gatepost: {sentence}\n")
    sys.exit(status)
