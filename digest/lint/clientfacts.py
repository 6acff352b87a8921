"""Which mail program shows what: a short table of our own, or an operator's `data.json`.

The table sums up what tests of others found (caniemail.com, MIT): one letter per
program, and the month of the last test, for what was true in 2020 need not be now.
`lint.facts` in digest.yaml names a newer `data.json` of that site to use instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

#: The columns of the table: the name an operator writes, and the site's families and
#: platforms behind it; of several the worst counts.
CLIENTS: Mapping[str, tuple[str, ...]] = {
    "gmail": ("gmail.desktop-webmail",),
    "gmail-app": ("gmail.ios", "gmail.android"),
    "gmail-mobile-web": ("gmail.mobile-webmail",),
    "outlook-classic": ("outlook.windows",),
    "outlook": ("outlook.outlook-com",),
    "outlook-mac": ("outlook.macos",),
    "outlook-app": ("outlook.ios", "outlook.android"),
    "apple": ("apple-mail.macos",),
    "ios": ("apple-mail.ios",),
    "yahoo": ("yahoo.desktop-webmail",),
    "yahoo-app": ("yahoo.ios", "yahoo.android"),
    "thunderbird": ("thunderbird.macos",),
    "samsung": ("samsung-email.android",),
    "proton": ("protonmail.desktop-webmail",),
    "gmx": ("gmx.desktop-webmail",),
    "web-de": ("web-de.desktop-webmail",),
    "orange": ("orange.desktop-webmail",),
    "laposte": ("laposte.desktop-webmail",),
    "free": ("free-fr.desktop-webmail",),
}

#: y: shown; a: in part; n: not shown; u and .: nobody looked.
_TABLE = """
css-animation          2026-04 nnnnnnnyynnnynnnna.
css-aspect-ratio       2023-12 nnnnnnnyynnnnynnny.
css-background-image   2023-07 yyynyyyyyaayyyaayyn
css-background-size    2019-02 yannyyyyyyyyyynnny.
css-border-radius      2021-03 yyynyyyyyaayyynnny.
css-box-shadow         2023-12 nannyyyyynnyyynnny.
css-box-sizing         2019-02 yynnyyyyynnyyyyyny.
css-display-flex       2021-11 yaynyyyyyyyyyynnny.
css-display-grid       2019-02 yaynyyyyyyyyyynnny.
css-filter             2024-01 nnnnnnnyynnyyynnny.
css-float              2024-05 yaynyyyyyaayyyaayy.
css-function-clamp     2021-05 yaynnnnyynnyaynnny.
css-gap                2022-12 aannaaayynnyyyn.nyy
css-hyphens            2022-08 nnunnnnyynn.yu..u..
css-letter-spacing     2020-01 yyyayyyyyyyyyyyyyy.
css-linear-gradient    2021-12 yaynnnnyynnyaynnnyy
css-margin-inline      2022-07 nnnnnnnyynnuyynnuu.
css-max-width          2019-08 yyyayyyyyyyyyyyyyy.
css-min-width          2021-11 yyynyyyyyyyyyyyyyy.
css-modern-color       2023-01 nnnnnnnyynnnny..uu.
css-object-fit         2021-07 yannyyyyynnyyynnny.
css-opacity            2019-02 yynnyyyyyyyyyynnny.
css-overflow           2025-05 aaanaaaaaaayaaaaay.
css-padding-inline     2022-07 nnnnnnnyynnuyynnuu.
css-position           2021-05 nnnnaanaaaayayyyaa.
css-rgb                2021-05 aaaayyyyyaayyyaaay.
css-rgba               2021-05 aaanyyyyyaayyynnny.
css-text-wrap          2024-04 nnnnnnnyynnuyynnuu.
css-transform          2019-02 nnnnnnnyynnyyynnny.
css-function-calc      2020-02 yaynnnnyynnyyynnny.
css-unit-rem           2020-02 yyynyyyyynnyyynnny.
css-variables          2020-02 nnnnnnnyynnyyynnny.
css-visibility         2019-02 nnnnyyyyyyyyyyyyny.
css-white-space        2019-02 yaynyyyyyyaynyyyyy.
css-word-break         2022-02 yaayaaaaannyaynnay.
html-form              2019-09 yaynaayyyynyynnnnn.
html-hidden            2024-01 nnnnnnnyynnyyynnuu.
html-picture           2024-04 nnnnnnnaynnyynnnny.
html-srcset            2019-05 nnnnnnnyynnyynnnny.
html-svg               2020-02 nnnnnnnaynnyyynnyy.
html-video             2019-09 nnnnnynyannyannnnn.
image-avif             2023-01 aaanyyyyyyyyyynnyy.
image-svg              2023-01 nanyyyyyyyyyyyyyyy.
image-webp             2021-02 aaanyyyyyyyyyyyyyy.
"""

_WORST = "nauy."  #: the first of these counts when a column has several


@dataclass(frozen=True, slots=True)
class Feature:
    """What is known of one feature."""

    tested: str  #: "2023-07"
    cells: Mapping[str, str]  #: by client: y, a, n, u or "."


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """What is known of all features, by the site's name for each."""

    features: Mapping[str, Feature]

    def lacking(
        self, feature: str, targets: tuple[str, ...], *, mark: str
    ) -> list[str]:
        """Return those of `targets` that have this mark for a feature."""
        known = self.features.get(feature)
        if known is None:
            return []
        return [client for client in targets if known.cells.get(client) == mark]

    def tested(self, feature: str) -> str:
        """Return the month of a feature's last test."""
        return self.features[feature].tested


def _stock() -> ClientFacts:
    found = {}
    for line in _TABLE.strip().splitlines():
        name, tested, cells = line.split()
        found[name] = Feature(tested, dict(zip(CLIENTS, cells, strict=True)))
    return ClientFacts(found)


STOCK = _stock()


def read_facts(text: str) -> ClientFacts:
    """Read caniemail's `data.json` in place of our table.

    Raises `ValueError` when it is not of that form. Features that it lacks are taken
    from our table.
    """
    try:
        listed = json.loads(text)["data"]
        found = {
            entry["slug"]: Feature(
                entry["last_test_date"][:7],
                {client: _cell(entry["stats"], at) for client, at in CLIENTS.items()},
            )
            for entry in listed
        }
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(
            f"is not caniemail's data.json ({type(error).__name__}: {error})"
        ) from error
    return ClientFacts({**STOCK.features, **found})


def _cell(stats: Mapping[str, Mapping[str, object]], places: tuple[str, ...]) -> str:
    marks = []
    for place in places:
        family, _, platform = place.partition(".")
        versions = stats.get(family, {}).get(platform)
        if isinstance(versions, dict) and versions:
            marks.append(str(list(versions.values())[-1])[:1])
    return min(marks, key=_WORST.index, default=".") if marks else "."
