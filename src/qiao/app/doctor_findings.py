"""What a check of the doctor finds. The first word of its code is the check."""

from typing import Literal

from msgspec import Struct


class Finding(Struct, frozen=True):
    """Something to mend, that could not be looked at (`unknown`), or is worth a word and well (`note`). `values` hold no secret."""

    code: str
    values: dict[str, str | int | float] = {}
    state: Literal["mend", "unknown", "note"] = "mend"
