"""The formula, its file, and the fit: what does not fit is refused with a reason."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from kiosk.calibrating import Comparison, DoesNotFit, fit_black_body, fit_people
from kiosk.calibration import FACTORY, Calibration, Residual
from kiosk.calibration_file import read, write
from kiosk.errors import UsageError

SITE = Calibration(name="lobby", version=2, kind="people", share=0.2, offset_c=-0.1, residual_c=0.2, points=20)
LEFT = (Residual(22.0, 34.3, 36.6, 0.05),)


@given(object_c=st.floats(25, 42), ambient_c=st.floats(-10, 40), more=st.floats(0.02, 5))
def test_a_warmer_forehead_is_a_warmer_body(object_c: float, ambient_c: float, more: float) -> None:
    assert FACTORY.body(object_c + more, ambient_c) > FACTORY.body(object_c, ambient_c)


@given(st.floats(0.001, 0.1))
def test_noise_widens_the_interval_and_the_persons_stay_in_it(noise_c: float) -> None:
    assert FACTORY.half_width(noise_c) > FACTORY.half_width(noise_c / 2) > 0.29
    assert SITE.half_width(0.0) > 1.96 * 0.2


def test_the_label_changes_with_any_number() -> None:
    assert SITE.label.startswith("lobby@2:")
    assert replace(SITE, offset_c=-0.101).label != SITE.label


def test_a_distance_counts_only_where_it_was_calibrated() -> None:
    assert FACTORY.body(34.0, 22.0, 0.9) == FACTORY.body(34.0, 22.0)
    far = replace(SITE, per_metre_c=1.5)
    assert far.body(34.0, 22.0, 0.7) - far.body(34.0, 22.0) == pytest.approx(0.3)


@given(
    st.builds(
        Calibration,
        name=st.from_regex("[a-z]{1,8}", fullmatch=True),
        version=st.integers(1, 99),
        sensor_offset_c=st.integers(-999, 999).map(lambda milli: milli / 1000),
        share=st.integers(50_000, 450_000).map(lambda ppm: ppm / 1e6),
        residual_c=st.none() | st.integers(1, 450).map(lambda milli: milli / 1000),
        empty_c=st.none() | st.integers(-3000, 3000).map(lambda milli: milli / 1000),
    )
)
def test_numbers_survive_their_canonical_form(calibration: Calibration) -> None:
    assert Calibration.from_json(json.loads(calibration.canonical())) == calibration


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    write(tmp_path / "c.json", SITE, LEFT)
    assert read(tmp_path / "c.json") == SITE


def changed(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    def changed_bytes(data: bytes) -> bytes:
        found = json.loads(data)
        change(found)
        return json.dumps(found).encode()

    return changed_bytes


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        pytest.param(changed(lambda file: file["calibration"].update(offset_mk=0)), "digest", id="a number by hand"),
        pytest.param(changed(lambda file: file["residuals"].clear()), "digest", id="residuals taken out"),
        pytest.param(changed(lambda file: file.pop("digest")), "it has no 'digest'", id="no digest"),
        pytest.param(lambda data: data[:100], "no calibration", id="cut short"),
        pytest.param(lambda _: b"[" * 100_000, "no calibration", id="deep"),
        pytest.param(lambda _: b" " * 2_000_000, "too large", id="large"),
        pytest.param(lambda _: b"\xff", "no calibration", id="no text"),
    ],
)
def test_a_file_that_was_harmed_is_refused(tmp_path: Path, harm: Callable[[bytes], bytes], reason: str) -> None:
    file = tmp_path / "c.json"
    write(file, SITE, LEFT)
    file.write_bytes(harm(file.read_bytes()))
    with pytest.raises(UsageError, match=reason):
        read(file)


def test_a_signature_names_its_key_and_is_asked_for(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()

    def check(sealed: bytes, key_id: str, value: bytes) -> bool:
        try:
            key.public_key().verify(value, sealed)
        except InvalidSignature:
            return False
        return key_id == "gate-1"

    file = tmp_path / "c.json"
    write(file, SITE, LEFT, sign=lambda sealed: ("gate-1", key.sign(sealed)))
    assert read(file, check) == SITE
    write(file, SITE, LEFT, sign=lambda sealed: ("gate-1", Ed25519PrivateKey.generate().sign(sealed)))
    with pytest.raises(UsageError, match="no signature"):
        read(file, check)
    write(file, SITE, LEFT)
    with pytest.raises(UsageError, match="no signature"):
        read(file, check)


def people(
    count: int, *, air: tuple[float, float] = (17.0, 28.0), spread_c: float = 0.15, share: float = 0.22
) -> list[Comparison]:
    lot = random.Random(5)
    found = []
    for _ in range(count):
        ambient, core = lot.uniform(*air), lot.gauss(36.7, 0.3)
        skin = (core + share * ambient) / (1 + share)
        found.append(Comparison(skin - 0.3 + lot.gauss(0, spread_c / (1 + share)), ambient, core))
    return found


def test_people_over_a_range_of_air_give_share_offset_and_residuals() -> None:
    fitted = fit_people(people(200), FACTORY)
    assert fitted.calibration.share == pytest.approx(0.22, abs=0.04)
    assert fitted.calibration.residual_c == pytest.approx(0.16, abs=0.05)
    assert (fitted.calibration.points, fitted.calibration.kind) == (200, "people")
    assert sum(one.residual_c for one in fitted.residuals) == pytest.approx(0.0, abs=0.2)


def test_where_the_air_hardly_changed_the_share_stays() -> None:
    fitted = fit_people(people(40, air=(21.0, 23.0)), FACTORY)
    assert fitted.calibration.share == FACTORY.share
    assert fitted.calibration.ambient_c[0] > 17.5


def test_a_black_body_gives_the_sensors_offset_and_people_keep_it() -> None:
    looks = [Comparison(36.8 + 0.02 * (step % 2), 22.0, 37.0) for step in range(8)]
    first = fit_black_body(looks, FACTORY).calibration
    assert first.sensor_offset_c == pytest.approx(0.19)
    second = fit_people(people(30), first).calibration
    assert second.sensor_offset_c == first.sensor_offset_c
    assert second.kind == "black_body+people"


def test_distances_that_differ_give_what_a_metre_adds() -> None:
    near_and_far = [replace(one, distance_m=0.4 + 0.02 * (step % 10)) for step, one in enumerate(people(100, spread_c=0.05))]
    farther_is_cooler = [replace(one, object_c=one.object_c - 1.0 * ((one.distance_m or 0) - 0.5)) for one in near_and_far]
    assert fit_people(farther_is_cooler, FACTORY).calibration.per_metre_c > 0.5


@pytest.mark.parametrize(
    ("comparisons", "reason"),
    [
        pytest.param(people(14), "too few; 15", id="too few"),
        pytest.param(people(30, spread_c=0.8), "spreads by", id="too wide"),
        pytest.param(people(30, air=(8.0, 20.0)), "calibrate at 14 to 32", id="cold air"),
        pytest.param([*people(20), Comparison(34.0, 22.0, 366.0)], "read or typed wrongly", id="typed wrongly"),
        pytest.param(people(100, share=0.9), "90|8[0-9]", id="impossible share"),
    ],
)
def test_people_that_do_not_fit_are_refused(comparisons: list[Comparison], reason: str) -> None:
    with pytest.raises(DoesNotFit, match=reason):
        fit_people(comparisons, FACTORY)


@pytest.mark.parametrize(
    ("looks", "reason"),
    [
        pytest.param([Comparison(36.9, 22.0, 37.0)] * 4, "too few", id="too few"),
        pytest.param([Comparison(36.5 + 0.3 * (n % 2), 22.0, 37.0) for n in range(8)], "spread", id="too wide"),
        pytest.param([Comparison(33.0, 22.0, 37.0)] * 6, "off by", id="far off"),
        pytest.param([Comparison(36.9, 35.0, 37.0)] * 6, "the air", id="hot air"),
        pytest.param([Comparison(60.0, 22.0, 60.0)] * 6, "nothing of foreheads", id="hot black body"),
    ],
)
def test_a_black_body_that_does_not_fit_is_refused(looks: list[Comparison], reason: str) -> None:
    with pytest.raises(DoesNotFit, match=reason):
        fit_black_body(looks, FACTORY)
