"""Whether one may write to a customer now, by the windows that their channel's manifest states. Pure.

A window opens when the customer does something and ends after a time, or after a number of sends. Several of them: one must be open.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from qiao.ports.channel import Capability, Manifest, ReplyWindow


class Opening(Struct, frozen=True):
    """How it stands: open until then and for so many sends; None: without end, without number. Shut with `left` 0: its time is not over,
    and everything that it lets was sent.
    """

    open: bool
    until: datetime | None = None
    left: int | None = None


def opening(windows: Sequence[ReplyWindow], opened: Mapping[str, datetime], sent: Sequence[datetime], now: datetime) -> Opening:
    """`opened` holds when the customer last did what opens a window, by its name; `sent` when we sent. Times are aware."""
    if not windows:
        return Opening(open=True)
    all_of_them = [_one(window, opened.get(window.opened_by), sent, now) for window in windows]
    each = [one for one in all_of_them if one.open]
    if not each:
        return Opening(open=False, left=0 if any(one.left == 0 for one in all_of_them) else None)
    untils, lefts = [one.until for one in each], [one.left for one in each]
    return Opening(
        open=True,
        until=None if None in untils else max(one for one in untils if one is not None),
        left=None if None in lefts else max(one for one in lefts if one is not None),
    )


def goes_after(manifest: Manifest, *, template: bool, tagged: bool) -> bool:
    """Whether a message may go although no window is open: an approved template, or what a person marked as theirs."""
    if template:
        return Capability.TEMPLATES in manifest.capabilities and (not manifest.windows or "template" in manifest.after_window)
    return tagged and "tagged" in manifest.after_window


def _one(window: ReplyWindow, at: datetime | None, sent: Sequence[datetime], now: datetime) -> Opening:
    if at is None:
        return Opening(open=False)
    until = at + timedelta(seconds=window.seconds) if window.seconds is not None else None
    left = window.count - sum(one >= at for one in sent) if window.count is not None else None
    if until is not None and now >= until:
        return Opening(open=False)
    if left is not None and left <= 0:
        return Opening(open=False, left=0)
    return Opening(open=True, until=until, left=left)
