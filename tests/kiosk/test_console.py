import pytest

from kiosk.console import standard_output


def test_in_a_file_no_line_is_broken(capsys: pytest.CaptureFixture[str]) -> None:
    sentence = "a sentence that is much longer than a terminal is wide, " * 5
    standard_output().print(sentence)
    assert capsys.readouterr().out == sentence + "\n"
