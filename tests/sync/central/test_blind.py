import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.central.blind import LONGEST, Field, normalised

SAME = [
    (Field.NAME, ["Zhang Wei", "zhang wei", "ZhangWei", "Zhang-Wei", " Ｚｈａｎｇ Ｗｅｉ "]),
    (Field.NAME, ["王小明", " 王 小明 "]),
    (Field.NAME, ["买买提·艾力", "买买提艾力", "买买提 • 艾力"]),
    (Field.PHONE, ["13800138000", "138 0013 8000", "+86 138-0013-8000", "0086 13800138000", "１３８００１３８０００"]),
    (Field.PHONE, ["090-1234-5678", "+81 90 1234 5678", "+81 (0)90-1234-5678"]),
    (Field.PHONE, ["010-1234-5678", "+82 10 1234 5678"]),
    (Field.PHONE, ["021-6234 5678", "02162345678"]),
    (Field.PHONE_TAIL, ["13800138000", "+86 138 0013 8000", "8000", "尾号 8000"]),
    (Field.PLATE, ["沪A·12345", "沪a12345", "沪A 12345", "沪Ａ-１２３４５"]),
    (Field.UNIT, ["12-301", "12 - 301", "１２－３０１", "12/301"]),
    (Field.HOLDER, ["r-7f3a", " r-7f3a "]),
]


@pytest.mark.parametrize(("field", "spellings"), SAME, ids=lambda value: value if isinstance(value, Field) else value[0])
def test_spellings_of_one_thing_are_one(field: Field, spellings: list[str]) -> None:
    assert len({normalised(field, spelling) for spelling in spellings}) == 1
    assert normalised(field, spellings[0])


DIFFERENT = [
    (Field.NAME, "Zhang Wei", "Zhang Wen"),
    (Field.NAME, "王伟", "王炜"),
    (Field.PHONE, "13800138000", "13800138001"),
    (Field.PLATE, "沪A12345", "苏A12345"),
    (Field.UNIT, "12-301", "1-2301"),
    (Field.UNIT, "12-301", "12301"),
    (Field.HOLDER, "r-7f3a", "R-7F3A"),
]


@pytest.mark.parametrize(("field", "one", "other"), DIFFERENT)
def test_different_things_stay_different(field: Field, one: str, other: str) -> None:
    assert normalised(field, one) != normalised(field, other)


@given(st.sampled_from(Field), st.text())
def test_any_text_has_a_spelling_that_is_its_own(field: Field, text: str) -> None:
    spelling = normalised(field, text)
    if len(spelling) <= LONGEST:
        assert normalised(field, spelling) == spelling


@pytest.mark.parametrize(
    ("field", "text"), [(Field.NAME, "· -"), (Field.PHONE, "unknown"), (Field.PHONE_TAIL, "123"), (Field.NAME, "x" * 201)]
)
def test_of_what_says_nothing_nothing_is_left(field: Field, text: str) -> None:
    assert normalised(field, text) == ""
