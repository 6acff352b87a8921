"""The part `serve` of `digest.yaml`."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Annotated

from pydantic import AfterValidator, Field

from digest.config.kinds import Line, Part


def _own_address(written: str) -> str:
    try:
        return str(ip_address(written.strip("[]")))
    except ValueError:
        raise ValueError(
            "is not an address of this machine; write it like `127.0.0.1`, or `0.0.0.0` "
            "for all of them"
        ) from None


def _network(written: str) -> str:
    try:
        return str(ip_network(written) if "/" in written else ip_address(written))
    except ValueError:
        raise ValueError(
            "is neither an address nor a network; write it like `127.0.0.1` or "
            "`10.0.0.0/8`"
        ) from None


OwnAddress = Annotated[Line, AfterValidator(_own_address)]
Network = Annotated[Line, AfterValidator(_network)]


class ServePart(Part):
    """Where the public pages are served, behind your web server."""

    host: OwnAddress = Field(
        default="127.0.0.1",
        description="The address of this machine to listen on; only what runs here can "
        "reach 127.0.0.1.",
        examples=["127.0.0.1"],
    )
    port: Annotated[int, Field(ge=1, le=65535)] = Field(
        default=8080,
        description="The port to listen on; your web server passes requests to it.",
        examples=[8080],
    )
    trusted_proxies: list[Network] = Field(
        default=["127.0.0.1", "::1"],
        description="Your web servers: who may say in X-Forwarded-For who is asking.",
        examples=[["127.0.0.1", "10.0.0.0/8"]],
    )
