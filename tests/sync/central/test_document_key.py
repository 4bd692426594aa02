"""The site's document key in its file."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sync.central.document_key import DocumentKey, KeyUnusable


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "document-key"
    public = DocumentKey(path).public()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert DocumentKey(path).public() == public
    assert [entry.name for entry in tmp_path.iterdir()] == ["document-key"]


def test_of_many_that_make_it_at_once_one_makes_everybodys(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: DocumentKey(tmp_path / "document-key").public(), range(16)))
    assert len(found) == 1


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "document-key"
    DocumentKey(path).public()
    path.chmod(0o644)
    with pytest.raises(KeyUnusable, match="read by others"):
        DocumentKey(path).public()


@pytest.mark.parametrize(
    "content", [b"", b"gatepost-document-key-1:00", b"00" * 32, b"gatepost-document-key-1:" + b"zz" * 32]
)
def test_what_is_no_key_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "document-key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyUnusable, match="no document key"):
        DocumentKey(path).private()
    assert path.read_bytes() == content


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable, match="cannot be used"):
        DocumentKey(tmp_path / "nowhere" / "document-key").private()
