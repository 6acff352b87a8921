"""Who runs a mailbox, and when their word about its readers is not to be trusted."""

from __future__ import annotations

HARD_LEAST, HARD_SHARE = 20, 0.03  #: hard bounces of a provider's readers

#: Domains of the large providers; any other domain is a provider of its own.
_PROVIDERS = {
    "google": "gmail.com googlemail.com",
    "yahoo": "yahoo.com yahoo.co.uk yahoo.fr yahoo.de yahoo.it yahoo.es yahoo.ca "
    "yahoo.com.br yahoo.co.in ymail.com rocketmail.com aol.com aim.com",
    "microsoft": "outlook.com outlook.fr outlook.de hotmail.com hotmail.fr hotmail.de "
    "hotmail.it hotmail.es hotmail.co.uk live.com live.fr live.co.uk msn.com",
    "apple": "icloud.com me.com mac.com",
    "orange": "orange.fr wanadoo.fr",
    "gmx": "gmx.de gmx.net gmx.at gmx.ch gmx.com web.de mail.com",
    "proton": "proton.me protonmail.com pm.me",
}
_PROVIDER = {
    domain: name for name, domains in _PROVIDERS.items() for domain in domains.split()
}


def provider_of(address: str) -> str:
    """Return who runs the mailbox: a well-known provider, or the domain."""
    domain = address.rpartition("@")[2].lower()
    return _PROVIDER.get(domain, domain)


def domains_of(provider: str) -> tuple[str, ...]:
    """Return the domains a provider's mailboxes are at; a domain is its own."""
    return tuple(_PROVIDERS.get(provider, provider).split())


def too_many_hard(hard: int, *, of: int) -> bool:
    """Return whether so many of a provider's readers cannot all be gone at once.

    Gmail answered "no such account" for living ones in December 2020: beyond 20, or
    3 % of those who were mailed in one issue, a person should look first.
    """
    return hard > max(HARD_LEAST, HARD_SHARE * of)
