"""Everything that is kept about a reader, for themselves (GDPR articles 15 and 20)."""

from __future__ import annotations

from digest.jsonform import to_json
from digest.model import Subscriber
from digest.newsroom import Newsroom


def everything(newsroom: Newsroom, subscriber: Subscriber) -> dict[str, object]:
    """Return it as JSON: who they are, what they agreed to, what happened."""
    audience, requests = newsroom.store.audience, newsroom.store.requests
    return {
        "reader": to_json(subscriber),
        "agreements": to_json(audience.agreements(subscriber.id)),
        "history": to_json(audience.history(subscriber.id)),
        "requests": [
            {
                "for": request.kind.value,
                "at": to_json(request.asked),
                "said": dict(request.detail),
            }
            for request in requests.of(subscriber.id)
        ],
    }
