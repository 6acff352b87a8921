"""What a reader sees of topics, and what their choice means.

On the page every topic stands in one of four ways, and single tags that somebody chose
in three. In preferences there are the topics followed, in order, where none means all;
and those muted, which hide a story even where another topic has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum

from digest.model import Preferences, Topic
from digest.tags import single_tag


class Stance(StrEnum):
    """How a topic stands with a reader."""

    FOLLOW = "follow"
    TOP = "top"  #: only its first stories
    SKIP = "skip"  #: not followed
    MUTE = "mute"  #: never, not even under another topic


class NothingFollowed(Exception):
    """A choice would leave nothing, which preferences would take for everything."""


def chosen_tags(wanted: Preferences) -> tuple[str, ...]:
    """Return the single tags that somebody follows or mutes, as preferences have them."""
    named = (*wanted.follows, *sorted(wanted.mutes))
    return tuple(dict.fromkeys(n for n in named if single_tag(n) is not None))


def stances(wanted: Preferences, topics: Iterable[Topic]) -> dict[str, Stance]:
    """Return how each topic stands, by slug."""
    return {topic.slug: stance(wanted, topic.slug) for topic in topics}


def stance(wanted: Preferences, topic: str) -> Stance:
    """Return how a topic, or a single tag, stands."""
    if topic in wanted.mutes:
        return Stance.MUTE
    if wanted.follows and topic not in wanted.follows:
        return Stance.SKIP
    return Stance.TOP if topic in wanted.top else Stance.FOLLOW


def chosen(held: Preferences, stances: Mapping[str, Stance]) -> Preferences:
    """Return preferences with the topics, and single tags, standing as chosen.

    Raises `NothingFollowed` when no topic and no tag would be left.
    """
    followed = [t for t, s in stances.items() if s in (Stance.FOLLOW, Stance.TOP)]
    elsewhere = [each for each in held.follows if each not in stances]
    topics = {t: s for t, s in stances.items() if single_tag(t) is None}
    if (topics or held.follows) and not followed and not elsewhere:
        raise NothingFollowed
    before = [each for each in held.follows if each in followed]
    follows = tuple(dict.fromkeys([*before, *followed, *elsewhere]))
    if Stance.SKIP not in topics.values() and topics.keys() >= set(follows):
        follows = ()  # all there are, and those to come
    muted = {topic for topic, stance in stances.items() if stance is Stance.MUTE}
    return replace(
        held,
        follows=follows,
        mutes=frozenset(muted | {each for each in held.mutes if each not in stances}),
        top=frozenset(t for t, stance in stances.items() if stance is Stance.TOP),
    )


class Less(StrEnum):
    """What gives less of a topic, or takes that back."""

    TOP = "top"
    MUTE = "mute"
    NOT_TOP = "not-top"
    NOT_MUTE = "not-mute"


def lessened(wanted: Preferences, topic: str, less: Less) -> Preferences:
    """Return preferences with less of a topic, or as before; a second time changes nothing.

    `topic` is a topic's slug or a single tag. What is followed stays as it is, in its
    order: so nobody ever follows nothing, which would be everything, and taking it back
    restores what was.
    """
    match less:
        case Less.TOP:
            return replace(wanted, top=wanted.top | {topic})
        case Less.NOT_TOP:
            return replace(wanted, top=wanted.top - {topic})
        case Less.MUTE:
            return replace(wanted, mutes=wanted.mutes | {topic})
        case Less.NOT_MUTE:
            return replace(wanted, mutes=wanted.mutes - {topic})
