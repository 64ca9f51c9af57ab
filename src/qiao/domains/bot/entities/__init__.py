"""Numbers, dates, amounts, addresses and names in what a customer wrote. Pure, Chinese and English, time-bounded."""

from qiao.domains.bot.entities.contracts import Entity, Kind, Money, Quantity, Value
from qiao.domains.bot.entities.finding import find

__all__ = ["Entity", "Kind", "Money", "Quantity", "Value", "find"]
