"""The part `lint` of `digest.yaml`."""

from __future__ import annotations

from pydantic import Field

from digest.config.kinds import ClientName, FilePath, Part, RuleName


class LintPart(Part):
    """How mails are looked at before they leave; `digest lint --rules` lists the rules."""

    ignore: list[RuleName] = Field(
        default=[],
        description="Rules that do not count here.",
        examples=[["subject-cut", "img-height"]],
    )
    targets: list[ClientName] | None = Field(
        default=None,
        min_length=1,
        description="The mail programs you write for; without it: gmail, gmail-app, "
        "outlook-classic, outlook, apple, ios, yahoo.",
        examples=[["gmail", "outlook-classic", "apple"]],
    )
    facts: FilePath | None = Field(
        default=None,
        description="A data.json of caniemail.com, newer than the table we bring.",
        examples=["lint/data.json"],
    )
