"""The doctor: every part of a kiosk found, measured and judged, with what to do about it. Changes nothing."""

from kiosk.doctor.checks import left_behind
from kiosk.doctor.examination import Report, examine
from kiosk.doctor.findings import Finding, PartName, State

__all__ = ["Finding", "PartName", "Report", "State", "examine", "left_behind"]
