"""A gate's settings, as a manager writes them."""

import pytest

from kiosk.errors import UsageError
from kiosk.settings import AS_CONFIGURED, Settings
from kiosk.units import Seconds
from sync.downward.settings import parse_settings

HEAD = 'settings = 1\ncompound = "riverside"\n'
ALL = 'guard_phone = "021 5555 0100"\nguard_answers_s = 45\nlanguage = "ko"\nvolume = [["07:00", 80], ["22:00", 0]]\n'


def read(text: str) -> Settings:
    return parse_settings(text.encode(), "settings", "riverside")


def test_what_is_set_is_read_and_what_is_left_out_is_as_configured() -> None:
    assert read(HEAD + ALL) == Settings("021 5555 0100", Seconds(45.0), "ko", (("07:00", 80), ("22:00", 0)))
    assert read(HEAD) == AS_CONFIGURED


WRONG = {
    "no TOML": ("settings =", "are not TOML"),
    "another form": ("settings = 2\n", "of form 2"),
    "another compound": ('settings = 1\ncompound = "lakeside"\n', "of lakeside, not of riverside"),
    "a key that nobody sets from afar": (HEAD + 'staff_pin = "1234"\n', "staff_pin"),
    "the gate's mode": (HEAD + 'mode = "held_open"\n', "mode"),
    "no telephone": (HEAD + 'guard_phone = "call me"\n', "guard_phone"),
    "no language": (HEAD + 'language = "fr"\n', "language"),
    "an hour that is none": (HEAD + 'volume = [["24:00", 80]]\n', "volume"),
    "too loud": (HEAD + 'volume = [["07:00", 101]]\n', "volume"),
    "hours out of order": (HEAD + 'volume = [["22:00", 30], ["07:00", 80]]\n', "in the order of the day"),
    "a patience without end": (HEAD + "guard_answers_s = 1e9\n", "guard_answers_s"),
}


@pytest.mark.parametrize(("text", "sentence"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as refused:
        read(text)
    assert str(refused.value).startswith("settings: ")


def test_noise_is_refused() -> None:
    with pytest.raises(UsageError, match="not UTF-8"):
        parse_settings(b"\xff", "settings", "riverside")
