"""Names of persons, only where the writer says that it is one."""

import re
from collections.abc import Iterator

from qiao.domains.bot.entities.finds import SURE, Find
from qiao.kit.lazy import lazy_pattern

_COMPOUND = "欧阳|司马|上官|诸葛|东方|尉迟|皇甫|令狐|慕容|宇文|长孙|司徒|夏侯|端木"
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾"
    "夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹"
    "申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农"
    "張劉陳楊黃趙吳孫馬鄭許韓馮鄧蕭蔣葉蘇魏呂盧鐘譚陸範賈韋鄒閆龍賀顧龔邵萬錢嚴湯齊喬龐顏莊聶魯嶽關蘭"
)
_NAME_ZH = rf"(?:(?:{_COMPOUND})[\u4e00-\u9fff]{{1,2}}|[{_SURNAMES}][\u4e00-\u9fff]{{1,2}})"
_STOP_ZH = "的是我在要想有和跟与也就都还了吗呢吧啊呀把被给请买订下退换电手地住这那先因为不没"
_INTRODUCED_ZH = lazy_pattern(
    r"(?:我(?:的?名字)?叫|(?:我的)?(?:姓名|名字|收货人|收件人|联系人)(?:叫|是|为|:)\s?|本人姓名(?:是|为|:)?\s?|叫我)(?:做)?"
    rf"({_NAME_ZH})"
)
_WORD_EN = r"[^\W\d_]+(?:['-][^\W\d_]+)?"
_INTRODUCED_EN = lazy_pattern(
    r"\b(?:my (?:full |first |last )?name(?:'s| is)|i am called|i'm called|(?:recipient|contact|name)(?: is|:)"
    r"|this is(?=\s[^\s]{1,40}(?:\s[^\s]{1,40})?\s(?:here|speaking)))"
    rf"\s({_WORD_EN}(?:\s{_WORD_EN}){{0,3}})",
    re.IGNORECASE,
)
_NO_NAME_EN: frozenset[str] = frozenset(
    re.findall(
        r"\w+",
        "and but from my i the a an on in at is was for here speaking not with email phone order number of to please can could "
        "would wrong misspelled spelled spelt missing incorrect different",
    )
)
_LEAST = 1


def persons(text: str) -> Iterator[Find]:
    """Names after 我叫, 收货人是, "my name is" and the like; nothing is guessed from a name alone."""
    for match in _INTRODUCED_ZH.finditer(text):
        name = _without_rest(match[1])
        if len(name) > _LEAST:
            yield Find("person", match.start(1), match.start(1) + len(name), name, SURE)
    for match in _INTRODUCED_EN.finditer(text):
        name = _words_of_name(match[1])
        if name:
            written = " ".join(word if word != word.lower() else word.capitalize() for word in name.split(" "))
            yield Find("person", match.start(1), match.start(1) + len(name), written, SURE)


def _without_rest(name: str) -> str:
    """王小明 of 王小明的: a name ends before a word that belongs to the sentence."""
    least = 3 if name[:2] in _COMPOUND.split("|") else 2
    while len(name) > least and name[-1] in _STOP_ZH:
        name = name[:-1]
    return name if name[-1] not in _STOP_ZH else ""


def _words_of_name(written: str) -> str:
    kept: list[str] = []
    for word in written.split(" "):
        if word.lower() in _NO_NAME_EN:
            break
        kept.append(word)
    return " ".join(kept)
