"""Settings, sites and hours against values that nobody sends by accident, and against plain models."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.inboxes.contracts import Hours, InboxChanges, NewInbox, Schedule, Span
from qiao.domains.inboxes.errors import InboxInvalid
from qiao.domains.inboxes.rules import checked_hours, checked_origin, checked_settings, with_defaults
from qiao.ports.channel import SETTING_TYPES, Choice, Manifest, SettingField

LABEL = {"zh": "标签", "en": "Label"}
KINDS = sorted(SETTING_TYPES)
MANIFEST = Manifest(
    name="test",
    tier="bronze",
    title=LABEL,
    capabilities=frozenset(),
    max_text=100,
    settings=tuple(
        SettingField(key=kind, type=kind, label=LABEL, default=f"default {kind}", choices=(Choice("a", LABEL),)) for kind in KINDS
    ),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


def settled(given_settings):
    """What is kept, or the field that was refused."""
    try:
        return checked_settings(MANIFEST, given_settings)
    except InboxInvalid as refused:
        return refused.details["field"]


@given(st.sampled_from(KINDS), ANYTHING)
def test_any_value_is_kept_or_refused_by_its_key(kind, value):
    outcome = settled({kind: value})
    assert outcome == kind or set(outcome) == {kind}


@given(st.dictionaries(st.sampled_from(KINDS), ANYTHING))
def test_what_was_kept_once_is_kept_again_unchanged(values):
    kept = [one for one in [settled(values)] if isinstance(one, dict)]
    assert [checked_settings(MANIFEST, one) for one in kept] == kept


@given(st.dictionaries(st.text(max_size=90), ANYTHING, min_size=1).filter(lambda given: not given.keys() & SETTING_TYPES))
def test_no_unknown_setting_is_kept_and_its_name_is_cut_short_in_the_answer(values):
    assert settled(values) in {key[:60] for key in values}


@given(st.dictionaries(st.sampled_from([*KINDS, "left over"]), ANYTHING))
def test_what_is_shown_has_every_key_of_the_manifest_and_no_other(values):
    shown = with_defaults(MANIFEST, values)
    assert list(shown) == [field.key for field in MANIFEST.settings if field.type != "secret"]
    absent = [kind for kind in shown if values.get(kind) is None]
    assert all(shown[kind] == f"default {kind}" for kind in absent)
    assert all(shown[kind] == values[kind] for kind in set(shown) - set(absent))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("colour", "#1F7A6D\n"), ("colour", "#１２３４５６"), ("colour", "url(#a)"), ("colour", {"a": 1}), ("switch", 0),
        ("switch", "true"),
        ("choice", ["a"]), ("choice", {"a": "a"}), ("choice", "a\n"), ("choice", ""), ("image", "/files/../../etc/passwd?x"),
        ("image", "/files/a b"), ("image", "/files/"), ("image", "/files/x\n"), ("image", "javascript:alert(1)"),
        ("image", "/files/" + "x" * 401), ("origins", [["https://a.example"]]), ("origins", {"0": "https://a.example"}),
        ("origins", ["https://a.example", ""]), ("origins", [None]), ("localised", [["zh", "x"]]), ("localised", {"zh": None}),
        ("localised_list", {"zh": {"a": 1}}), ("localised_list", {"zh": ["ok"], "en": "no"}), ("text", b"x"),
    ],
)  # fmt: skip
def test_values_meant_to_slip_through_do_not(key, value):
    assert settled({key: value}) == key


@pytest.mark.parametrize(
    ("given_origin", "kept"),
    [
        ("HTTPS://SHOP.EXAMPLE:443/", "https://shop.example:443"), ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1", "http://127.0.0.1"), ("https://*.shop.example", "https://*.shop.example"),
        ("https://a.b.c.d.example", "https://a.b.c.d.example"), ("https://shop.example:-1", None), ("https://shop.example:65536", None),
        ("https://*shop.example", None), ("https://shop.*.example", None), ("*", None), ("https://*", None), ("//shop.example", None),
        ("shop.example", None), ("https:/shop.example", None), ("https://", None), ("wss://shop.example", None), ("file:///etc", None),
        ("https://shop.example\\@evil.example", None), ("https://evil.example/@shop.example", None), ("https://shop%2eexample", None),
        ("https://" + "a" * 254, None), ("https://shop.example/ https://evil.example", None),
        ("https://ｓｈｏｐ.example", None), ("https://shop.example,https://evil.example", None), ("\x00https://shop.example", "https://shop.example"),
    ],
)  # fmt: skip
def test_sites_meant_to_slip_through_do_not(given_origin, kept):
    assert checked_origin(given_origin) == kept


LABELS = st.text(alphabet="abcXYZ019", min_size=1, max_size=8)


@given(
    st.sampled_from(["http", "https", "HTTPS"]),
    st.booleans(),
    st.lists(LABELS, min_size=1, max_size=4),
    st.none() | st.integers(1, 65535),
    st.sampled_from(["", "/"]),
)
def test_any_plain_site_is_taken_and_taken_again_the_same(scheme, wild, labels, port, end):
    host = "*." * wild + ".".join(labels)
    origin = checked_origin(f"{scheme}://{host}{f':{port}' * (port is not None)}{end}")
    assert origin == f"{scheme}://{host}{f':{port}' * (port is not None)}".lower()
    assert checked_origin(origin) == origin


MINUTES = st.integers(0, 24 * 60)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


SPANS = st.builds(
    lambda days, ends: (sorted(days), min(ends), max(ends)),
    st.sets(st.integers(1, 7), min_size=1),
    st.sets(MINUTES, min_size=2, max_size=2),
)


def hours_of(spans, zone="UTC"):
    return checked_hours(Hours(timezone=zone, spans=[Span(days=d, opens=clock(a), closes=clock(b)) for d, a, b in spans]))


def is_open(hours, moment):
    return Schedule.of(hours).is_open(moment)


MOMENTS = st.integers(0, 60 * 24 * 365 * 4).map(lambda minute: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minute))


@given(st.lists(SPANS, max_size=6), MOMENTS, st.sampled_from(["UTC", "Asia/Shanghai", "Asia/Kolkata", "America/St_Johns"]))
def test_hours_are_what_counting_minutes_says(spans, moment, zone):
    there = moment.astimezone(ZoneInfo(zone))
    minute, day = there.hour * 60 + there.minute, there.weekday() + 1
    assert is_open(hours_of(spans, zone), moment) == any(day in days and a <= minute < b for days, a, b in spans)


@given(st.lists(SPANS, max_size=5), st.lists(SPANS, max_size=5), MOMENTS)
def test_more_hours_never_close_and_each_list_counts_alone(some, others, moment):
    assert is_open(hours_of(some + others), moment) == (is_open(hours_of(some), moment) or is_open(hours_of(others), moment))


@given(st.lists(SPANS, min_size=1, max_size=5), MOMENTS, st.permutations(range(5)))
def test_the_order_of_spans_does_not_matter(spans, moment, order):
    mixed = [spans[place] for place in order if place < len(spans)]
    assert is_open(hours_of(mixed), moment) == is_open(hours_of(spans), moment)


@given(st.lists(SPANS, max_size=5), MOMENTS, st.integers(1, 52))
def test_the_same_minute_of_another_week_is_the_same(spans, moment, weeks):
    assert is_open(hours_of(spans), moment) == is_open(hours_of(spans), moment + timedelta(weeks=weeks))


@given(st.lists(SPANS, max_size=5))
def test_hours_come_back_from_json_as_they_went(spans):
    hours = hours_of(spans)
    assert msgspec.json.decode(msgspec.json.encode(hours), type=Hours) == hours


@given(st.text(max_size=30))
def test_any_text_is_a_time_zone_or_refused(zone):
    outcomes = []
    try:
        outcomes.append(checked_hours(Hours(timezone=zone, spans=[])).timezone)
    except InboxInvalid as refused:
        outcomes.append(refused.details["field"])
    assert outcomes in ([zone], ["hours.timezone"])


@pytest.mark.parametrize(
    "zone", ["\x00", "a\x00b", "/etc/localtime", "../UTC", "UTC/..", "x" * 5_000, "Asia/Shanghai\n", ".", "上海"]
)
def test_no_time_zone_reads_files_or_fails_otherwise(zone):
    with pytest.raises(InboxInvalid) as refused:
        checked_hours(Hours(timezone=zone, spans=[]))
    assert refused.value.details == {"field": "hours.timezone"}


@pytest.mark.parametrize("text", ["09:00\n", "٠٩:٠٠", "9:00", "09:00:00", "-1:00", "25:00", "24:30", " 09:00", "0900", "09：00"])
@pytest.mark.parametrize("place", ["opens", "closes"])
def test_times_that_are_none_are_refused(text, place):
    with pytest.raises(InboxInvalid):
        checked_hours(Hours(timezone="UTC", spans=[Span(days=[1], **{"opens": "00:00", "closes": "24:00", place: text})]))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (InboxChanges, b'{"key": "mine"}'), (InboxChanges, b'{"channel": "other"}'), (InboxChanges, b'{"workspace_id": "x"}'),
        (InboxChanges, b'{"enabled": 1}'), (InboxChanges, b'{"enabled": null}'), (InboxChanges, b'{"name": null}'),
        (InboxChanges, b'{"settings": null}'), (InboxChanges, b'{"settings": []}'), (InboxChanges, b'{"team_id": "nobody"}'),
        (InboxChanges, b'{"hours": {"timezone": "UTC"}}'), (InboxChanges, b'{"hours": {"timezone": "UTC", "spans": [{"days": [1.5]}]}}'),
        (InboxChanges, b'{"hours": {"timezone": "UTC", "spans": [], "always": true}}'), (NewInbox, b'{"channel": "web"}'),
        (NewInbox, b'{"channel": "web", "name": 5}'), (NewInbox, b'{"channel": "web", "name": "x", "key": "mine"}'),
        (NewInbox, b'{"channel": "web", "name": "\\ud800"}'),
    ],
)  # fmt: skip
def test_bodies_that_ask_for_more_are_not_read(kind, body):
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(body, type=kind)
