"""What the customer has just written, out of a mail: HTML to text, and what is quoted or signed below it folded away.

Every rule looks at lines, each once: a mail made to be slow is read as fast as any other.
"""

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from msgspec import Struct

from qiao.kit.lazy import lazy
from qiao.kit.tidy_html import tidied

if TYPE_CHECKING:
    import nh3
else:
    nh3 = lazy("nh3")

_BLOCKS = {"p", "div", "tr", "table", "ul", "ol", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "hr"}
_TAGS = _BLOCKS | {"br", "li", "td", "th", "a"}
_MAX_HEADING = 200
_MAX_LINES = 2_000

_WROTE = re.compile(
    r"(?:On\b.{5,160}\bwrote|于.{4,80}写道|在.{4,120}写道|.{2,120}\d{4}.{0,60}写道|.{4,160}<[^<>\s]{3,120}>\s*(?:于.{0,60})?写道|"
    r"Le\b.{5,160}a écrit|Am\b.{5,160}schrieb.{0,80}|El\b.{5,160}escribió|.{4,120}のメール)\s*[:：]",
    re.IGNORECASE,
)
_DIVIDER = re.compile(
    r"[-_ ]{2,20}\s*(?:Original Message|Original|Forwarded message|原始邮件|原邮件|转发的邮件|转发邮件信息|回复的原邮件|"
    r"Ursprüngliche Nachricht|"
    r"元のメッセージ)\s*[-_ ]{2,20}",
    re.IGNORECASE,
)
_FROM_LINE = re.compile(r"\*?(?:From|发件人|寄件者|差出人|Von|De)\s*\*?\s*[:：]", re.IGNORECASE)
_HEADER_LINE = re.compile(
    r"\*?(?:From|Sent|To|Cc|Date|Subject|发件人|发送时间|时间|日期|收件人|抄送|主题|寄件者|收件者|主旨|差出人|送信日時|宛先|件名|Gesendet|An|Betreff)\s*\*?\s*[:：]",
    re.IGNORECASE,
)
_SENT_FROM = re.compile(
    r"(?:Sent from (?:my|Mail for|Outlook for|Yahoo)\b.{0,60}|Get Outlook for .{0,60}|发自我的.{1,40}|从我的.{1,30}发送|"
    r"(?:本邮件)?发送自.{1,40}|来自.{1,20}(?:邮箱|邮件)客户端)",
    re.IGNORECASE,
)


class Folded(Struct, frozen=True):
    """What is new, and what was found below it; together they are the whole text."""

    text: str
    rest: str = ""


def fold(text: str) -> Folded:
    """Cut where the quotation or the signature begins. A mail that would be left with nothing is left whole: a forwarded one is its
    quotation. Answers written between the quoted lines stay, with the lines that they answer.
    """
    lines = text.split("\n")
    cut = next((number for number in range(min(len(lines), _MAX_LINES)) if _begins_the_rest(lines, number)), len(lines))
    kept = "\n".join(lines[:cut]).strip()
    if cut == len(lines) or not kept:
        return Folded(text.strip())
    return Folded(kept, "\n".join(lines[cut:]).strip())


def _begins_the_rest(lines: list[str], number: int) -> bool:
    line = lines[number].strip()[:_MAX_HEADING]
    if lines[number].rstrip("\r") in {"-- ", "--"}:
        return True
    if _DIVIDER.fullmatch(line) or (_SENT_FROM.fullmatch(line) and _is_near_the_end(lines, number)):
        return True
    if line.startswith(">"):
        # Asked once for every run of quoted lines.
        return (number == 0 or not lines[number - 1].lstrip().startswith(">")) and _is_quoted_to_the_end(lines, number)
    if _wrote(lines, number):
        return _is_quoted_to_the_end(lines, number + 1) or _is_unmarked(lines, number + 1)
    following = [one.strip() for one in lines[number + 1 : number + 5]]
    return bool(_FROM_LINE.match(line)) and sum(bool(_HEADER_LINE.match(one)) for one in following) >= 2


def _wrote(lines: list[str], number: int) -> bool:
    """An attribution, also when the mailer broke it over two lines."""
    line = lines[number].strip()[:_MAX_HEADING]
    if _WROTE.fullmatch(line):
        return True
    after = lines[number + 1].strip()[:_MAX_HEADING] if number + 1 < len(lines) else ""
    return line[:3].lower() in {"on ", "le ", "am "} and bool(_WROTE.fullmatch(f"{line} {after}"))


def _is_quoted_to_the_end(lines: list[str], number: int) -> bool:
    """Nothing but quoted lines, empty ones and a signature until the end; what is long enough is not looked at twice."""
    seen = False
    for line in lines[number : number + _MAX_LINES]:
        if line.lstrip().startswith(">"):
            seen = True
        elif line.rstrip("\r") in {"-- ", "--"}:
            return seen
        elif (
            line.strip() and not _WROTE.fullmatch(line.strip()[:_MAX_HEADING]) and not line.strip().endswith(("wrote:", "写道："))
        ):
            return False
    return seen


def _is_unmarked(lines: list[str], number: int) -> bool:
    """An attribution whose quotation has no marks, as web mailers write: then none of what follows has them."""
    return not any(line.lstrip().startswith(">") for line in lines[number : number + _MAX_LINES])


def _is_near_the_end(lines: list[str], number: int) -> bool:
    after = next((line.strip() for line in lines[number + 1 :] if line.strip()), "")
    return (
        not after
        or after.startswith((">", "-", "_", "On ", "在", "于", "From", "发件人", "Le ", "Am "))
        or _wrote(lines, number + 2)
    )


class _Text(HTMLParser):
    """Reads HTML that was cleaned: well formed, of the few tags above."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.quoted = 0
        self.link: tuple[str, int] | None = None
        self.pre = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "blockquote":
            self._line()
            self.quoted += 1
        self.pre += tag == "pre"
        if tag == "br":
            self.out.append("\n")
        elif tag in _BLOCKS:
            self._line()
        elif tag == "li":
            self._line()
            self.out.append("- ")
        elif tag in {"td", "th"} and self.out and not self.out[-1].endswith("\n"):
            self.out.append(" ")
        elif tag == "a":
            self.link = (dict(attrs).get("href") or "", len(self.out))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self.link:
            href, begun = self.link
            shown = "".join(self.out[begun:]).strip()
            if href and href.removeprefix("mailto:") != shown and shown and href != shown:
                self.out.append(f" ({href})")
            self.link = None
        if tag in _BLOCKS or tag == "li":
            self._line()
        self.pre -= tag == "pre"
        self.quoted -= tag == "blockquote"

    def handle_data(self, data: str) -> None:
        text = data if self.pre else re.sub(r"[ \t\r\n\f\xa0]+", " ", data)
        at_start = not self.out or self.out[-1].endswith("\n")
        text = text if self.pre or not at_start else text.lstrip(" ")
        if not text:
            return
        if self.quoted and at_start:
            text = "> " * min(self.quoted, 3) + text
        self.out.append(text)

    def _line(self) -> None:
        if self.out and not self.out[-1].endswith("\n"):
            self.out.append("\n")


def text_of_html(html: str) -> str:
    """HTML as plain text: nothing that runs, loads or hides; links with where they lead, quotations marked."""
    cleaned = nh3.clean(
        tidied(html), tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto", "tel"}, link_rel=None
    )
    reader = _Text()
    reader.feed(cleaned)
    reader.close()
    text = "".join(reader.out)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip()
