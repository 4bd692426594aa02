"""A gate by which people only leave: the rules are about who comes in, and nobody who leaves is asked for anything. Pure."""

from dataclasses import replace

from kiosk.credentials.arrivals import NOBODY_EXPECTED
from kiosk.credentials.issued import NO_LIST
from kiosk.in_force import InForce
from kiosk.model import Answer, ReasonCode
from kiosk.policy import PolicyDocument, Rule

LEAVING = ReasonCode("leaving")
TITLE = {"zh": "出口", "en": "Exit", "ja": "出口", "ko": "출구"}
_OUT = PolicyDocument("leaving", 1, TITLE, (Rule("leaving", (), Answer.ADMIT, LEAVING),))


def letting_out(now: InForce) -> InForce:
    """Return what counts at an exit where this counts at an entrance: whoever is there is let out, whatever is old.

    The site's notices go on as they are.
    """
    told = now.document
    out = replace(_OUT, site=told.site, zone=told.zone, notices=told.shows, own_notices=told.own_notices)
    return replace(now, document=out, timetable=(), confirmed=None, issued=NO_LIST, arrivals=NOBODY_EXPECTED)
