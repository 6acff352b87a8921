from __future__ import annotations

from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from digest.jsonform import dump, to_json
from digest.model import Consent, Format, Length, Preferences, Status, Subscriber
from digest.store.profiles import (
    USUAL,
    form_of,
    form_said,
    profile_of,
    subscriber_of,
    texts_of,
)


@given(
    st.builds(
        Subscriber,
        id=st.text(max_size=3),
        address=st.text(max_size=3),
        name=st.text(max_size=3),
        language=st.text(max_size=2),
        timezone=st.text(max_size=2),
        left=st.frozensets(st.text(max_size=2), max_size=2),
        preferences=st.builds(
            Preferences,
            newsletters=st.frozensets(st.text(max_size=2)),
            top=st.frozensets(st.text(max_size=2), max_size=2),
            format=st.sampled_from(Format),
            length=st.sampled_from(Length),
            limit=st.none() | st.integers(1, 20),
            days=st.frozensets(st.integers(0, 6)),
            hour=st.none() | st.integers(0, 23),
        ),
        status=st.sampled_from(Status),
        paused_until=st.none() | st.datetimes(timezones=st.just(UTC)),
        consent=st.builds(
            Consent,
            at=st.none() | st.datetimes(timezones=st.just(UTC)),
            where=st.text(max_size=3),
        ),
    ),
    st.sets(st.sampled_from(["name", "preferences", "consent", "paused_until"])),
)
def test_a_reader_is_read_from_a_row_as_their_json_says(
    whole: Subscriber, missing: set[str]
) -> None:
    form = form_of(whole)
    columns = {"address": whole.address, "status": form["status"]}
    profile, text = texts_of(whole)
    older = dump({name: said for name, said in form.items() if name not in missing})

    found = subscriber_of({**columns, "id": whole.id, "profile": profile})
    known_less = subscriber_of({**columns, "id": whole.id, "profile": older})

    assert {**form, "id": whole.id} == to_json(whole)
    assert found == whole
    assert profile == profile_of(form)
    assert form_said(profile, **columns) == form == form_said(text)
    usual = {name: USUAL[name] for name in missing}
    assert form_of(known_less) == {**form, **usual} == form_said(older, **usual)


def test_a_row_holds_nothing_that_is_as_usual() -> None:
    plain = form_of(Subscriber(id="", address="ana@readers.example"))

    assert profile_of(plain) == "{}"
