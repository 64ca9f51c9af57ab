"""What a check of the doctor finds. The first word of its code is the check."""

from typing import Literal

from msgspec import Struct


class Finding(Struct, frozen=True):
    """Something to mend, or something that could not be looked at (`unknown`). `values` hold no secret."""

    code: str
    values: dict[str, str | int | float] = {}
    state: Literal["mend", "unknown"] = "mend"
