"""Kinds of values the files hold, as pydantic checks them.

A `Line` is text fit for a mail's header; every kind but `Secret`, `SigningKey` and
`Text` is one. Pydantic says what is wrong with whole mappings in one go; `complaints`
turns that into plain words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)
from pydantic.config import JsonDict

from digest.addresses import check_address, check_domain, check_mailbox
from digest.config import databases, references, values
from digest.slots import DAY_SETS, DAYS, cron_problem, crons
from digest.tags import slug


def _untitled(schema: JsonDict) -> None:
    schema.pop("title", None)  # our class's name means nothing to an editor


class Part(BaseModel):
    """A mapping in a file: no key but those listed, no value of another kind."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        hide_input_in_errors=True,
        json_schema_extra=_untitled,
    )

    @model_validator(mode="before")
    @classmethod
    def _without_nothing(cls, value: object) -> object:
        """Take a key with nothing behind it as left out."""
        if not isinstance(value, dict):
            return value
        fields = cls.model_fields
        return {k: v for k, v in value.items() if v is not None or k not in fields}


# -- single values ----------------------------------------------------------


def _named(find: Callable[[str, references.Known], str]) -> AfterValidator:
    def check(written: str, info: ValidationInfo) -> str:
        assert isinstance(info.context, references.Known)
        return find(written, info.context)

    return AfterValidator(check)


def _address(written: str) -> str:
    try:
        return check_address(written)
    except ValueError as error:
        raise ValueError(f"is {error}") from error


def _mailbox(written: str) -> str:
    try:
        check_mailbox(written)
    except ValueError as error:
        raise ValueError(f"is {error}") from error
    return written


def _domain(written: str) -> str:
    try:
        return check_domain(written)
    except ValueError as error:
        raise ValueError(f"is {error}") from error


def _label(written: str) -> str:
    if not slug(written):
        raise ValueError(
            f"has no letter and no digit: {values.shown(written)}; write a word"
        )
    return written


def _day(written: str) -> str:
    known = [*DAY_SETS, *DAYS]
    if written.lower() not in known:
        raise ValueError(
            f"is not a day: {values.shown(written)}; {values.suggestion(written, known)}"
        )
    return written.lower()


def _clock(written: str) -> str:
    try:
        crons(["daily"], [written])
    except ValueError:
        raise ValueError(
            f'is not a time of day: {values.shown(written)}; write it like "07:00"'
        ) from None
    return written


def _hour(written: object) -> object:
    if isinstance(written, int) and not isinstance(written, bool):
        return _of_day(written, str(written))
    if not isinstance(written, str):
        return written
    hour, _, minutes = written.strip().partition(":")
    if not hour.isdecimal() or minutes not in ("", "00"):
        raise ValueError(
            f"is not a full hour: {values.shown(written)}; write it like `18` or "
            '`"18:00"`'
        )
    return _of_day(int(hour), written)


def _of_day(hour: int, written: str) -> int:
    if hour not in range(24):
        raise ValueError(f"is no hour of a day: {written}; write one from 0 to 23")
    return hour


def _cron(written: str) -> str:
    problem = cron_problem(written)
    if problem:
        raise ValueError(problem)
    return written


def _moment(written: str) -> str:
    values.moment(written, "")
    return written


def _with_unit(written: object) -> object:
    if isinstance(written, int | float):
        raise ValueError(  # noqa: TRY004 - pydantic gathers only these
            f"has no unit: {written}; write it like `15 minutes`, `6 hours` or `2 days`"
        )
    return written


def _with_rate_unit(written: object) -> object:
    if isinstance(written, int | float):
        raise ValueError(  # noqa: TRY004 - pydantic gathers only these
            f"has no unit: {written}; write it like `14 per second` or `500 per minute`"
        )
    return written


def _command(written: str) -> str:
    values.command(written)
    return written


def _one_or_more(written: object) -> object:
    return [written] if isinstance(written, str) else written


