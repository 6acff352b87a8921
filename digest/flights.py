"""What a sending process has handed out and heard no outcome of, by delivery.

There is one message of a delivery in a process at any time: what comes of it is told by
the delivery alone. So when a claim runs out while its message waits, and this process
claims the delivery again, the message in hand goes on under the new claim. Threads look
a delivery up while another one does that, so everything about it is one object that is
replaced as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from digest.model import Message
from digest.store import Claim, Start


@dataclass(slots=True, kw_only=True, eq=False)
class Flight:
    """One delivery that was handed out."""

    claim: Claim
    start: Start | None  #: None: it is written
    message: Message | None = None  #: the very one that may leave
    awaited: datetime | None = None  #: the hour its reader asked for
    left: bool = False  #: its body may have left

    def under(self, claim: Claim) -> Flight:
        """Return the same flight under a newer claim."""
        start = self.start and replace(self.start, claim=claim)
        return replace(self, claim=claim, start=start)


class Flights:
    """All that are handed out; may be shared between threads."""

    def __init__(self) -> None:
        """Begin with none."""
        self._by_delivery: dict[str, Flight] = {}

    def __iter__(self) -> Iterator[Flight]:
        """Yield those of this moment."""
        return iter(tuple(self._by_delivery.values()))

    def begin(self, flight: Flight) -> None:
        """Hand a delivery out; this takes the place of its flight until now."""
        self._by_delivery[flight.claim.delivery] = flight

    def of(self, delivery: str) -> Flight | None:
        """Return a delivery's flight; None: it is over."""
        return self._by_delivery.get(delivery)

    def with_message(self, message: Message) -> Flight | None:
        """Return a message's flight; None: it is over, or another message's."""
        flight = self.of(message.delivery)
        return flight if flight and flight.message is message else None

    def end(self, flights: Iterable[Flight]) -> None:
        """Forget these, but not what took their place."""
        for flight in flights:
            if self.of(flight.claim.delivery) is flight:
                self._by_delivery.pop(flight.claim.delivery, None)


def unwritten(flights: Iterable[Flight]) -> list[Start]:
    """Return the starts that are to be written now, each once."""
    found = []
    for flight in flights:
        if flight.start:
            found.append(flight.start)
            flight.start = None
    return found
