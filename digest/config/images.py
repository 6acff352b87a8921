"""The shape of what `digest.yaml` says about pictures. Part of `schema`; the same rules."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from digest.config.kinds import Part


class ImagesPart(Part):
    """Which pictures mails may have."""

    allow: list[Literal["webp", "avif", "svg"]] = Field(
        default=[],
        description="Kinds that many mail programs do not show; without it, `digest "
        "collect` notes each such picture.",
        examples=[["webp"]],
    )
