"""The words of a template in the reader's language, and how it writes numbers.

Words come from two places. The *stock* is one gettext catalogue per language, shipped
with the product; a project may add languages. A set's own `words.yaml` adds words and
changes single ones: it comes first. A word that a language lacks comes from the next
one: ``fr-CA``, ``fr``, the newsletter's language, then English.

    sets           all words of a template set, and which language a reader gets
    speech         one language, as templates ask for its words
    catalogues     words out of gettext catalogues
    completeness   what a language lacks, and what cannot be right
    locales        what Unicode and Babel know about languages
"""

from digest.rendering.words.catalogues import read_catalogue
from digest.rendering.words.completeness import (
    Completeness,
    own_completeness,
    stock_completeness,
)
from digest.rendering.words.locales import (
    comma,
    direction,
    language_name,
    primary_subtag,
    row_marks,
)
from digest.rendering.words.sets import Words
from digest.rendering.words.speech import Speech, Vocabulary, Word, WordMissing

__all__ = [
    "Completeness",
    "Speech",
    "Vocabulary",
    "Word",
    "WordMissing",
    "Words",
    "comma",
    "direction",
    "language_name",
    "own_completeness",
    "primary_subtag",
    "read_catalogue",
    "row_marks",
    "stock_completeness",
]
