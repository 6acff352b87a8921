"""Reading time: words for most scripts, characters where no spaces part them."""

from __future__ import annotations

from digest.reading import reading_minutes


def test_a_short_text_takes_a_minute() -> None:
    assert reading_minutes("") == reading_minutes("Three words only") == 1


def test_words_are_counted_at_238_a_minute() -> None:
    assert reading_minutes("word " * 238 * 4) == 4


def test_an_apostrophe_and_a_hyphen_do_not_make_two_words() -> None:
    assert reading_minutes("aujourd’hui well-known " * 238) == 2


def test_a_vowel_sign_does_not_make_two_words() -> None:
    assert reading_minutes("हिन्दी " * 238 * 2) == 2
    assert reading_minutes("كِتَاب " * 238 * 2) == 2


def test_dashes_and_quotes_are_no_words() -> None:
    assert reading_minutes("one — two–three « four » ** " * 119) == 2


def test_chinese_and_japanese_are_counted_by_character() -> None:
    assert reading_minutes("新" * 1500) == 3
    assert reading_minutes("ひらがな" * 375) == 3


def test_mixed_text_adds_up() -> None:
    assert reading_minutes("新" * 1000 + " word" * 476) == 4
