"""The Maildir transport on a real disk: whole files or none, and never two of one."""

from __future__ import annotations

import mailbox
import os
import subprocess
import sys
from pathlib import Path

import pytest

from digest.errors import OutputError
from digest.model import Envelope, Message, State
from digest.settings import FilesDelivery
from digest.transports import deliver_one, open_transport
from digest.transports.files import MaildirTransport, place, unwritable
from tests.desks import ListDesk, delivered

PROJECT = Path(__file__).parent.parent


def message(
    delivery: str, *, content: bytes = b"Subject: x\r\n\r\nbody\r\n"
) -> Message:
    return Message(
        delivery=delivery,
        envelope=Envelope(sender="b@longitude.example", recipient="a@example.org"),
        content=content,
    )


def files(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_writes_each_message_whole_into_new(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "outbox"

    desk = ListDesk(
        [message("row-1"), message("row-2", content=b"Subject: y\r\n\r\n.\r\n")]
    )

    error = delivered(MaildirTransport(folder), desk)

    assert error is None
    outcomes = desk.outcomes
    assert [outcome.state for outcome in outcomes] == [State.SENT, State.SENT]
    paths = [Path(outcome.reply) for outcome in outcomes]
    assert [path.parent for path in paths] == [folder / "new"] * 2
    assert paths[1].read_bytes() == b"Subject: y\r\n\r\n.\r\n"
    assert len(files(folder)) == 2
    assert desk.calls == [
        ((), "row-1"),
        (("row-1",), "row-2"),  # in one commit
        (("row-2",), ""),
    ]


def test_a_recalled_message_is_not_written(tmp_path: Path) -> None:
    desk = ListDesk([message("row-1"), message("row-2"), message("row-3")])
    desk.recalled.add("row-2")

    error = delivered(MaildirTransport(tmp_path), desk)

    assert error is None
    assert desk.states == {"row-1": State.SENT, "row-3": State.SENT}
    assert len(files(tmp_path)) == 2


def test_mail_programs_read_it(tmp_path: Path) -> None:
    delivered(
        MaildirTransport(tmp_path), ListDesk([message("row-1"), message("row-2")])
    )

    box = mailbox.Maildir(str(tmp_path), create=False)
    assert sorted(mail["Subject"] for mail in box) == ["x", "x"]


def test_writing_a_delivery_again_replaces_it(tmp_path: Path) -> None:
    transport = MaildirTransport(tmp_path)

    first = deliver_one(transport, message("row-1", content=b"first\r\n"))
    again = deliver_one(transport, message("row-1", content=b"again\r\n"))

    assert first.reply == again.reply
    assert list(files(tmp_path).values()) == [b"again\r\n"]


def test_it_is_replaced_where_a_mail_program_has_moved_it(tmp_path: Path) -> None:
    transport = MaildirTransport(tmp_path)
    new = Path(deliver_one(transport, message("row-1")).reply)
    read = new.rename(tmp_path / "cur" / f"{new.name}:2,S")

    again = deliver_one(transport, message("row-1", content=b"again\r\n"))

    assert again.reply == str(read)
    assert list(files(tmp_path).values()) == [b"again\r\n"]


@pytest.mark.parametrize(
    "delivery", ["daily/2026-11-23:abc", "../../etc/passwd", ".", "///", "é" * 200]
)
def test_whatever_a_delivery_is_called_its_file_stays_in_new(
    tmp_path: Path, delivery: str
) -> None:
    path = Path(deliver_one(MaildirTransport(tmp_path), message(delivery)).reply)

    assert path.parent == tmp_path / "new"
    assert path.name[0].isalnum()
    assert len(path.name) < 100


def test_names_that_read_alike_are_two_files(tmp_path: Path) -> None:
    delivered(MaildirTransport(tmp_path), ListDesk([message("a/b"), message("a-b")]))

    assert len(files(tmp_path)) == 2


def test_a_half_written_file_of_a_crash_is_written_over(tmp_path: Path) -> None:
    transport = MaildirTransport(tmp_path)
    name = Path(deliver_one(transport, message("row-1")).reply).name
    (tmp_path / "new" / name).rename(tmp_path / "tmp" / name)

    deliver_one(transport, message("row-1", content=b"whole\r\n"))

    assert files(tmp_path) == {f"new/{name}": b"whole\r\n"}


def test_nothing_is_touched_before_the_first_message(tmp_path: Path) -> None:
    transport = open_transport(FilesDelivery(folder=tmp_path / "outbox"))

    error = delivered(transport, ListDesk([]))

    assert error is None

    assert transport.window == 1
    assert not (tmp_path / "outbox").exists()


# -- folders that cannot be written -----------------------------------------


def test_a_file_in_the_way_is_named_and_nothing_is_lost(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file")

    desk = ListDesk([message(f"row-{number}") for number in range(3)])
    error = delivered(MaildirTransport(tmp_path / "outbox"), desk)

    assert isinstance(error, OutputError)
    assert desk.states == {"row-0": State.QUEUED}
    assert desk.drawn == ["row-0"]
    why = str(error)
    assert why.startswith(f"{tmp_path / 'outbox'}: files cannot be written (")
    assert "a file is in the way; choose another folder" in why


def in_a_process(folder: Path, *, before: str) -> str:
    """Deliver three messages after `before`; return outcomes and the error."""
    script = f"""
import os, resource, sys
from pathlib import Path
from digest.errors import OutputError
from tests.desks import ListDesk
from tests.test_files import MaildirTransport, message
transport = MaildirTransport(Path(sys.argv[1]))
sizes = (100, 3_000, 100_000)
desk = ListDesk([message(f"row-{{n}}", content=b"x" * n) for n in sizes])
{before}
error = ""
try:
    transport.deliver(desk)
except OutputError as found:
    error = found
for outcome in desk.outcomes:
    print(outcome.state, outcome.delivery)
print(error)
"""
    found = subprocess.run(
        [sys.executable, "-c", script, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )
    return found.stdout


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))"

    said = in_a_process(tmp_path, before=limit)

    assert said.splitlines()[:3] == [
        "sent row-100",
        "sent row-3000",
        "queued row-100000",
    ]
    assert "make room on that disk" in said
    assert sorted(map(len, files(tmp_path).values())) == [100, 3000]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("this machine mounts nothing")
    try:
        said = in_a_process(tmp_path, before="")
        left = sorted(map(len, files(tmp_path).values()))
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)

    assert "No space left on device" in said
    assert "make room on that disk" in said
    assert left == [100, 3000]


def test_a_folder_of_somebody_else_is_not_written(tmp_path: Path) -> None:
    outbox = tmp_path / "outbox"
    outbox.mkdir()
    tmp_path.chmod(0o500)

    said = in_a_process(outbox / "mail", before="os.geteuid() or os.seteuid(65534)")

    tmp_path.chmod(0o700)
    assert "queued row-100" in said
    assert "Permission denied" in said
    assert "allow this user to write there" in said
    assert files(tmp_path) == {}


def test_an_interrupt_leaves_no_file_behind(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    with pytest.raises(IsADirectoryError):
        place(tmp_path / "folder", b"x", by_way_of=tmp_path / "part")

    assert files(tmp_path) == {}


def test_any_other_trouble_is_told_in_three_parts(tmp_path: Path) -> None:
    why = str(unwritable(tmp_path, OSError(5, "Input/output error")))

    assert why == (
        f"{tmp_path}: files cannot be written (Input/output error); "
        "check that the folder can be used, or choose another"
    )
