"""Whether the parts of `digest.yaml` agree with each other.

These rules look at the text's own values, not at checked ones, so that they speak in
the same pass as everything else that is wrong: a newsletter without a title does not
keep a password without a user name from being found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import chain
from pathlib import PurePath
from urllib.parse import urlsplit

from digest.addresses import check_domain, check_mailbox
from digest.config.databases import is_server
from digest.config.values import (
    is_loopback,
    is_url,
    newsletter_slug,
    shown,
)
from digest.tags import slug
from digest.yamltext import KEY, Document, Location

Complaints = Iterator[tuple[Location, str]]

SOURCE_KINDS = ("folder", "feed", "page")


def disagreements(value: object, document: Document) -> Complaints:
    """Yield the location and the words of every disagreement in a settings file."""
    settings = mapping(value)
    return chain(
        _short_names(settings),
        _newsletters(settings),
        _sources(settings),
        _same_names(settings, document),
        _delivery(settings),
        _dkim(settings),
        _database(settings),
        _bounces(settings),
    )


def mapping(value: object) -> Mapping[str, object]:
    """Return a mapping's keys that have a value; of anything else, nothing."""
    entries = value if isinstance(value, dict) else {}
    return {key: inner for key, inner in entries.items() if inner is not None}


def sequence(value: object) -> Sequence[object]:
    """Return a list; of anything else, nothing."""
    return value if isinstance(value, list) else []


def source_name(source: Mapping[str, object]) -> str | None:
    """Return a source's name, given or from where it is; None if it has no place."""
    if isinstance(name := source.get("name"), str):
        return name.strip()
    for kind in SOURCE_KINDS:
        places = source.get(kind)
        place = places[0] if isinstance(places, list) and places else places
        if isinstance(place, str):
            return _name_of(place.strip(), folder=kind == "folder")
    return None


def _name_of(place: str, *, folder: bool) -> str:
    if is_url(place):
        return (urlsplit(place).hostname or place).removeprefix("www.")
    path = PurePath(place)
    if "*" in path.name:
        path = path.parent
    return (path.name if folder else path.stem) or place


# -- short names ------------------------------------------------------------


def _short_names(settings: Mapping[str, object]) -> Complaints:
    for name in mapping(settings.get("topics")):
        if slug(name) != name:
            advice = f"write `{slug(name)}`" if slug(name) else "write a word"
            yield (
                ("topics", name, KEY),
                (
                    f"this cannot be a topic's short name: {shown(name)}; {advice} (the "
                    "name that readers see is its `title`)"
                ),
            )
    for name in mapping(settings.get("newsletters")):
        try:
            newsletter_slug(name)
        except ValueError as error:
            yield ("newsletters", name, KEY), f"this {error}"


# -- newsletters ------------------------------------------------------------


def _newsletters(settings: Mapping[str, object]) -> Complaints:
    for name, value in mapping(settings.get("newsletters")).items():
        newsletter = mapping(value)
        here = ("newsletters", name)
        for key in ("topics", "sources"):
            yield from _twice(sequence(newsletter.get(key)), (*here, key))
        if isinstance(newsletter.get("schedule"), dict):
            yield from _schedule(mapping(newsletter["schedule"]), (*here, "schedule"))
        if "approval" in newsletter and not settings.get("editors"):
            yield (
                (*here, "approval"),
                (
                    "`approval` is asked of editors, and none are named; add a line such "
                    "as `editors: [desk@longitude.example]` at the left margin"
                ),
            )
        limits = mapping(newsletter.get("limits"))
        minimum, articles = limits.get("minimum", 1), limits.get("articles", 12)
        if (
            isinstance(minimum, int)
            and isinstance(articles, int)
            and minimum > articles > 0
        ):
            yield (
                (*here, "limits", "minimum"),
                (
                    f"`minimum` is {minimum}, but a mail holds at most {articles} articles, "
                    "so that nobody would get one; make it smaller"
                ),
            )


def _twice(names: Sequence[object], here: Location) -> Complaints:
    for place, name in enumerate(names):
        if isinstance(name, str) and name in names[:place]:
            yield (
                (*here, place),
                f"`{here[-1]}` names `{name}` twice; take one of them out",
            )


def _schedule(schedule: Mapping[str, object], here: Location) -> Complaints:
    others = [key for key in ("days", "at") if key in schedule]
    if "cron" in schedule and others:
        yield (
            (*here, others[0], KEY),
            (
                f"`{others[0]}` stands beside `cron`, and only one of them can count; take "
                "out the other"
            ),
        )
    elif not ("cron" in schedule or "at" in schedule):
        yield here, '`schedule` says no time; add a line such as `at: "07:00"`'


# -- sources ----------------------------------------------------------------


