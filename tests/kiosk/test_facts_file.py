"""Facts as they are written down for `gatepost policy explain`."""

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import UsageError
from kiosk.evidence import CredentialKind, FindingKind, HealthStatus, Verdict
from kiosk.facts_file import MOST_BYTES, read_facts
from kiosk.model import ClockState, Facts, LocalTime, Need
from kiosk.people import Consent, Declaration, Filing, FirstReturn, Stay, Vehicle, VisitorKind


def written(folder: Path, value: object) -> Path:
    path = folder / "facts.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def test_nothing_written_is_nothing_known(tmp_path: Path) -> None:
    assert read_facts(written(tmp_path, {})) == Facts()


def test_everything_can_be_written(tmp_path: Path) -> None:
    found = read_facts(
        written(
            tmp_path,
            {
                "temperature": {"body_c": 37.2, "ambient_c": 12, "uncertainty_c": 0.4, "samples": 5},
                "pass": {"verdict": "expired", "visitor": "guest", "used": True},
                "health_code": {"health": "yellow"},
                "form": {
                    "visitor": "other",
                    "stays": [{"region": "IT", "days_ago": 3}],
                    "first_return": "registered",
                    "vehicle": "van",
                    "group": 2,
                },
                "consent": "declined",
                "filing": "not_filed",
                "local_time": "sat 09:30",
                "clock": "drifting",
                "pending": ["health_code"],
                "unavailable": ["form", "consent"],
            },
        )
    )
    assert found.reading is not None
    assert [found.reading.body_c, found.reading.ambient_c] == [37.2, 12]
    assert (found.reading.uncertainty_c, found.reading.samples) == (0.4, 5)
    assert found.admission_pass is not None
    assert (found.admission_pass.kind, found.admission_pass.verdict) == (CredentialKind.PASS, Verdict.EXPIRED)
    assert (found.admission_pass.visitor, found.pass_used) == (VisitorKind.GUEST, True)
    assert found.health_code is not None
    assert (found.health_code.verdict, found.health_code.health) == (Verdict.VALID, HealthStatus.YELLOW)
    stays = (Stay("IT", 3),)
    assert found.declaration == Declaration(VisitorKind.OTHER, stays, FirstReturn.REGISTERED, Vehicle.VAN, 2)
    assert (found.consent, found.filing) == (Consent.DECLINED, Filing.NOT_FILED)
    assert (found.local_time, found.clock) == (LocalTime(5, 570), ClockState.DRIFTING)
    assert found.pending == {Need.HEALTH_CODE}
    assert found.unavailable == {Need.FORM, Need.CONSENT}


def test_a_certificate_is_written_by_what_it_tells(tmp_path: Path) -> None:
    found = read_facts(written(tmp_path, {"health_code": {"certificate": ["test", "recovery"]}})).certificate
    assert found is not None
    assert [finding.kind for finding in found.findings] == [FindingKind.TEST, FindingKind.RECOVERY]


MISTAKES: dict[str, tuple[object, str]] = {
    "a list": ([], "these are no facts"),
    "an unknown key": ({"temprature": {"body_c": 36.5}}, "temprature"),
    "a status that is none": ({"health_code": {"health": "blue"}}, "blue"),
    "a time of no day": ({"local_time": "09:30"}, "local_time"),
    "a stay in the future": ({"form": {"stays": [{"region": "IT", "days_ago": -1}]}}, "days_ago"),
}


@pytest.mark.parametrize(("value", "named"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_sentence(tmp_path: Path, value: object, named: str) -> None:
    path = written(tmp_path, value)
    with pytest.raises(UsageError, match=named) as caught:
        read_facts(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_too_large_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_facts(tmp_path / "none.json")
    (tmp_path / "large.json").write_bytes(b" " * (MOST_BYTES + 1))
    with pytest.raises(UsageError, match="larger"):
        read_facts(tmp_path / "large.json")


@given(content=st.binary(max_size=64) | st.just(b'{"form":' * 2000))
def test_whatever_a_file_holds_it_is_facts_or_one_sentence(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("facts") / "facts.json"
    path.write_bytes(content)
    with contextlib.suppress(UsageError):
        assert isinstance(read_facts(path), Facts)
