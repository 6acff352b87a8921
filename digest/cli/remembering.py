"""The command `subscribers why`: a reader's history in words, and who said what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from digest.cli.editing import OPERATOR
from digest.cli.importing import worded
from digest.cli.output import as_json, echo_json, line, table, when
from digest.cli.project import newsroom_of
from digest.model import Agreed, Subscriber
from digest.slots import weekday_names
from digest.store import Event

#: What happened, in words; `{by}` is what brought it about.
SENTENCES = {
    "imported": "{by} named them for the first time",
    "added": "{by} added them",
    "asked": "somebody asked for mail with this address at {by}",
    "confirmed": "they confirmed ({by})",
    "changed": "{by} changed them",
    "left": "they left a newsletter ({by})",
    "rejoined": "they took a newsletter back ({by})",
    "unsubscribed": "they unsubscribed ({by})",
    "resubscribed": "they get mail again ({by})",
    "removed": "{by} no longer names them",
    "pending": "{by} says they have to confirm",
    "soft bounce": "the server refused a mail for now ({by})",
    "bounced": "the server said that the address takes no mail ({by})",
}


@click.command()
@click.argument("address")
@as_json
@click.pass_context
def why(ctx: click.Context, address: str, json: bool) -> None:
    """Tell why a reader gets what they get: who said what, and when.

    The history comes first, then each thing they asked for and what it comes from.
    """
    newsroom = newsroom_of(ctx)
    audience = newsroom.store.audience
    reader = newsroom.subscriber(address)
    history, files = audience.history(reader.id), audience.said_by_files(reader.id)
    agreements = audience.agreements(reader.id)
    origins = list(came_from(reader, history))
    if json:
        echo_json(
            {
                "subscriber": reader,
                "history": history,
                "agreements": agreements,
                "said_by_files": files,
                "came_from": [
                    {"what": what, "value": value, "by": by, "at": at}
                    for what, value, by, at in origins
                ],
            }
        )
        return
    line(f"{reader.address} is {reader.status}.")
    for text in told(history, agreements):
        line(f"  {text}")
    table(("what", "is", "said by", "at"), origins)
    if suppressed := audience.suppressed(reader.address):
        line(f"The address must not be mailed: {suppressed}.")
    for file, said in files.items():
        newsletters = ", ".join(said["preferences"]["newsletters"]) or "no newsletter"
        line(f"{file} says at present: {said['status']}, {newsletters}")


def told(history: Sequence[Event], agreements: Sequence[Agreed]) -> Iterator[str]:
    """Yield sentences for all that happened, the oldest first."""
    happened = [(agreed.at, _agreement(agreed)) for agreed in agreements]
    happened += [
        (event.at, _sentence(event.kind, event.detail, event)) for event in history
    ]
    # To the millisecond, as events are kept; a word comes before what it brought about.
    for at, sentence in sorted(
        happened, key=lambda each: int(each[0].timestamp() * 1e3)
    ):
        yield f"{when(at)}  {sentence}"


def _sentence(kind: str, by: str, event: Event) -> str:
    sentence = SENTENCES.get(kind, f"{kind} ({{by}})")
    if sentence.startswith("{by}") and by == OPERATOR:
        by = f"the {by}"
    sentence = sentence.format(by=by or "unknown")
    changes = "; ".join(
        f"{name} was {was}, is {now}" for name, was, now in worded(event.changed)
    )
    return f"{sentence}: {changes}" if changes else sentence


def _agreement(agreed: Agreed) -> str:
    wording = f": “{agreed.wording}”" if agreed.wording else ""
    details = f" [{agreed.details}]" if agreed.details else ""
    return f"consent ({agreed.method}): {agreed.where}{wording}{details}"


def came_from(
    reader: Subscriber, history: Sequence[Event]
) -> Iterator[tuple[str, str, str, str]]:
    """Yield what a reader has asked for: its name, its value, who said it, when."""
    wishes = reader.preferences
    values = {
        "address": reader.address,
        "name": reader.name,
        "language": reader.language,
        "preferences.newsletters": ", ".join(sorted(wishes.newsletters)) or "none",
        "preferences.follows": ", ".join(wishes.follows) or "everything",
        "preferences.mutes": ", ".join(sorted(wishes.mutes)),
        "preferences.top": ", ".join(sorted(wishes.top)),
        "preferences.format": wishes.format.value,
        "preferences.length": wishes.length.value,
        "preferences.limit": str(wishes.limit or ""),
        "preferences.days": ", ".join(weekday_names(wishes.days)),
        "preferences.hour": f"{wishes.hour:02}:00" if wishes.hour is not None else "",
        "paused_until": when(reader.paused_until) if reader.paused_until else "",
        "left": ", ".join(sorted(reader.left)),
    }
    for name, value in values.items():
        said = [event for event in history if name in event.changed] or history[:1]
        if value and said:
            last = said[-1]
            what = name.removeprefix("preferences.").replace("_", " ")
            yield what, value, last.detail, when(last.at)
