"""The report for people: advice for what is not in order, what can wait apart, and nothing twice."""

import io

from rich.console import Console

from kiosk.doctor.examination import Report
from kiosk.doctor.findings import Finding, PartName, absent, finding, fit, unfit
from kiosk.doctor.printing import print_report


def printed(*findings: Finding) -> list[str]:
    out = io.StringIO()
    print_report(Console(file=out, width=200, highlight=False), Report(findings, simulated=False, took_s=0.1))
    return out.getvalue().splitlines()


def test_what_two_parts_have_in_common_is_said_once() -> None:
    lost = [unfit("any.in_use_lost", reason="away")]
    lines = printed(finding(PartName.THERMOMETER, lost), finding(PartName.CAMERA, lost))
    (advice,) = [line for line in lines if "Look at its cable" in line]
    assert advice.startswith("!! thermometer, camera: ")


def test_what_can_wait_is_told_apart_from_what_keeps_the_kiosk_from_its_work() -> None:
    lines = printed(
        finding(PartName.PROCESSOR, [fit("processor.warm", temperature_c=70.0)]),
        finding(PartName.GATE_LINE, [absent("gate_line.absent", reason="none")]),
        finding(PartName.PASSAGE_SENSOR, [absent("passage_sensor.unseen")]),
    )
    now, later = lines.index("What to do"), lines.index("What can wait")
    assert [line.split(":")[0] for line in lines[now + 1 : later - 1]] == ["-- gate line", "-- passage sensor"]
    assert lines[later + 1].startswith("OK processor: ")
    assert lines[-1] == "Not in order: gate line, passage sensor."
