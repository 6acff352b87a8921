"""A mailbox on an IMAP server (RFC 3501), read and left in order.

What was read is marked as seen and stays, or goes to another folder where the operator
names one; then a person may look into the mailbox without hiding anything from us.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from digest.bounces import LARGEST
from digest.errors import TransportError
from digest.inbox.arrived import Arrived
from digest.oauth import TokenError, Tokens, xoauth2
from digest.settings import ImapInbox, Security

_TIMEOUT = 60.0  #: seconds for an answer


class Imap:
    """One folder of an IMAP mailbox."""

    def __init__(self, settings: ImapInbox) -> None:
        """Prepare; `arrived` connects."""
        self.settings = settings
        self.name = f"{settings.username} at {settings.host}"
        self._server: imaplib.IMAP4 | None = None
        self._offers: list[bytes] = []

    def arrived(self, *, looking: bool) -> Iterator[Arrived]:
        """Yield the mails not dealt with; see `Inbox`.

        They are those not seen, or all of the folder where read ones leave it.
        """
        with self._words(), self._connected() as server:
            for uid in self._found(server, readonly=looking):
                content = self._content(server, uid)
                if content is not None:
                    yield Arrived(name=uid, content=content)

    def waiting(self) -> int:
        """Return how many mails are not dealt with; see `Standing`."""
        with self._words(), self._connected() as server:
            number = len(self._found(server, readonly=True))
            if done := self.settings.done:
                kind, answer = server.status(quoted(done), "(MESSAGES)")
                if kind != "OK":
                    raise self._refused(f"`done`, folder {done!r}", answer)
            return number

    def _found(self, server: imaplib.IMAP4, *, readonly: bool) -> list[str]:
        """Open the folder and return the numbers of the mails not dealt with."""
        self._select(server, readonly=readonly)
        leaves = self.settings.done or self.settings.delete
        [found, *_] = self._ask(
            server, "SEARCH", "UNDELETED" if leaves else "UNSEEN UNDELETED"
        ) or [b""]
        return (found or b"").decode("ascii").split()

    def done(self, mail: Arrived) -> None:
        """Mark a mail as seen, move it, or delete it, as the operator said."""
        server = self._server
        assert server is not None  # it yielded the mail
        with self._words():
            self._ask(server, "STORE", mail.name, "+FLAGS.SILENT", r"(\Seen)")
            if self.settings.done:
                folder = quoted(self.settings.done)
                if b"MOVE" in self._offers:
                    self._ask(server, "MOVE", mail.name, folder)
                    return
                self._ask(server, "COPY", mail.name, folder)
            if self.settings.done or self.settings.delete:
                self._ask(server, "STORE", mail.name, "+FLAGS.SILENT", r"(\Deleted)")
                if b"UIDPLUS" in self._offers:  # else others' mails would go, too
                    self._ask(server, "EXPUNGE", mail.name)

    # -- the conversation -------------------------------------------------------

    @contextmanager
    def _connected(self) -> Iterator[imaplib.IMAP4]:
        server = self._open()
        try:
            self._log_in(server)
            self._server = server
            yield server
        finally:
            self._server = None
            with suppress(OSError, imaplib.IMAP4.error):
                server.logout()

    def _open(self) -> imaplib.IMAP4:
        host, port = self.settings.host, self.settings.port
        if self.settings.security is Security.NONE:
            return imaplib.IMAP4(host, port, timeout=_TIMEOUT)
        trust = self._trust()
        if self.settings.security is Security.TLS:
            return imaplib.IMAP4_SSL(host, port, ssl_context=trust, timeout=_TIMEOUT)
        server = imaplib.IMAP4(host, port, timeout=_TIMEOUT)
        server.starttls(trust)
        return server

    def _trust(self) -> ssl.SSLContext:
        """Return what certificates are trusted; raise `TransportError` (ca_file)."""
        file = self.settings.ca_file
        try:
            return ssl.create_default_context(cafile=file)
        except OSError as error:  # an SSLError is one
            raise TransportError(
                f"{file}: no certificates can be read from it ({error.strerror}); name "
                "a PEM file under `bounces.imap.ca_file` in digest.yaml"
            ) from error

    def _log_in(self, server: imaplib.IMAP4) -> None:
        user, password = self.settings.username, self.settings.password
        if self.settings.token_command:
            token = Tokens(self.settings.token_command).get()
            server.authenticate("XOAUTH2", lambda _: xoauth2(user, token).encode())
        elif user.isascii() and password.isascii():
            server.login(user, password)
        else:  # LOGIN has no way to say it
            server.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        offers = server.capability()[1]  # most servers tell only whom they know
        told = (each for each in offers if isinstance(each, bytes))
        self._offers = b" ".join(told).upper().split()

    def _select(self, server: imaplib.IMAP4, *, readonly: bool) -> None:
        kind, answer = server.select(quoted(self.settings.folder), readonly)
        if kind != "OK":
            raise self._refused(f"folder {self.settings.folder!r}", answer)

    def _ask(self, server: imaplib.IMAP4, command: str, *words: str) -> list[bytes]:
        kind, answer = server.uid(command, *words)
        if kind != "OK":
            raise self._refused(command, answer)
        return [each for each in answer if isinstance(each, bytes)]

    def _content(self, server: imaplib.IMAP4, uid: str) -> bytes | None:
        """Return the beginning of a mail, unread; None when it is gone."""
        kind, answer = server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST}>)")
        if kind != "OK":
            raise self._refused("FETCH", answer)
        return next((each[1] for each in answer if isinstance(each, tuple)), None)

    # -- words ------------------------------------------------------------------

    def _refused(self, what: str, answer: object) -> TransportError:
        said = (
            b" ".join(e for e in answer if isinstance(e, bytes))
            if isinstance(answer, list)
            else b""
        )
        return TransportError(
            f"the IMAP server {self.settings.host} refuses {what}: "
            f"{said.decode('utf-8', 'replace') or 'without a reason'}. Check "
            "`bounces.imap` in digest.yaml."
        )

    @contextmanager
    def _words(self) -> Iterator[None]:
        """Say in words what a server does to us."""
        where = f"{self.settings.host}:{self.settings.port}"
        try:
            yield
        except TokenError as error:
            raise TransportError(
                f"`bounces.imap.token_command` gave no token: {error}"
            ) from error
        except ssl.SSLError as error:
            raise TransportError(
                f"the IMAP server {where} cannot be trusted: {error.reason or error}. "
                "Check `host`, `port` and `ca_file` of `bounces.imap` in digest.yaml."
            ) from error
        except (OSError, imaplib.IMAP4.abort) as error:
            said = getattr(error, "strerror", None) or error
            raise TransportError(
                f"the IMAP server {where} cannot be reached: {said}. "
                "Check `host` and `port` of `bounces.imap` in digest.yaml."
            ) from error
        except imaplib.IMAP4.error as error:
            said = re.sub(r"^b(['\"])(.*)\1$", r"\2", str(error)).rstrip(".")
            raise TransportError(
                f"the IMAP server {where} says: {said}. Check `username` and "
                "`password` of `bounces.imap` in digest.yaml."
            ) from error


def quoted(folder: str) -> str:
    """Return a folder's name as IMAP has it: in modified UTF-7 (RFC 3501 5.1.3)."""
    parts = (
        found[0].replace("&", "&-") if found[1] else _shifted(found[0])
        for found in re.finditer(r"([ -~]+)|[^ -~]+", folder)
    )
    name = "".join(parts).replace("\\", r"\\").replace('"', r"\"")
    return f'"{name}"'


def _shifted(text: str) -> str:
    from base64 import b64encode

    coded = b64encode(text.encode("utf-16-be")).decode().rstrip("=")
    return f"&{coded.replace('/', ',')}-"
