"""The flows that come with the program: data in `shipped/`, put into a workspace as flows that its editors change as they like."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from qiao.domains.bot.flows.contracts import FlowDefinition

_FOLDER = Path(__file__).parent / "shipped"
ORDER = ("order_status", "logistics", "change_address", "return_or_exchange", "invoice", "complaint", "appointment")


@cache
def shipped() -> Mapping[str, FlowDefinition]:
    """Each by its name, in the order in which they are listed."""
    return {name: msgspec.json.decode((_FOLDER / f"{name}.json").read_bytes(), type=FlowDefinition) for name in ORDER}
