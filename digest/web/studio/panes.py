"""The plain ways to look at one mail: as a picture of it, as text, header and source."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from digest.showing import Showing
from digest.web.studio.asking import Asked, Pane
from digest.web.studio.galleys import Galley
from digest.web.studio.words import called, isolated, kilobytes, link, numbered

#: What each way of showing a mail is called, and what it stands for.
SHOWINGS = {
    Showing.DAY: ("Light", "As programs show it by day."),
    Showing.NIGHT: (
        "Dark",
        "As programs show it that ask the mail for its dark colours.",
    ),
    Showing.DARKENED: (
        "Darkened",
        "Much as programs show it that turn the colours themselves, whatever it says.",
    ),
    Showing.PICTURELESS: ("No pictures", "Until the reader allows them."),
    Showing.STYLELESS: (
        "No styles",
        "Without any <style>, as Gmail shows mails that are too long or of other accounts.",
    ),
    Showing.OUTLOOK: ("Outlook", "Much as classic Outlook, which lays out with Word."),
}

#: Where a page of a mail is found: its key, how it is shown, a line to be framed.
Frame = Callable[[Galley, Showing, int], str]


def mail_pane(asked: Asked, galley: Galley, frame: Frame) -> str:
    """Return the mail as a mail program shows it."""
    if galley.rendered is not None and galley.rendered.html is None:
        return (
            f'<p class="aside">{isolated(called(galley.reader))} wants text only: '
            "there is no HTML part.</p>" + text_pane(galley)
        )
    widths = "".join(
        link(asked.but(phone=phone), text, name=f"width-{phone:d}", current=here)
        for phone, text in ((False, "Desktop"), (True, "Phone"))
        for here in [asked.phone == phone]
    )
    showings = "".join(
        link(
            asked.but(showing=each),
            name,
            name=f"as-{each}",
            current=asked.showing == each,
        )
        for each, (name, _) in SHOWINGS.items()
    )
    return (
        '<div class="tools">'
        f'<nav class="switch" aria-label="Width">{widths}</nav>'
        f'<nav class="switch" aria-label="Shown as">{showings}</nav>'
        f'<p class="aside">{escape(SHOWINGS[asked.showing][1])}</p></div>'
        + sheet(asked, galley, frame)
    )


def sheet(asked: Asked, galley: Galley, frame: Frame, *, line: int = 0) -> str:
    """Return the frame in which a mail is shown; nothing in it can run or ask."""
    name = "phone" if asked.phone else "desktop"
    return (
        f'<div class="sheet {name}"><iframe title="The mail, {name} width" '
        f'sandbox="" tabindex="0" src="{escape(frame(galley, asked.showing, line))}">'
        "</iframe></div>"
    )


def text_pane(galley: Galley) -> str:
    """Return the text part as it is read."""
    text = galley.rendered.text if galley.rendered else ""
    return (
        '<div class="sheet text"><pre tabindex="0" role="region" dir="auto" '
        f'aria-label="The text part"{spoken(galley)}>{escape(text)}</pre></div>'
    )


def header_pane(galley: Galley) -> str:
    """Return the envelope and the fields of the header, unfolded."""
    message = galley.message
    assert message is not None
    head = galley.content.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    fields = head.replace("\r\n ", " ").replace("\r\n\t", " ").split("\r\n")
    rows = [("MAIL FROM", message.envelope.sender)]
    rows.append(("RCPT TO", message.envelope.recipient))
    rows += [
        (name, value.strip()) for name, _, value in (f.partition(":") for f in fields)
    ]
    cells = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in rows
    )
    return (
        '<div class="sheet header" tabindex="0" role="region" aria-label="Header">'
        '<table><caption class="unseen">Envelope and header</caption>'
        f"<tbody>{cells}</tbody></table></div>"
    )


def source_pane(galley: Galley, message: str) -> str:
    """Return the message as it leaves, and its HTML part decoded, line by line."""
    content = galley.content.decode("utf-8", "replace").replace("\r\n", "\n")
    sure = (
        "These are the bytes that leave."
        if galley.whole
        else "The whole issue is still being worked out; until then, where the lines "
        "of the encoded parts end may differ from what leaves."
    )
    html = (
        "<h2>The HTML part, decoded</h2>"
        '<pre class="source" tabindex="0" role="region" aria-label="HTML source">'
        f"{numbered(galley.html)}</pre>"
        if galley.html
        else ""
    )
    return (
        f'<p class="aside">{sure} {kilobytes(len(galley.content))} in all. '
        f'<a href="{escape(message)}" download>Save the .eml</a></p>'
        '<pre class="source" tabindex="0" role="region" aria-label="Message source">'
        f"{numbered(content)}</pre>{html}"
    )


def nothing_pane(asked: Asked, galley: Galley) -> str:
    """Say that this reader gets nothing, and where to find out more."""
    name = isolated(called(galley.reader))
    why = link(asked.but(pane=Pane.WHY), "See why, story by story", name="see-why")
    if not galley.issue.articles:
        return (
            '<div class="nothing"><h2>There is nothing new</h2><p>This issue has no '
            "articles yet. Put some into your sources; <code>digest collect</code> "
            "reads them. An issue that went out can be chosen on the slip.</p></div>"
        )
    return (
        f'<div class="nothing"><h2>{name} gets no mail of this issue</h2>'
        f"<p>{escape(_sentence(galley.digest.skipped))}. {why}</p></div>"
    )


def spoken(galley: Galley) -> str:
    """Return the attribute of words in the reader's language."""
    language = galley.reader.language or galley.newsletter.language
    return f' lang="{escape(language)}"'


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:]
