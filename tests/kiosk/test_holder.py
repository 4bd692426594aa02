"""Who a form and a code are about, and whether that is one person."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.holder import (
    MAX_NAME,
    Holder,
    Likeness,
    Match,
    Strictness,
    agree,
    compare,
    holder_of,
    masked,
    masked_holder,
    matched,
    transliterated,
)

SAME, CLOSE, DIFFERENT, UNDECIDED = Likeness
GABRIELE = holder_of("Musterfrau-Gößinger", "Gabriele", "1998-02-26")

NAMES = {
    "Musterfrau-Gößinger": "MUSTERFRAU GOESSINGER",
    "Prófarason": "PROFARASON",
    "Þarf Að": "THARF AD",
    "Lövström": "LOEVSTROEM",
    "Ångström": "AANGSTROEM",
    "Nguyễn Văn Đức": "NGUYEN VAN DUC",
    "Łukasz": "LUKASZ",
    "O'Brien": "OBRIEN",
    "d’Angelo": "DANGELO",
    "Ткаченко": "TKACHENKO",
    "ΜΕΝΕΞΕΣ": "MENEXES",
    "王 伟": "WANG WEI",
    "たなか": "TANAKA",
    "MUSTERFRAU<GOESSINGER": "MUSTERFRAU GOESSINGER",
    "  Anna   Maria ": "ANNA MARIA",
    "J. R. R.": "J R R",
    "PREZIME01": "PREZIME",
    "😀😃": "",
    "": "",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_written_in_capital_latin_letters(name: str) -> None:
    assert transliterated(name)[0] == NAMES[name]


@pytest.mark.parametrize(
    ("name", "guessed"),
    [("Gößinger", False), ("Ткаченко", False), ("Μάριος", False), ("王伟", True), ("김민수", True), ("الاسم", True)],
)
def test_a_spelling_is_a_guess_where_a_script_has_no_one_spelling(name: str, guessed: bool) -> None:
    assert transliterated(name)[1] is guessed


# A form, the code it is held against, and how alike they are. The birth date of a form is 1998-02-26 unless given.
PAIRS: dict[str, tuple[Holder, Holder, Likeness]] = {
    "the same": (GABRIELE, GABRIELE, SAME),
    "as the code spells it": (GABRIELE, holder_of("MUSTERFRAU<GOESSINGER", "GABRIELE", "1998-02-26"), SAME),
    "small letters": (holder_of("musterfrau-gößinger", "gabriele", "1998-02-26"), GABRIELE, SAME),
    "without its marks": (holder_of("Musterfrau-Gossinger", "Gabriele", "1998-02-26"), GABRIELE, CLOSE),
    "a middle name left out": (GABRIELE, replace(GABRIELE, given="GABRIELE ANNA"), CLOSE),
    "names in another order": (holder_of("Gabriele", "Musterfrau-Gößinger", "1998-02-26"), GABRIELE, CLOSE),
    "two names in one word": (replace(GABRIELE, given="ANNAMARIA"), replace(GABRIELE, given="ANNA MARIA"), CLOSE),
    "another spelling of a sound": (
        holder_of("Phokas", "Alexis", "1998-02-26"),
        holder_of("Fokas", "Aleksis", "1998-02-26"),
        CLOSE,
    ),
    "one letter doubled": (
        holder_of("Tkachenko", "Maryana", "1998-02-26"),
        holder_of("Tkachenko", "Maryanna", "1998-02-26"),
        CLOSE,
    ),
    "another given name": (replace(GABRIELE, given="ANNA"), GABRIELE, DIFFERENT),
    "only the family name": (replace(GABRIELE, family="MUSTER", given=""), replace(GABRIELE, family="MUSTER"), DIFFERENT),
    "another day of birth": (replace(GABRIELE, birth_date="1998-02-27"), GABRIELE, DIFFERENT),
    "the same year of birth": (replace(GABRIELE, birth_date="1998"), GABRIELE, CLOSE),
    "another year of birth": (replace(GABRIELE, birth_date="1999"), GABRIELE, DIFFERENT),
    "no day of birth": (replace(GABRIELE, birth_date=None), GABRIELE, CLOSE),
    "a middle name left out, and no day of birth": (
        replace(GABRIELE, birth_date=None),
        replace(GABRIELE, given="GABRIELE ANNA"),
        UNDECIDED,
    ),
    "no name": (Holder(birth_date="1998-02-26"), GABRIELE, UNDECIDED),
    "no name, another day": (Holder(birth_date="1998-02-27"), GABRIELE, DIFFERENT),
    "nothing": (Holder(), GABRIELE, UNDECIDED),
    "the same number": (replace(GABRIELE, masked_id="****1234"), replace(GABRIELE, masked_id="****1234"), SAME),
    "the same number, masked otherwise": (
        replace(GABRIELE, masked_id="**1234"),
        replace(GABRIELE, masked_id="****1234"),
        SAME,
    ),
    "a number that is masked to its end": (
        replace(GABRIELE, masked_id="******"),
        replace(GABRIELE, masked_id="****1234"),
        SAME,
    ),
    "another number": (replace(GABRIELE, masked_id="****1234"), replace(GABRIELE, masked_id="****1235"), DIFFERENT),
    "the same characters": (holder_of("王", "伟", "1998-02-26"), holder_of("王", "伟", "1998-02-26"), SAME),
    "characters, and the same letters": (holder_of("王", "伟", "1998-02-26"), holder_of("Wang", "Wei", "1998-02-26"), SAME),
    "characters, and other letters": (
        holder_of("田中", "裕", "1998-02-26"),
        holder_of("Tanaka", "Yu", "1998-02-26"),
        UNDECIDED,
    ),
    "characters, and another day": (
        holder_of("田中", "裕", "1998-02-26"),
        holder_of("Tanaka", "Yu", "1998-02-27"),
        DIFFERENT,
    ),
}


@pytest.mark.parametrize("case", PAIRS)
def test_a_form_and_a_code_are_as_alike_as(case: str) -> None:
    form, code, likeness = PAIRS[case]
    assert compare(form, code) is likeness


AGREES = {
    (SAME, Strictness.EXACT): True,
    (SAME, Strictness.USUAL): True,
    (CLOSE, Strictness.EXACT): None,
    (CLOSE, Strictness.USUAL): True,
    (DIFFERENT, Strictness.EXACT): False,
    (DIFFERENT, Strictness.USUAL): False,
    (UNDECIDED, Strictness.EXACT): None,
    (UNDECIDED, Strictness.USUAL): None,
}


@pytest.mark.parametrize("case", PAIRS)
@pytest.mark.parametrize("strictness", Strictness)
def test_how_alike_is_enough_is_what_the_strictness_says(case: str, strictness: Strictness) -> None:
    form, code, likeness = PAIRS[case]
    assert agree(form, code, strictness) is AGREES[likeness, strictness]


@pytest.mark.parametrize(
    ("identity", "shown"), [("310101199802261234", "**************1234"), ("1234567", "*******"), ("", "")]
)
def test_of_an_identity_number_only_the_end_is_kept(identity: str, shown: str) -> None:
    assert masked(identity) == shown
    assert holder_of("A", "B", None, identity).masked_id == shown


def test_nothing_of_a_holder_is_ever_shown() -> None:
    whole = holder_of("Musterfrau", "Gabriele", "1998-02-26", "310101199802261234")
    assert repr(whole) == "Holder()"


written = st.text(max_size=30) | st.sampled_from(list(NAMES))
words = st.text(alphabet="ABCDEFGHIKLMNOPRSTUVWYZ", min_size=1, max_size=8)
names = st.lists(words, min_size=1, max_size=3).map(" ".join)
days = st.dates().map(lambda date: date.isoformat())
births = days | days.map(lambda day: day[:7]) | days.map(lambda day: day[:4]) | st.none()
holders = st.builds(Holder, names, names, births, st.none() | st.just("****1234"), st.booleans())


@given(written)
def test_a_transliterated_name_is_letters_and_single_spaces_and_stays_as_it_is(name: str) -> None:
    once, _ = transliterated(name)
    assert all("A" <= letter <= "Z" or letter == " " for letter in once)
    assert once == " ".join(once.split())
    assert transliterated(once) == (once, False) or len(once) > MAX_NAME


@given(holders, holders)
def test_it_does_not_matter_which_is_the_form(one: Holder, other: Holder) -> None:
    assert compare(one, other) is compare(other, one)


@given(names, names, days)
def test_everybody_is_like_themselves(family: str, given_name: str, born: str) -> None:
    assert compare(Holder(family, given_name, born), Holder(family, given_name, born)) is SAME


@given(holders, holders, days, days)
def test_nobody_born_on_another_day_is_the_same(one: Holder, other: Holder, born: str, also: str) -> None:
    likeness = compare(replace(one, birth_date=born), replace(other, birth_date=also))
    assert (likeness is DIFFERENT) or born == also


@given(holders, holders)
def test_what_agrees_exactly_agrees_usually_and_what_does_not_never_does(one: Holder, other: Holder) -> None:
    exact, usual = agree(one, other, Strictness.EXACT), agree(one, other, Strictness.USUAL)
    assert exact is not True or usual is True
    assert (exact is False) == (usual is False)


@given(names, names, days, names)
def test_a_name_more_never_makes_somebody_else_of_anyone(family: str, given_name: str, born: str, more: str) -> None:
    short, long = Holder(family, given_name, born), Holder(family, f"{given_name} {more}", born)
    assert compare(short, long) is CLOSE


@given(holders, holders, births)
def test_knowing_less_of_a_birth_date_never_tells_people_apart(one: Holder, other: Holder, born: str | None) -> None:
    likeness = compare(replace(one, birth_date=None), replace(other, birth_date=born))
    assert likeness is not SAME


def test_a_masked_name_that_differs_proves_nothing_and_its_number_does() -> None:
    form = holder_of("Wang", "Xiaofang", None, "310000199001011234")
    assert compare(form, masked_holder("W** X***fang", "310***1234")) is Likeness.UNDECIDED
    assert compare(form, masked_holder("W** X***fang", "310***9999")) is Likeness.DIFFERENT
    assert compare(form, masked_holder("Li Na")) is Likeness.DIFFERENT


MASKED = {
    "the same": ("王小芳", "王小芳", Match.AGREES),
    "one sign hidden": ("王小芳", "王*芳", Match.AGREES),
    "all but the family name hidden": ("王小芳", "王**", Match.AGREES),
    "as many masks as the masker likes": ("王小芳", "王***", Match.AGREES),
    "masked by another sign, with a space": ("王 小芳", "王〇芳", Match.AGREES),
    "all but the last hidden": ("王芳", "*芳", Match.AGREES),
    "in traditional characters": ("張偉", "张*", Match.AGREES),
    "another family name": ("李小芳", "王*芳", Match.DIFFERS),
    "another last sign": ("王小红", "王*芳", Match.DIFFERS),
    "too short for what is shown": ("王芳", "王*芳", Match.DIFFERS),
    "a Korean name": ("김민수", "김*수", Match.AGREES),
    "another Korean name": ("박민수", "김*수", Match.DIFFERS),
    "both masked, alike as far as can be seen": ("王*芳", "王**", Match.AGREES),
    "both masked, and another beginning": ("李*芳", "王**", Match.DIFFERS),
    "written in Latin letters by one of them": ("Wang Xiaofang", "王*芳", Match.UNDECIDED),
    "masked in Latin letters": ("Anna Berg", "A*** B***", Match.UNDECIDED),
    "nothing shown at all": ("王芳", "**", Match.UNDECIDED),
    "in whole, in one field": ("Anna Berg", "Berg Anna", Match.AGREES),
    "in whole, and another": ("Anna Berg", "Eva Lind", Match.DIFFERS),
}


@pytest.mark.parametrize("case", MASKED)
def test_a_form_is_held_against_what_an_issuer_shows_of_a_name(case: str) -> None:
    form, code, found = MASKED[case]
    ours, theirs = masked_holder(form), masked_holder(code)
    assert matched(ours, theirs, Strictness.USUAL) is found
    assert matched(theirs, ours, Strictness.USUAL) is found
    # Without a day of birth on the form nothing is exact.
    exact = Match.UNDECIDED if found is Match.AGREES else found
    assert matched(ours, theirs, Strictness.EXACT) is exact


def test_the_end_of_an_identity_number_tells_people_of_the_same_name_apart() -> None:
    ours = masked_holder("王芳", "310101199001011234")
    assert matched(ours, masked_holder("王*", "310***********1234"), Strictness.USUAL) is Match.AGREES
    assert matched(ours, masked_holder("王*", "310***********4321"), Strictness.USUAL) is Match.DIFFERS
