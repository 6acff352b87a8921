"""The studio's application: which address is answered with what.

Pages are made in threads; mails, messages and pictures that a page names are kept
under names made of their content, so what an editor sees stays what it was while the
next is made.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    PlainTextResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from digest.addresses import check_address
from digest.errors import DigestError
from digest.lint import Finding
from digest.shipped import shipped
from digest.showing import Showing, shown, with_pictures, with_spot
from digest.template_files import load_catalogues
from digest.web.studio.asking import NEXT, Asked, Pane
from digest.web.studio.comparing import compare_pane
from digest.web.studio.desk import Desk, Found, Kept, identity
from digest.web.studio.findings import findings_pane, worth_a_look
from digest.web.studio.galleys import Galley, unforeseen
from digest.web.studio.guard import MAIL_POLICY, posted
from digest.web.studio.page import Said, Slip, page
from digest.web.studio.panes import (
    header_pane,
    mail_pane,
    nothing_pane,
    source_pane,
    text_pane,
)
from digest.web.studio.reasons import why_pane
from digest.web.studio.words import when

READERS_SHOWN = 12
ISSUES_SHOWN = 30

#: The page's own files.
OURS = {
    "studio.css": "text/css",
    "studio.js": "text/javascript",
    "studio.svg": "image/svg+xml",
}


class Studio:
    """Answers for one desk."""

    def __init__(self, desk: Desk) -> None:
        """Take the desk; its changes are told to every open page."""
        self.desk = desk
        self._ended = False
        self._token = secrets.token_urlsafe(24)
        self._mails: Kept[str, str] = Kept()
        self._messages: Kept[str, bytes] = Kept()
        self._looked: Kept[str, Sequence[Finding]] = Kept()
        self._pictures: dict[str, Path] = {}
        self._sent_words: Kept[tuple[object, ...], str] = Kept()
        self._address = ""
        self._streams = set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]()
        self.unwatched = ""  #: why files are not watched, if they are not
        desk.on_change = self.wake

    def app(self) -> Starlette:
        """Return the application."""
        return Starlette(
            routes=[
                Route("/", self.show),
                Route("/send", self.send, methods=["POST"]),
                Route("/changes", self.changes),
                Route("/mail/{key}", self.mail),
                Route("/message/{key}.eml", self.message),
                Route("/picture/{key}", self.picture),
                Route("/{name}", self.ours),
            ]
        )

    # -- pages --------------------------------------------------------------------

    def show(self, request: Request) -> Response:
        """Return the page that the address asks for."""
        return self._page(Asked.read(request.query_params))

    def _page(self, asked: Asked) -> Response:
        desk = self.desk
        with desk.lock:
            found = desk.find(asked)
            try:
                text = self._text(asked, found)
            except Exception as error:  # noqa: BLE001 a fault of ours gets words, too
                return PlainTextResponse(str(found.wrong or unforeseen(error)), 500)
        status = 500 if found.wrong and not found.galley else 200
        return Response(text, status, media_type="text/html")

    def _text(self, asked: Asked, found: Found) -> str:
        desk = self.desk
        slip, findings = self._slip(found.asked), self._findings(found)
        said = Said(
            token=self._token,
            version=desk.version,
            troubles=tuple(desk.troubles.values()),
            notes=desk.notes,
            root=desk.newsroom.settings.root,
            sent=self._sent_words.get(identity(asked), ""),
            address=self._address,
            findings=worth_a_look(findings),
            unwatched=self.unwatched,
        )
        return page(found, slip, self._pane(found, slip, findings), said)

    def _slip(self, asked: Asked) -> Slip:
        desk = self.desk
        newsletter = desk.newsletter(asked.newsletter)
        due = desk.next_due(newsletter)
        return Slip(
            newsletters=desk.newsroom.settings.newsletters,
            issues=desk.newsroom.store.archive.bare_issues(
                newsletter.slug, limit=ISSUES_SHOWN
            ),
            next_due=when(due, newsletter.timezone) if due else "",
            readers=desk.readers(newsletter.slug, asked.search, limit=READERS_SHOWN),
            searched=bool(asked.search),
        )

    def _pane(self, found: Found, slip: Slip, findings: Sequence[Finding]) -> str:
        asked, galley = found.asked, found.galley
        if galley is None:
            return ""
        settings = self.desk.newsroom.settings
        of_any: dict[Pane, Callable[[], str]] = {
            Pane.WHY: lambda: why_pane(
                found,
                topics=settings.topics,
                languages=sorted(load_catalogues(settings.root)),
            ),
            Pane.COMPARE: lambda: compare_pane(found, self.desk, issues=_issues(slip)),
        }
        of_mails: dict[Pane, Callable[[], str]] = {
            Pane.MAIL: lambda: mail_pane(asked, galley, self.frame),
            Pane.TEXT: lambda: text_pane(galley),
            Pane.FINDINGS: lambda: findings_pane(asked, galley, findings, self.frame),
            Pane.HEADER: lambda: header_pane(galley),
            Pane.SOURCE: lambda: self._source(galley),
        }
        if asked.pane in of_any:
            return of_any[asked.pane]()
        return (
            of_mails[asked.pane]() if galley.rendered else nothing_pane(asked, galley)
        )

    def _source(self, galley: Galley) -> str:
        self._messages.keep(galley.key, galley.content)
        return source_pane(galley, f"/message/{galley.key}.eml")

    def _findings(self, found: Found) -> Sequence[Finding]:
        """Return what the linter says of a mail, as far as it was asked.

        Who only wants to see the mail does not wait for it: it looks at the mail
        meanwhile, and the page is told.
        """
        galley = found.galley
        if galley is None or galley.message is None:
            return ()
        known = self._looked.get(galley.key)
        if known is not None or found.wrong:
            return known or ()
        press = self.desk.press(galley.newsletter, found.asked.issue)
        if found.asked.pane is Pane.FINDINGS:
            return self._looked.keep(galley.key, press.findings(galley))
        if galley.whole:  # until then, there is enough to do

            def look() -> None:
                self._looked.keep(galley.key, press.findings(galley))
                self.desk.tell()

            threading.Thread(target=look, daemon=True).start()
        return ()

    def frame(self, galley: Galley, showing: Showing, line: int) -> str:
        """Keep a mail as it is to be shown, and return where."""
        html, spot = with_spot(galley.html, line) if line else (galley.html, "")
        html = with_pictures(shown(html, showing), self._place(galley))
        key = hashlib.sha256(html.encode("utf-8", "replace")).hexdigest()[:24]
        self._mails.keep(key, html)
        return f"/mail/{key}" + (f"#{spot}" if spot else "")

    def _place(self, galley: Galley) -> Callable[[str], str]:
        """Return what says where a picture of a mail is shown from."""
        files = dict(self.desk.pictures())
        files |= {
            cid: files[url] for url, cid in galley.enclosed.items() if url in files
        }

        def place(url: str) -> str:
            file = files.get(url)
            if file is None:
                return ""
            name = hashlib.sha256(str(file).encode()).hexdigest()[:24] + file.suffix
            self._pictures[name] = file
            return f"/picture/{name}"

        return place

    async def send(self, request: Request) -> Response:
        """Send the mail that is shown to whoever asks, as a test."""
        fields = await posted(request, token=self._token)
        if fields is None:
            words = "This form is not one of this studio’s: load its page again."
            return PlainTextResponse(words, 403)
        asked = Asked.read(request.query_params)
        sent = await run_in_threadpool(self._send, asked, fields.get("to", ""))
        self._sent_words.keep(identity(asked), sent)
        return await run_in_threadpool(self._page, asked)

    def _send(self, asked: Asked, address: str) -> str:
        try:
            checked = check_address(address.strip())
            outcome = self.desk.send_test(asked, checked)
        except (DigestError, ValueError) as error:
            return f"Not sent: {error}"
        self._address = checked
        reply = f": {outcome.reply}" if outcome.reply else ""
        moment = when(
            self.desk.newsroom.now(), self.desk.newsletter(asked.newsletter).timezone
        )
        return f"{str(outcome.state).capitalize()} to {checked}, {moment}{reply}"

    # -- what pages name ------------------------------------------------------------

    def mail(self, request: Request) -> Response:
        """Return a mail for its frame."""
        html = self._mails.get(request.path_params["key"])
        if html is None:
            return _gone()
        policy = {"Content-Security-Policy": MAIL_POLICY}
        return Response(
            html.encode("utf-8", "replace"), media_type="text/html", headers=policy
        )

    def message(self, request: Request) -> Response:
        """Return a message as it leaves, to be saved."""
        content = self._messages.get(request.path_params["key"])
        if content is None:
            return _gone()
        headers = {"Content-Disposition": 'attachment; filename="digest.eml"'}
        return Response(content, media_type="message/rfc822", headers=headers)

    def picture(self, request: Request) -> Response:
        """Return one of the project's own pictures that a mail shows."""
        file = self._pictures.get(request.path_params["key"])
        if file is None or not file.is_file():
            return _gone()
        # A picture that is a document (SVG) could run a script if opened by itself.
        return FileResponse(file, headers={"Content-Security-Policy": MAIL_POLICY})

    def ours(self, request: Request) -> Response:
        """Return the page's own script and style."""
        name = request.path_params["name"]
        if name not in OURS:
            return _gone()
        path = shipped("templates") / "preview" / name
        return FileResponse(path, media_type=OURS[name])

    # -- changes --------------------------------------------------------------------

    async def changes(self, request: Request) -> Response:
        """Tell a page each time something it may show has changed."""
        since = request.query_params.get("since", "")

        async def told() -> AsyncIterator[str]:
            seen = int(since) if since.isdecimal() else 0
            with self._waiting() as woken:
                while not self._ended:
                    if self.desk.version != seen:
                        seen = self.desk.version
                        yield f"data: {seen}\n\n"
                    await woken.wait()
                    woken.clear()

        return StreamingResponse(told(), media_type="text/event-stream")

    @contextmanager
    def _waiting(self) -> Iterator[asyncio.Event]:
        """Yield an event that is set with every change, from whichever thread."""
        stream = asyncio.get_running_loop(), asyncio.Event()
        self._streams.add(stream)
        try:
            yield stream[1]
        finally:
            self._streams.discard(stream)

    def wake(self) -> None:
        """Let every open page know that something has changed."""
        for loop, event in list(self._streams):
            loop.call_soon_threadsafe(event.set)

    def end(self) -> None:
        """Let every open page go, so that the server can end."""
        self._ended = True
        self.wake()


def _issues(slip: Slip) -> list[tuple[str, str]]:
    """Return the issues a mail can be compared with, and what they are called."""
    next_one = [(NEXT, f"Next, {slip.next_due}")] if slip.next_due else []
    return next_one + [
        (each.id, f"No. {each.number}, {each.id}") for each in slip.issues
    ]


def _gone() -> Response:
    words = "There is no such page here any more: load the studio again."
    return PlainTextResponse(words, 404)
