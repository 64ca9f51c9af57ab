"""Where a text says who somebody is: addresses, numbers, names. Patterns of our own, beside those of argus-redact. Pure.

Each finds too much rather than too little: what is masked comes back with the answer, what is not masked is gone for good.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from qiao.domains.bot.generating.figures import facts_of


class Span(NamedTuple):
    """A place in a text and what stands there."""

    start: int
    end: int
    kind: str


_EMAIL = re.compile(
    r"[^\s@<>()\[\]{},;:\"'，。；：！？、（）]{1,64}@[^\s@<>()\[\]{},;:\"'，。；：！？、（）\u4e00-\u9fff]{1,200}"
)
_SPELT_EMAIL = re.compile(
    r"\b[\w.+-]{1,64}\s?(?:\(at\)|\[at\]|\{at\}| at |艾特)\s?[\w-]{1,60}"
    r"(?:\s?(?:\(dot\)|\[dot\]|\{dot\}| dot |点|\.)\s?[a-z]{2,12}){1,3}\b",
    re.IGNORECASE,
)
_JOINT = r"[\s().\-–—·_/\\,，~]{0,3}"
_LONG_NUMBER = re.compile(rf"(?<![A-Za-z\d])\+?\(?\d(?:{_JOINT}\d){{6,40}}[xX]?(?!\d)")
_SPELT_NUMBER = re.compile(
    r"[〇零一二两三四五六七八九幺壹贰叁肆伍陆柒捌玖](?:[\s\-]?[〇零一二两三四五六七八九幺壹贰叁肆伍陆柒捌玖]){6,40}"
)
_WORD_NUMBER = re.compile(
    r"\b(?:(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)\b"
    r"[\s,.-]{0,3}){7,40}",
    re.IGNORECASE,
)
_MIXED = re.compile(r"(?<![A-Za-z\d])(?:[A-Z]{1,2}\d{7,9}|[A-Z]{2}\d{2}[A-Z\d]{11,30}|\d{17}[xX])(?![A-Za-z\d])")
_POSTCODE = re.compile(
    r"(?:邮编|邮政编码|郵遞區號|zip(?: code)?|postcode|postal code)[\s:：是]{0,3}[A-Z\d][A-Z\d -]{2,9}"
    r"|\b(?:GIR ?0AA|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})\b|\b[A-CEGHJ-NPR-TVXY]\d[A-Z] ?\d[A-Z]\d\b"
    r"|\b(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])"
    r",? \d{5}(?:-\d{4})?\b",
    re.IGNORECASE,
)

_HAN = "\u4e00-\u9fff"
_ROOM_WORDS = "室|栋|幢|座|楼|樓|层|層|号|號|单元|單元|房|门|广场|廣場|大厦|大廈|小区|小區|花园|公寓"
_ROOM = rf"(?:[{_HAN}A-Za-z\d\-]{{0,24}}?(?:{_ROOM_WORDS})[A-Za-z]?\d{{0,5}}[A-Za-z]?)"
_REGION_WORDS = "省|自治区|自治州|特别行政区|市|州|盟|区|區|县|縣|旗|镇|鎮|乡|鄉|街道|村"
_REGION = re.compile(rf"(?:{_REGION_WORDS})")
_BEFORE = re.compile(rf"(?:.*(?:到|往|至|是|为|在|址|给|于|住|寄|送|发))?(?P<place>[{_HAN}A-Za-z\d]*)", re.DOTALL)
_LOOKED_BACK = 40
_STREET_ZH = re.compile(
    rf"[{_HAN}A-Za-z\d]{{1,14}}?(?:路|街|道|巷|弄|胡同|段|里|村|屯|组|園|园|苑)(?:[{_HAN}\d]{{0,4}}?)"
    rf"[A-Za-z]?\d{{1,5}}(?:[-之]\d{{1,4}})?\s?(?:号|號|弄|栋|幢|座|组|巷){_ROOM}{{0,5}}"
)
_HOUSE_ZH = re.compile(
    rf"[{_HAN}A-Za-z\d]{{2,14}}?(?:小区|小區|花园|公寓|大厦|大廈|广场|廣場|苑|新村|宿舍|学校|大学|中学|医院|村)"
    rf"\s?[A-Za-z\d]{{1,5}}\s?(?:号楼|號樓|栋|幢|座|楼|樓|单元|單元|室|号|號){_ROOM}{{0,4}}"
)
_REGIONS_ZH = re.compile(
    rf"[{_HAN}]{{2,7}}?(?:省|自治区|市)[{_HAN}]{{2,7}}?(?:市|州|区|區|县|縣)(?:[{_HAN}]{{2,7}}?(?:区|區|县|縣|镇|鎮|乡|鄉|街道|村))?"
)
_AFTER_ZH = re.compile(rf"\s?{_ROOM}{{1,4}}")
_TO_ZH = re.compile(
    r"(?:地址|住址|住在|家住|住|寄到|寄往|寄去|送到|送去|发到|發到|发往|配送到|收货地)[\s:：是为改成到]{0,6}(?P<place>[^。；;!！?？\n]{4,80})"
)
_TELLING_ZH = re.compile(r"\d\s?(?:号|號|室|栋|幢|弄|单元|楼|樓|层|座|组)")

_WORDS_EN = r"(?:[A-Za-z][\w.'’-]{0,24}\s+|\d{1,3}(?:st|nd|rd|th)\s+){1,4}"
_SURE_WAYS = r"(?:street|avenue|road|boulevard|lane|terrace|parkway|highway|crescent|mews|ave|blvd|pkwy|hwy|rd|st)"
_MAYBE_WAYS = r"(?:Drive|Dr|Court|Ct|Way|Place|Pl|Square|Sq|Circle|Cir|Close|Gardens|Row|Ln|Ter|Walk|Hill|Park|Quay)"
_UNIT_EN = r"(?:,?\s{0,2}(?:apt|apartment|suite|ste|unit|flat|floor|fl|room|rm|#|no)\.?\s?[\w-]{1,8})"
_TAIL_EN = rf"{_UNIT_EN}{{0,2}}(?:,\s?(?:[A-Z][\w.'’-]{{0,24}}\s?){{1,4}}){{0,4}}(?:,?\s?[A-Z]{{2}}\s\d{{5}}(?:-\d{{4}})?)?"
_STREET_EN = re.compile(rf"(?<![\w$€£])\d{{1,6}}[A-Za-z]?(?:[-/]\d{{1,4}})?,?\s+{_WORDS_EN}(?i:{_SURE_WAYS})\b\.?{_TAIL_EN}")
_STREET_EN_TOO = re.compile(
    rf"(?<![\w$€£])\d{{1,6}}[A-Za-z]?,?\s+(?:[A-Z][\w.'’-]{{0,24}}\s+){{1,4}}{_MAYBE_WAYS}\b\.?{_TAIL_EN}"
)
_BOX_EN = re.compile(r"\bP\.?\s?O\.?\s?Box\s?\d{1,8}\b", re.IGNORECASE)
_TO_EN = re.compile(
    r"\b(?:(?:my |the |new |shipping |delivery |home )*address(?: is| to|:)|(?:i )?live at|i'm at|deliver(?:ed|y)? (?:it |them )?to|"
    r"ship(?:ped|ping)? (?:it |them )?to|send (?:it |them )?to)[\s:]{0,3}(?P<place>[^.;!?\n]{4,100})",
    re.IGNORECASE,
)
_TELLING_EN = re.compile(r"\b\d{1,6}[a-z]?\s+[a-z]", re.IGNORECASE)

_NAME_EN = r"[A-Z][\w'’-]{1,24}(?:\s+(?:[A-Z]\.|(?:van|de|der|von|bin|al|la|di|du|le|mc)\s)?\s?[A-Z][\w'’-]{1,24}){0,3}"
_NAMED_EN = re.compile(
    rf"\b(?i:my name(?:['’]s| is)?|(?:first |last |full |sur)?name:?|i['’]?m|i am|this is|dear|hi|hello|attn:?|c/o|recipient:?|contact:?|"
    rf"(?:best |kind |warm )?regards,?|sincerely,?|cheers,?|thanks,?|yours,?|called|for|signed)\s{{1,3}}(?P<name>{_NAME_EN})"
)
_NAMED_EN_LOW = re.compile(
    r"\b(?:my name(?:['’]s| is)|name:|recipient:|the name['’]?s|i['’]?m called|call me)\s{0,3}"
    r"(?P<name>[a-z][\w'’-]{1,24}(?:\s+[a-z][\w'’-]{1,24})?)",
    re.IGNORECASE,
)
_TITLED_EN = re.compile(rf"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Sir|Madam)\.?\s(?P<name>{_NAME_EN})")
_NO_NAMES: frozenset[str] = frozenset(
    re.findall(
        r"\w+",
        "there i it the a an my your our team sir madam all everyone support customer service help order please not sorry sure "
        "happy trying looking having very so still just unable waiting interested returning asking calling writing wondering about "
        "in on at what when where why how is are can could do does was were this that these those any some more free new old chinese "
        "english afraid angry done fine good glad here going from using getting wrong right tea monday tuesday wednesday thursday "
        "friday saturday sunday january february march april may june july august september october november december refund return "
        "mr mrs ms miss mx dr prof",
    )
)
_SURNAMES = (
    "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何林高罗羅郑鄭梁谢謝宋唐许許邓鄧冯馮韩韓曹曾彭萧蕭蔡潘田董袁于余叶葉蒋蔣杜苏蘇魏程吕呂丁沈任姚卢盧傅钟鍾姜崔谭譚廖范汪陆陸金石戴贾賈韦韋夏邱方侯邹鄒熊"
    "孟秦白江阎薛尹段雷黎史龙龍陶贺賀顾顧毛郝龚龔邵万萬钱錢严嚴覃武莫孔向汤湯温康施文牛樊葛邢安齐易乔喬伍庞颜倪庄聂章鲁岳翟殷詹申耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季"
)
_NAMED_ZH = re.compile(
    rf"(?:我叫|我是|我姓名是|姓名|收件人|收货人|收貨人|联系人|聯繫人|联络人|名字(?:叫|是)?|称呼|本人|署名|叫做?|找|给)[\s:：是为叫]{{0,4}}"
    rf"(?P<name>(?:欧阳|歐陽|司马|上官|诸葛|諸葛|东方|夏侯|皇甫|尉迟|公孙|慕容|令狐|[{_SURNAMES}])[{_HAN}]{{1,2}})"
)
_TITLED_ZH = re.compile(
    rf"(?P<name>(?:欧阳|司马|上官|诸葛|[{_SURNAMES}])[{_HAN}]{{0,2}})(?:先生|女士|小姐|太太|老师|經理|经理|阿姨|叔叔|同学)"
)
_NO_NAMES_ZH = re.compile(
    "高兴|何时|何况|安排|马上|于是|白茶|白色|黄色|黄茶|金额|金色|任何|方便|方式|万一|单号|单子|文件|石头|温度|关于|包裹|包邮|包装"
    "|时候|左右|尚未|申请|严重|向您|毛病|龙井|单独|宁可|季节"
)


def spans(text: str) -> Iterator[Span]:
    """Every place that may say who somebody is or how to reach them. Places may overlap."""
    for kind, pattern in _WHOLE:
        for match in pattern.finditer(text):
            start = _earlier_address(text, match.start()) if kind == "ADDRESS" else match.start()
            yield Span(start, match.end(), kind)
    for match in _LONG_NUMBER.finditer(text):
        if not _is_date(match[0]):
            yield Span(match.start(), match.end(), "NUMBER")
    yield from _told_places(text)
    yield from _names(text)


def longer_address(text: str, end: int) -> int:
    """Where an address that was found really ends: house, floor and room follow it."""
    match = _AFTER_ZH.match(text, end)
    return match.end() if match else end


def _earlier_address(text: str, start: int) -> int:
    """Where an address that was found really begins: province, city and district stand before it."""
    before = _BEFORE.fullmatch(re.split(r"[^\u4e00-\u9fffA-Za-z\d]", text[max(start - _LOOKED_BACK, 0) : start])[-1])
    return start - len(before["place"]) if before and _REGION.search(before["place"]) else start


_WHOLE = (
    ("EMAIL", _EMAIL),
    ("EMAIL", _SPELT_EMAIL),
    ("NUMBER", _SPELT_NUMBER),
    ("NUMBER", _WORD_NUMBER),
    ("NUMBER", _MIXED),
    ("ADDRESS", _POSTCODE),
    ("ADDRESS", _STREET_ZH),
    ("ADDRESS", _HOUSE_ZH),
    ("ADDRESS", _STREET_EN),
    ("ADDRESS", _STREET_EN_TOO),
    ("ADDRESS", _BOX_EN),
)


def _told_places(text: str) -> Iterator[Span]:
    """What is said to be an address, when it holds what only addresses hold."""
    for told, telling in ((_TO_ZH, _TELLING_ZH), (_TO_EN, _TELLING_EN)):
        for match in told.finditer(text):
            if telling.search(match["place"]) and not _only_times(match["place"]):
                yield Span(*match.span("place"), "ADDRESS")
    for match in _REGIONS_ZH.finditer(text):
        yield Span(match.start(), match.end(), "ADDRESS")


def _only_times(place: str) -> bool:
    """`to Canada take 7 days` says no address."""
    return (
        re.fullmatch(r".*\b\d+ (?:days?|weeks?|hours?|business|working|items?|boxes|pieces)\b.*", place, re.IGNORECASE)
        is not None
    )


def _names(text: str) -> Iterator[Span]:
    for pattern in (_NAMED_EN, _NAMED_EN_LOW, _TITLED_EN):
        for match in pattern.finditer(text):
            if match["name"].split()[0].lower() not in _NO_NAMES:
                yield Span(*match.span("name"), "NAME")
    for pattern in (_NAMED_ZH, _TITLED_ZH):
        for match in pattern.finditer(text):
            if not _NO_NAMES_ZH.match(match["name"]):
                yield Span(*match.span("name"), "NAME")


def _is_date(written: str) -> bool:
    """`2026-11-22` and `2026/11/22 - 2026/12/01` are dates, not numbers of somebody."""
    facts = facts_of(written)
    return bool(facts.dates) and not facts.figures and not facts.codes