def _sources(settings: Mapping[str, object]) -> Complaints:
    for place, value in enumerate(sequence(settings.get("sources"))):
        source, here = mapping(value), ("sources", place)
        kinds = [kind for kind in source if kind in SOURCE_KINDS]
        misspelt = any(get_close_matches(str(key), SOURCE_KINDS) for key in source)
        if isinstance(value, dict) and not (kinds or misspelt):
            yield (
                here,
                (
                    "this source says not where its articles come from; add one of "
                    "`folder`, `feed` and `page`"
                ),
            )
        for kind in kinds[1:]:
            yield (
                (*here, kind, KEY),
                (
                    f"`{kind}` stands beside `{kinds[0]}`, but a source is only one of "
                    "them; begin another source with `- `"
                ),
            )
        for key, wanted in (
            ("images_url", {"folder"}),
            ("allow_private", {"feed", "page"}),
        ):
            if key in source and kinds and not wanted & set(kinds):
                yield (
                    (*here, key, KEY),
                    f"`{key}` means nothing for a `{kinds[0]}`; take it out",
                )


def _same_names(settings: Mapping[str, object], document: Document) -> Complaints:
    first: dict[str, Location] = {}
    for place, value in enumerate(sequence(settings.get("sources"))):
        source, here = mapping(value), ("sources", place)
        name = source_name(source)
        if name in first:
            line = document.mark(first[name]).line
            yield (
                (*here, "name") if "name" in source else here,
                (
                    f"the source in line {line} is called `{name}`, too; give one of them "
                    "another `name`"
                ),
            )
        elif name:
            first[name] = here


# -- delivery ---------------------------------------------------------------


def _delivery(settings: Mapping[str, object]) -> Complaints:
    if not isinstance(settings.get("delivery"), dict):
        return
    delivery = mapping(settings["delivery"])
    if "files" in delivery and "smtp" in delivery:
        yield (
            ("delivery", "smtp", KEY),
            "`smtp` stands beside `files`, and mails go only one way; take out the other",
        )
    elif not ("files" in delivery or "smtp" in delivery):
        yield (
            ("delivery",),
            "`delivery` says not where mails go; add a line such as `files: outbox`",
        )
    yield from _login(mapping(delivery.get("smtp")), ("delivery", "smtp"))


def _login(server: Mapping[str, object], here: tuple[str, str]) -> Complaints:
    host = server.get("host")
    if (
        server.get("security") == "none"
        and isinstance(host, str)
        and not is_loopback(host)
    ):
        yield (
            (*here, "security"),
            (
                "`security` is none, but the server is not this machine, and everybody on "
                "the way could read the mails; write `tls` or `starttls`"
            ),
        )
    if "password" in server and "token_command" in server:
        yield (
            (*here, "token_command", KEY),
            (
                "`token_command` stands beside `password`, and only one of them can log in; "
                "take out the other"
            ),
        )
    proofs = ("password", "token_command")
    for one in (
        proof for proof in proofs if proof in server and "username" not in server
    ):
        yield (
            (*here, one, KEY),
            f"`{one}` is given without `username`; add a `username:`, or take it out",
        )
    if "username" in server and not any(proof in server for proof in proofs):
        yield (
            (*here, "username", KEY),
            (
                "`username` is given without `password`; add a `password:` (or a "
                "`token_command:`), or take it out"
            ),
        )


# -- returned mail ----------------------------------------------------------


def _bounces(settings: Mapping[str, object]) -> Complaints:
    if not isinstance(settings.get("bounces"), dict):
        return
    bounces = mapping(settings["bounces"])
    if not any(place in bounces for place in ("imap", "maildir", "mbox")):
        yield (
            ("bounces",),
            (
                "`bounces` says not where returned mail comes to; add an `imap:`, a "
                "`maildir:` or an `mbox:`"
            ),
        )
    imap = mapping(bounces.get("imap"))
    yield from _login(imap, ("bounces", "imap"))
    if "done" in imap and imap.get("delete") is True:
        yield (
            ("bounces", "imap", "delete"),
            (
                "`delete` stands beside `done`, and a mail can only go one way; take out "
                "the other"
            ),
        )


# -- dkim -------------------------------------------------------------------


def _dkim(settings: Mapping[str, object]) -> Complaints:
    """Yield the newsletters whose senders the signing domain says nothing about.

    Receivers ask that it is the sender's, or one above it (DMARC calls that aligned).
    """
    domain = _checked(check_domain, mapping(settings.get("dkim")).get("domain"))
    if not domain:
        return
    for name, value in mapping(settings.get("newsletters")).items():
        sender = _checked(_domain_of, mapping(value).get("sender"))
        if sender and not f".{sender}".endswith(f".{domain}"):
            yield (
                ("dkim", "domain"),
                (
                    f"`domain` is {domain}, but `{name}` is sent from {sender}, for which "
                    f"it cannot sign; write {sender} or a domain above it, or take the "
                    "line out"
                ),
            )


# -- the database -----------------------------------------------------------


def _database(settings: Mapping[str, object]) -> Complaints:
    place = settings.get("database", "")
    if "database_password" in settings and not (
        isinstance(place, str) and is_server(place.strip())
    ):
        yield (
            ("database_password", KEY),
            (
                "`database_password` means nothing for a file; take it out, or write the "
                "address of a server under `database`"
            ),
        )


def _checked(check: Callable[[str], str], written: object) -> str:
    """Return what becomes of a value; "" if it is wrong, which is said elsewhere."""
    try:
        return check(written) if isinstance(written, str) else ""
    except ValueError:
        return ""


def _domain_of(mailbox: str) -> str:
    return check_mailbox(mailbox).address.rpartition("@")[2]