Text = Annotated[str, AfterValidator(values.text), AfterValidator(values.filled)]
MaybeLine = Annotated[str, AfterValidator(values.line)]
Line = Annotated[MaybeLine, AfterValidator(values.filled)]
Language = Annotated[Line, AfterValidator(values.language)]
TimeZone = Annotated[Line, AfterValidator(values.timezone)]
Duration = Annotated[
    Line,
    BeforeValidator(_with_unit, json_schema_input_type=Line),
    AfterValidator(values.duration),
]
Age = Annotated[
    Line,
    BeforeValidator(_with_unit, json_schema_input_type=Line),
    AfterValidator(values.age),
]
Rate = Annotated[
    Line,
    BeforeValidator(_with_rate_unit, json_schema_input_type=Line),
    AfterValidator(values.rate),
]
Command = Annotated[Line, AfterValidator(_command)]
Url = Annotated[Line, AfterValidator(values.public_url)]
SiteUrl = Annotated[Line, AfterValidator(values.site_url)]
FilePath = Annotated[Line, AfterValidator(values.path)]
DatabasePlace = Annotated[Line, AfterValidator(databases.database)]
Place = Annotated[Line, AfterValidator(values.location)]
Address = Annotated[Line, AfterValidator(_address)]
Mailbox = Annotated[
    Line, AfterValidator(_mailbox), AfterValidator(values.ascii_local_part)
]
Domain = Annotated[Line, AfterValidator(_domain)]
Label = Annotated[Line, AfterValidator(_label)]
Moment = Annotated[Line, AfterValidator(_moment)]
Count = Annotated[int, Field(ge=1, le=10_000)]
Day = Annotated[
    Line, AfterValidator(_day), Field(json_schema_extra={"enum": [*DAY_SETS, *DAYS]})
]
#: Days of a reader; none of them is as good as nothing.
OwnDays = Annotated[
    list[Day],
    BeforeValidator(_one_or_more, json_schema_input_type=Day | list[Day]),
]
Hour = Annotated[int, BeforeValidator(_hour, json_schema_input_type=int | str)]
Clock = Annotated[Line, AfterValidator(_clock)]
Cron = Annotated[Line, AfterValidator(_cron)]
Days = Annotated[
    list[Day],
    BeforeValidator(_one_or_more, json_schema_input_type=Day | list[Day]),
    Field(min_length=1),
]
Clocks = Annotated[
    list[Clock],
    BeforeValidator(_one_or_more, json_schema_input_type=Clock | list[Clock]),
    Field(min_length=1),
]
Crons = Annotated[
    list[Cron],
    BeforeValidator(_one_or_more, json_schema_input_type=Cron | list[Cron]),
    Field(min_length=1),
]
Places = Annotated[
    list[Place],
    BeforeValidator(_one_or_more, json_schema_input_type=Place | list[Place]),
    Field(min_length=1),
]
TopicName = Annotated[Line, _named(references.topic)]
SourceName = Annotated[Line, _named(references.source)]
NewsletterName = Annotated[Line, _named(references.newsletter)]
Followed = Annotated[Line, _named(references.followed)]
RuleName = Annotated[Line, _named(references.lint_rule)]
ClientName = Annotated[Line, _named(references.mail_program)]
Secret = Annotated[str, _named(references.secret)]
#: What a server of mail is told, be it one that takes it or one that keeps it.
ServerSecurity = Annotated[
    Literal["tls", "starttls", "none"],
    Field(
        description="tls, starttls (always required), or none for this machine only.",
        examples=["tls"],
    ),
]
ServerPassword = Annotated[
    Secret | None,
    Field(
        description="Where the password is: env:NAME (a variable of the environment) "
        "or file:path. Never the password itself.",
        json_schema_extra={"pattern": "^(env|file):.+"},
        repr=False,
    ),
]
TokenCommand = Annotated[
    Command | None,
    Field(
        description="Instead of `password`: a program and its arguments that prints an "
        "OAuth token (XOAUTH2), as Gmail and Microsoft 365 take; no shell runs it.",
        json_schema_extra={"type": "string"},
    ),
]
CaFile = Annotated[
    FilePath | None,
    Field(
        description="Certificates (PEM) of a private authority to trust.",
        examples=["secrets/ca.pem"],
    ),
]
SigningKey = Annotated[str, _named(references.signing_key)]
Selector = Annotated[Line, AfterValidator(values.selector)]
