"""What a short message costs, for channels whose provider counts parts."""

from qiao.kit.sms_text import segments
from qiao.ports.channel import Counted


def counted_in_parts(text: str, *, unicode: bool = False) -> Counted:
    """By the rule of `kit.sms_text`; `unicode`: the provider counts every text as UCS-2."""
    cut = segments(text, unicode=unicode)
    return Counted(parts=len(cut.parts), alphabet="gsm7" if cut.gsm else "ucs2", left=cut.left)
