"""The small SMTP server of the demo: what it files, and what it says when it cannot."""

from __future__ import annotations

import smtplib
from pathlib import Path

import pytest

from digest.errors import OutputError
from digest.postbox import LOOPBACK, Postbox

MAIL = b"Subject: x\r\n\r\n.a line that begins with a dot\r\n"


def post(box: Postbox, *recipients: str, content: bytes = MAIL) -> None:
    with smtplib.SMTP(LOOPBACK, box.port) as line:
        line.sendmail("desk@ledger.example", recipients, content)


def test_each_mail_is_filed_byte_for_byte_in_the_order_of_arrival(
    tmp_path: Path,
) -> None:
    with Postbox(tmp_path / "mail") as box:
        post(box, "ana@readers.example")
        post(box, "ana@readers.example", "bo@readers.example", content=MAIL + b"2\r\n")

        files = sorted((tmp_path / "mail" / "new").iterdir())
        assert [file.read_bytes() for file in files] == [MAIL, MAIL + b"2\r\n"]
        assert box.received == {"ana@readers.example": 2, "bo@readers.example": 1}


def test_what_cannot_be_filed_is_refused_for_now(tmp_path: Path) -> None:
    with Postbox(tmp_path / "mail") as box:
        (tmp_path / "mail" / "tmp").rmdir()
        with pytest.raises(smtplib.SMTPDataError) as refused:
            post(box, "ana@readers.example")
        assert refused.value.smtp_code == 452
        assert b"cannot be written" in refused.value.smtp_error
        assert box.received == {}
        (tmp_path / "mail" / "tmp").mkdir()
        post(box, "ana@readers.example")
        assert box.received == {"ana@readers.example": 1}


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way")

    with pytest.raises(OutputError, match="a file is in the way"):
        Postbox(tmp_path / "mail")
