"""What a capable engineer writes first: every mail rendered, inlined and encoded by itself.

Jinja's environment and the compiled templates are kept, and premailer has the big cache
that `digest.rendering.inlining` gives it. The rest happens per reader: Jinja renders the
stock template with the reader's own values, premailer inlines the CSS, html2text makes
the text part, the standard library's `EmailMessage` writes the message.
"""

from __future__ import annotations

import logging
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import partial

from html2text import HTML2Text
from premailer import Premailer

from benchmarks.sized_issue import SITE, Edition
from digest.assembly import Assembler
from digest.model import Digest, Mailbox, Subscriber
from digest.rendering import plaintext
from digest.rendering.bodies import Bodies
from digest.rendering.marks import Marks
from digest.rendering.pages import KEPT, STYLE, VARIABLES, Kind
from digest.rendering.personal import Personal
from digest.rendering.stage import Lengths
from digest.rendering.templates import Markup, Templates
from digest.rendering.theme import Themes
from digest.rendering.variables import Variables
from digest.rendering.words import Words
from tests.plain_path import known_reader

#: Where the style sheet goes that is not to be inlined.
_PLACE = "<!--kept-->"


class Naive:
    """Makes each message from nothing."""

    def __init__(self, edition: Edition, assembler: Assembler) -> None:
        """Compile the templates; `assembler` says what stands in the header."""
        self._edition, self._assembler = edition, assembler
        self._templates = Templates(edition.templates, names=VARIABLES)
        shorten = plaintext.shorten
        self._templates.add_filters(
            html={"shorten": shorten}, text={"shorten": shorten}
        )
        newsletter = edition.newsletter
        self._speech = Words.of(edition.templates).speech(
            newsletter.language, otherwise=newsletter.language
        )
        self._variables = Variables(
            site=SITE,
            newsletter=newsletter,
            issue=edition.issue,
            speech=self._speech,
            bodies=Bodies(),
            marks=Marks("unused"),
            views={},
        )
        themes = Themes(edition.templates.themes)
        self._theme = {"theme": themes.speaking(newsletter.language)}
        sides = {"dir": "ltr", "rtl": False, "start": "left", "end": "right"}
        sides |= {"language": newsletter.language}
        self._style, self._kept = (
            self._templates.text(name, sides | self._theme) for name in (STYLE, KEPT)
        )

    def message(
        self, subscriber: Subscriber, digest: Digest, *, dated: datetime
    ) -> bytes:
        """Return one reader's message."""
        subject, html = self._page(subscriber, digest)
        inlined: str = Premailer(
            html,
            allow_network=False,
            disable_validation=True,
            align_floating_images=False,
            strip_important=False,
            keep_style_tags=False,
            remove_classes=False,
            cssutils_logging_level=logging.CRITICAL,
            disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
        ).transform(pretty_print=False)
        message = EmailMessage()
        self._address(message, subscriber, subject, dated)
        message.set_content(HTML2Text().handle(html))
        kept = f"<style>{self._kept}</style>"
        message.add_alternative(inlined.replace(_PLACE, kept), subtype="html")
        return message.as_bytes(policy=SMTP)

    def _page(self, subscriber: Subscriber, digest: Digest) -> tuple[str, str]:
        """Return the subject and the HTML before its CSS is inlined."""
        links, newsletter = self._edition.links, self._edition.newsletter
        personal = Personal(
            name=subscriber.name,
            address=subscriber.address,
            subscribed=subscriber.consent.at,
            unsubscribe=links.unsubscribe(subscriber.id, newsletter.slug),
            preferences=links.preferences(subscriber.id, newsletter.slug),
            pause=links.pause(subscriber.id, newsletter.slug),
            web_copy=links.web_copy(self._edition.issue.id),
        )
        day = partial(self._speech.day, timezone=newsletter.timezone)
        length = subscriber.preferences.length
        variables = {
            **self._variables.of(
                digest, Lengths.wished(length, digest.count), escaping=True
            ),
            **self._theme,
            "reader": known_reader(personal.values(day)),
            "length": length.value,
            "styles": Markup(f"<style>{self._style}</style>{_PLACE}"),
            "subject": "",
            "web": False,
        }
        subject = self._templates.text(Kind.SUBJECT.value, variables).strip()
        variables["subject"] = subject
        return subject, self._templates.html(Kind.HTML.value, variables)

    def _address(
        self, message: EmailMessage, reader: Subscriber, subject: str, dated: datetime
    ) -> None:
        """Write the header: the same fields as `digest.message` writes."""
        head, links = self._assembler.letterhead, self._edition.links
        domain = self._assembler.domain
        mailbox = links.unsubscribe_mailbox(reader.id, head.newsletter, domain)
        message["From"] = _shown(head.sender)
        message["To"] = reader.address
        if head.reply_to:
            message["Reply-To"] = _shown(head.reply_to)
        message["Subject"] = subject
        message["Date"] = format_datetime(dated)
        message["Message-ID"] = links.message_id(
            issue=head.issue, subscriber=reader.id, domain=domain
        )
        message["List-Id"] = f"{head.list_title} <{head.list_id}>"
        message["List-Unsubscribe"] = (
            f"<{links.unsubscribe(reader.id, head.newsletter)}>, "
            f"<mailto:{mailbox}?subject=unsubscribe>"
        )
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["List-Help"] = f"<{head.help_url}>"
        message["List-Archive"] = f"<{head.archive_url}>"
        message["List-Post"] = "NO"
        message["List-Owner"] = f"<mailto:{head.owner}>"
        message["Archived-At"] = f"<{head.archived_at}>"
        message["Feedback-ID"] = f"{head.issue}:{head.newsletter}:digest:ledgerexample"
        message["Precedence"] = "bulk"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "OOF, AutoReply"


def _shown(mailbox: Mailbox) -> str:
    return f"{mailbox.name} <{mailbox.address}>" if mailbox.name else mailbox.address
