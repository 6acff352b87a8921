"""Mail servers as operators run them, on free ports of this machine: Dovecot, Postfix.

Both come with Debian; `.ci/run` installs them. They start as root only, for they give
up their rights themselves.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

SBIN = "/usr/sbin:/usr/bin:/sbin"
DOVECOT = shutil.which("dovecot", path=SBIN) if os.geteuid() == 0 else None
POSTFIX = shutil.which("postfix", path=SBIN) if os.geteuid() == 0 else None

PATIENCE_SECONDS = 20.0

DOVECOT_CONF = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain
auth_username_chars =
mail_location = maildir:{folder}/mail/%u
mailbox_list_index = no
passdb {{
  driver = static
  args = password=open-sesame
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%u
}}
first_valid_gid = 1
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def wait_for(port: int, log: Path) -> None:
    """Wait until somebody answers there."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            said = log.read_text("utf-8", "replace") if log.exists() else "no log"
            assert time.monotonic() < until, said
            time.sleep(0.05)
        else:
            return


@contextmanager
def open_folder() -> Iterator[Path]:
    """Make a folder that servers reach who gave up their rights."""
    folder = Path(tempfile.mkdtemp(prefix="mail-server-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Dovecot:
    """A running IMAP server; any user may log in with "open-sesame"."""

    folder: Path
    imap: int  #: port, in clear or with STARTTLS
    imaps: int  #: port, with TLS

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    def inbox(self, user: str) -> Path:
        """Return a user's Maildir, made when it is not there."""
        box = self.folder / "mail" / user
        for part in ("new", "cur", "tmp"):
            (box / part).mkdir(parents=True, exist_ok=True)
        for path in (box, *box.iterdir()):
            shutil.chown(path, "nobody", "nogroup")
        return box

    def put(self, user: str, name: str, content: bytes) -> None:
        """Deliver a mail."""
        file = self.inbox(user) / "new" / name
        file.write_bytes(content)
        shutil.chown(file, "nobody", "nogroup")


@contextmanager
def dovecot() -> Iterator[Dovecot]:
    """Run Dovecot."""
    assert DOVECOT
    with open_folder() as folder:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(folder / "ca.pem")
        ours = authority.issue_cert("localhost", "127.0.0.1")
        ours.private_key_pem.write_to_path(folder / "key.pem")
        for number, part in enumerate(ours.cert_chain_pems):
            part.write_to_path(folder / "cert.pem", append=number > 0)
        server = Dovecot(folder, imap=free_port(), imaps=free_port())
        conf = folder / "dovecot.conf"
        conf.write_text(
            DOVECOT_CONF.format(folder=folder, imap=server.imap, imaps=server.imaps)
        )
        process = subprocess.Popen([DOVECOT, "-F", "-c", conf])
        try:
            wait_for(server.imaps, folder / "log")
            yield server
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_SECONDS)


POSTFIX_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file_prefixes = {folder}
maillog_file = {folder}/log
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.ledger.example
mydestination = readers.example
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_reject_unlisted_recipient = no
alias_maps =
local_recipient_maps =
notify_classes =
transport_maps = inline:{{ {{ {bounces} = lmtp:inet:127.0.0.1:{lmtp} }} }}
"""


@dataclass(frozen=True)
class Postfix:
    """A running Postfix that takes everything and knows no mailbox."""

    port: int
    log: Path


@contextmanager
def postfix(*, bounces: str, lmtp: int) -> Iterator[Postfix]:
    """Run Postfix; mail to the domain `bounces` goes to the LMTP server at a port."""
    assert POSTFIX
    with open_folder() as folder:
        port = free_port()
        conf = folder / "conf"
        for part in ("conf", "queue", "data"):
            (folder / part).mkdir()
        shutil.chown(folder / "data", "postfix")
        (conf / "main.cf").write_text(
            POSTFIX_MAIN.format(folder=folder, bounces=bounces, lmtp=lmtp)
        )
        services = Path("/usr/share/postfix/master.cf.dist").read_text()
        lines = [
            line.replace("smtp      inet", f"127.0.0.1:{port} inet", 1)
            if line.startswith("smtp      inet")
            else line
            for line in services.replace(
                "       y       ", "       n       "
            ).splitlines()
        ]
        (conf / "master.cf").write_text("\n".join(lines) + "\n")
        command = [POSTFIX, "-c", str(conf)]
        subprocess.run([*command, "start"], check=True, capture_output=True)
        try:
            wait_for(port, folder / "log")
            yield Postfix(port, folder / "log")
        finally:
            subprocess.run([*command, "abort"], check=True, capture_output=True)
