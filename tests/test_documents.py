"""Documents from disk, and the text that bytes stand for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.documents import LIMIT, DocumentError, decode, read_file


def refusal(path: Path) -> str:
    with pytest.raises(DocumentError) as caught:
        read_file(path)
    return str(caught.value)


def test_a_file_is_read_whole_up_to_the_cap(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(LIMIT))
    assert len(read_file(path)) == LIMIT

    path.write_bytes(bytes(LIMIT + 1))
    assert "larger than 5 MB" in refusal(path)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert "is not a file" in refusal(tmp_path / "pipe")
    assert "is not a file" in refusal(tmp_path)
    assert "does not exist" in refusal(tmp_path / "none")


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("x")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")

    assert "check its permissions" in refusal(path)


@given(st.text())
def test_utf8_is_always_read_as_written(text: str) -> None:
    content = text.encode()
    if not content.startswith((b"\xef\xbb\xbf", b"<\0", b"{\0", b"\n\0", b"\0")):
        assert decode(content, charset="koi8-r") == text


@given(st.binary(), st.text(max_size=12))
def test_any_bytes_become_text(content: bytes, charset: str) -> None:
    decode(content, charset=charset).encode()


@pytest.mark.parametrize(
    ("content", "charset", "text"),
    [
        (b"caf\xe9", "", "café"),
        (b"caf\xe9", "windows-1251", "cafй"),
        (b"caf\xe9", "UTF-8", "café"),
        (b"\x93so\x94", "iso-8859-1", "“so”"),
        (b"<meta charset=koi8-r>\xce\xcf", "", "<meta charset=koi8-r>но"),
        (b"caf\xe9", "unicode_escape", "café"),
        (b"caf\xe9", "utf-7", "café"),
        (b"caf\xe9", "zip", "café"),
        (b"\xff\xfea\0", "", "a"),
    ],
)
def test_labels_are_believed_where_the_bytes_do_not_speak(
    content: bytes, charset: str, text: str
) -> None:
    assert decode(content, charset=charset) == text
