"""Cursors: opaque, whole, and refused when we did not make them."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.kit.errors import Invalid
from qiao.platform.http.paging import MAX_LIMIT, bounded, decode_cursor, encode_cursor

Key = tuple[datetime, UUID]


@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_key_comes_back_as_it_went(at: datetime, one: UUID):
    cursor = encode_cursor((at, one))
    assert decode_cursor(cursor, Key) == (at, one)
    assert cursor.replace("-", "").replace("_", "").isalnum()


@given(st.tuples(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.integers(-(2**53), 2**53)))
def test_any_sort_key_will_do(key: tuple[str, int]):
    assert decode_cursor(encode_cursor(key), tuple[str, int]) == key


@pytest.mark.parametrize("nothing", [None, ""])
def test_no_cursor_is_the_beginning(nothing: str | None):
    assert decode_cursor(nothing, Key) is None


@given(st.text(min_size=1, max_size=200))
def test_whatever_somebody_types_is_a_key_or_refused(text: str):
    try:
        decode_cursor(text, Key)
    except Invalid as refused:
        assert refused.details == {"field": "cursor"}


@pytest.mark.parametrize(
    "cursor",
    [
        encode_cursor("text"),
        encode_cursor(["2026-01-01T00:00:00Z"]),
        encode_cursor({"a": 1}),
        encode_cursor(("x", UUID(int=7))),
        encode_cursor((datetime(2026, 11, 1, tzinfo=UTC), UUID(int=7)))[:-5],
        "☃",
        "a" * 100_000,
    ],
)
def test_what_is_not_ours_is_refused(cursor: str):
    with pytest.raises(Invalid) as refused:
        decode_cursor(cursor, Key)
    assert refused.value.status == 422


@given(st.integers(-(2**70), 2**70))
def test_a_page_is_within_its_bounds(limit: int):
    assert 1 <= bounded(limit) <= MAX_LIMIT
    assert bounded(limit) == limit or not 1 <= limit <= MAX_LIMIT
