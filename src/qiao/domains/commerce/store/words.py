"""What the built-in store says to customers, in both languages."""

from qiao.domains.commerce.contracts import Policy
from qiao.ports.channel import Localised

WAREHOUSE: Localised = {"zh": "客服会把退货地址发给您", "en": "We will send you the return address"}

PACK: Localised = {
    "zh": "把商品和配件装回原包装，退货编号 {rma} 写在纸条上一起放进箱子。",
    "en": "Put everything back into its original box with a note of the return number {rma}.",
}
SEND: Localised = {
    "zh": "请在 {day} 之前寄到：{address}",
    "en": "Send it by {day} to: {address}",
}
WE_PAY: Localised = {
    "zh": "运费由我们承担：快递选「到付」即可。",
    "en": "We pay the way back; we will e-mail you a prepaid label.",
}
THEN_REFUND: Localised = {
    "zh": "仓库收到并验货后，3 个工作日内原路退款。",
    "en": "Within three working days of its arrival we refund the way you paid.",
}
THEN_EXCHANGE: Localised = {
    "zh": "仓库收到后，当天把换的那件寄给您，这次运费我们出。",
    "en": "The day it arrives we send the other piece, and this parcel is free of freight.",
}
BROKEN_PICTURE: Localised = {
    "zh": "请把破损处和外箱各拍一张照片，发在这里。",
    "en": "Please send a photo of the damage and one of the box, right here.",
}
BROKEN_KEEP: Localised = {
    "zh": "破损的那件不用寄回，核对照片后就给您{then}，编号 {rma}。",
    "en": "The broken piece need not come back. Once we have seen the photos, {then}. Your number is {rma}.",
}
_BROKEN_THEN = {
    True: {"zh": "补发", "en": "we send you another"},
    False: {"zh": "退款", "en": "we refund you"},
}


def filled(text: Localised, **values: Localised) -> Localised:
    """The text with the values of its own language put in."""
    return {
        language: words.format(**{name: value[language] for name, value in values.items()}) for language, words in text.items()
    }


def same(value: str) -> Localised:
    """The same in every language."""
    return {"zh": value, "en": value}


def return_address(policy: Policy) -> Localised:
    """Where returns go; a language that was left out has the other's."""
    given = policy.return_address
    other = next(iter(given.values()), "")
    return {language: given.get(language) or other or words for language, words in WAREHOUSE.items()}


def broken_steps(rma: str, *, exchange: bool) -> tuple[Localised, ...]:
    """What to do with a piece that arrived broken."""
    return (BROKEN_PICTURE, filled(BROKEN_KEEP, rma=same(rma), then=_BROKEN_THEN[exchange]))


def return_steps(rma: str, day: str, policy: Policy, *, exchange: bool, we_pay: bool) -> tuple[Localised, ...]:
    """What to do with a piece that comes back."""
    steps = [filled(PACK, rma=same(rma)), filled(SEND, day=same(day), address=return_address(policy))]
    return (*steps, *([WE_PAY] if we_pay else []), THEN_EXCHANGE if exchange else THEN_REFUND)
