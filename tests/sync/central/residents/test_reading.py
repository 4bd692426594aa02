"""A list of residents from a file: read whole, or refused in a sentence that quotes nobody."""

from pathlib import Path

import pytest

from kiosk.errors import UsageError
from sync.central.residents.reading import read_residents, see_services

HEAD = "unit,name,language,targets\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEAD,
        "name,unit\n",
        HEAD + "12-301,Li Na,zh\n",
        HEAD + "12-301,Li Na,zh,a@b.c,more\n",
        HEAD + "12-301,Li Na,zh,\n",
        HEAD + "12-301,Li Na,fr,li@example.org\n",
        HEAD + "12-301,Li Na,zh,https://user:secret@host/\n",
        HEAD + "12-301,Li\u202eNa,zh,li@example.org\n",
    ],
)
def test_what_cannot_be_meant_is_refused_and_no_address_is_quoted(tmp_path: Path, text: str) -> None:
    file = tmp_path / "residents.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        read_residents(file)
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_service_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "residents.csv"
    file.write_text(HEAD + "12-301,Li Na,zh,nosuchservice://secret\n", encoding="utf-8")
    with pytest.raises(UsageError, match="nosuchservice://") as refused:
        see_services(read_residents(file))
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_text_or_is_not_there_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "residents.csv"
    file.write_bytes(b"\xff\xfe\x00")
    for one in (file, tmp_path / "nowhere.csv"):
        with pytest.raises(UsageError):
            read_residents(one)
