"""Values that name something elsewhere: a topic, a source, a secret.

What exists is gathered from the file before anything in it is judged, so that a
wrong name is found in the same pass as a wrong spelling of anything else. `Known`
travels to these functions as pydantic's validation context.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from digest.config.values import shown, suggestion
from digest.tags import single_tag, slug

_LARGEST_SECRET = 64 * 1024  #: bytes; a wrong path must not fill the memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What names in a file may refer to."""

    topics: Collection[str] = ()
    newsletters: Collection[str] = ()
    sources: Collection[str] = ()
    root: Path = Path()  #: the project's folder
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets_needed: bool = True  #: else one that is not there is left empty
    #: Files that secrets were read from, noted as they are.
    secret_files: list[Path] = field(default_factory=list)


def topic(written: str, known: Known) -> str:
    """Return the slug of a topic there is."""
    if written not in known.topics:
        raise ValueError(_unknown("topic", written, known.topics))
    return written


def newsletter(written: str, known: Known) -> str:
    """Return the slug of a newsletter there is."""
    if written not in known.newsletters:
        raise ValueError(_unknown("newsletter", written, known.newsletters))
    return written


def source(written: str, known: Known) -> str:
    """Return the name of a source there is."""
    if written not in known.sources:
        raise ValueError(_unknown("source", written, known.sources))
    return written


def lint_rule(written: str, _: Known) -> str:
    """Return the id of a rule of the linter."""
    from digest.lint import RULES  # most projects name none

    if written not in RULES:
        raise ValueError(
            f"{_unknown('rule', written, RULES)} (`digest lint --rules` lists them)"
        )
    return written


def mail_program(written: str, _: Known) -> str:
    """Return the name of a mail program the linter knows about."""
    from digest.lint import CLIENTS

    if written not in CLIENTS:
        raise ValueError(_unknown("mail program", written, CLIENTS))
    return written


def followed(written: str, known: Known) -> str:
    """Return a topic there is, or any single tag as ``tag:slug``."""
    tag = single_tag(written)
    if tag is None:
        if written not in known.topics:
            raise ValueError(
                f"{_unknown('topic', written, known.topics)} (a single tag is written "
                f"`tag:{slug(written)}`)"
            )
        return written
    if not tag:
        raise ValueError(f"names no tag: {shown(written)}; write it like `tag:lisbon`")
    return f"tag:{tag}"


def _unknown(kind: str, written: str, known: Collection[str]) -> str:
    if not known:
        return f"names no {kind}: {shown(written)}; there are none, add one or take this out"
    return f"names no {kind}: {shown(written)}; {suggestion(written, known)}"


def secret(written: str, known: Known) -> str:
    """Return the secret that ``env:NAME`` or ``file:path`` points to.

    No message repeats what was written, unless it has one of these forms.
    """
    found, where = _found(written, known)
    if not found and not known.secrets_needed:
        return ""
    if not found.isprintable():
        raise ValueError(
            f"is more than one line, or not text, in {where}; put only the secret there"
        )
    return found


def signing_key(written: str, known: Known) -> str:
    """Return the private key (PEM) that ``env:NAME`` or ``file:path`` points to."""
    from digest.message.dkim import read_key  # slow to load; not all sign

    found, where = _found(written, known)
    if not found and not known.secrets_needed:
        return ""
    try:
        read_key(found)
    except ValueError as error:
        raise ValueError(f"{error} (it comes from {where})") from None
    return found


def _found(written: str, known: Known) -> tuple[str, str]:
    """Return what a reference points to, and where that is in words."""
    kind, colon, name = written.partition(":")
    name = name.strip()
    if not (colon and name and kind in ("env", "file")):
        raise ValueError(
            "must not be written here, where everybody who sees the file sees it; write "
            "`env:NAME` for a variable of the environment, or `file:path` for a file"
        )
    try:
        if kind == "env":
            found, where = _from_environment(name, known), f"the variable {name}"
        else:
            found, where = _from_file(known.root / name), f"the file {name}"
            known.secret_files.append(known.root / name)
    except ValueError:
        if known.secrets_needed:
            raise
        return "", ""
    if not found:
        raise ValueError(f"is empty: {where} holds nothing; put the secret there")
    return found, where


def _from_environment(name: str, known: Known) -> str:
    if name not in known.environment:
        raise ValueError(
            f"comes from the environment, where {name} is not set; set it before "
            f"running digest, for example `export {name}=…`"
        )
    return known.environment[name]


def _from_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_SECRET)
        return content.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise ValueError(
            f"comes from the file {path}, which is not UTF-8 text; put only the secret there"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise ValueError(
            f"comes from the file {path}, which cannot be read ({reason}); make it, or "
            "correct the path"
        ) from None
