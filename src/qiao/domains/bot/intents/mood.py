"""Anger and danger. Rules over normalised text, Chinese and English; both bring a person, danger before anything else.

A question about danger in general (会不会漏电, "is it fireproof") is a question. In doubt somebody who may be hurt gets a person.
"""

from qiao.domains.bot.intents.manner import plain_words
from qiao.kit.lazy import lazy_pattern

_BOUND = 2_000
_ANGER = lazy_pattern(
    "垃圾|骗子|骗人|坑人|坑爹|坑(?:我|钱|顾客|消费者)|投诉你们|我要投诉|要投诉|差评"
    "|什么破|什么玩意|什么态度|气死|气炸|无语|太差|太烂|恶心|滚(?![筒烫水动轮珠开])"
    "|有病[吧啊]|[你们]有病|脑子(?:有病|进水|坏)|傻[逼x比叉]|煞笔|(?<![a-z])(?:sb"
    "|tmd|cnm|nmsl|mlgb)(?![a-z])|(?<![妈老我])妈的|他妈(?![妈咪])"
    "|草泥马|尼玛|操(?:你|他|蛋)|去死|去你(?:妈|大爷)|你妈死|狗屁|狗东西|王八蛋|混蛋|贱[人货]"
    "|废物(?!利用|箱|回收)|人渣|不要脸|脑残|智障|受够|忍无可忍|(?:太|很|真|也|实在|简直)过分|过分了|忽悠"
    "|欺负人|失望|服了你们|不靠谱|能不能靠谱|消费者协会|12315|曝光|报警抓|黑店|奸商"
    "|敷衍|欺骗|耍我|玩我|糊弄|举报你|再不.{0,12}(?:投诉|举报|曝光|差评|报警)"
    "|等了(?:多久|这么久|半天|好久)|还要(?:我)?等多久|到底(?:管不管|能不能|什么时候|发不发)|没人(?:管|理)|不负责任"
    r"|\b(?:ridiculous|unacceptable|outrageous|disgusting|disgrac\w+|furious|fuming|angry|pissed|frustrat(?:ed|ing)|disappoint(?:ed|ing)"
    r"|scam|scammers?|fraud|thie(?:f|ves)|liars?|rip ?off|useless|worst|terrible|horrible|pathetic|awful|rude"
    r"|incompetent|garbage|rubbish|crap|bullshit|wtf|fuck\w*|f you|shit(?!ak"
    r"|tah)\w*|damn(?! (?:good|fine|nice|tasty|delicious))|idiots?|stupid|morons?"
    r"|bastards?|ass ?holes?|bitch\w*|sucks?|screw you|shame on you|go to hell|what the (?:hell|heck|f)|sick of|fed up|had enough"
    r"|are you (?:kidding|joking)|complain(?:t|ing)?|sue you|my lawyer|wast(?:e|ing) (?:of |my |our )*(?:time|money)"
    r"|joke of a|what a joke|never again|lied to|absolute joke|this is the last time i"
    r"|how many (?:more )?times (?:must i|have i|did i|do i have to (?:ask|tell|say|call|write|explain|repeat|contact)))\b"
)
_CALM = lazy_pattern(
    "怎么投诉|如何投诉|投诉(?:电话|渠道|流程|方式)|垃圾(?:桶|袋|(?:怎么|如何)?分类)|差评(?:怎么|如何"
    "|能)|(?:怎么|如何).{0,4}差评|无语凝噎|不(?:会|要).{0,4}失望|失望[吗么]|操(?:作|心)"
    r"|how (?:do|can|to)\b.*\bcomplain|terrible at|(?:not|isn t|no|never) (?:angry"
    r"|a scam|a complaint|disappoint\w*)|don t want to (?:waste|be disappointed)"
)
_DEMANDS = lazy_pattern(
    "退钱|退款|还钱|赔钱|发货|人呢|回话|回复|赶紧|快点|解决|处理"
    r"|\b(?:money back|refund|reply|answer|right now|where is my|where s my|still waiting)\b"
)
_SHOUTED = lazy_pattern(r"[!?\uff01\uff1f]{3,}")
_LETTERS_SHOUTED = 12


def is_angry(text: str) -> bool:
    """Whether the writer is upset: abuse, strong complaint, threats to go public, shouting."""
    text = text[:_BOUND]
    plain = plain_words(text)
    if _ANGER.search(plain) and not _CALM.search(plain):
        return True
    marks = _SHOUTED.search(text)
    if marks and _DEMANDS.search(plain) and "!" in marks[0].replace("\uff01", "!"):
        return True
    letters = [letter for letter in text if letter.isalpha() and letter.isascii()]
    shouted = len(letters) >= _LETTERS_SHOUTED and sum(map(str.isupper, letters)) > 0.9 * len(letters) and " " in text.strip()
    return shouted and bool(marks or "!" in text)


_SOMEBODY_ZH = "(?:孩子|宝宝|小孩|娃|婴儿|儿子|女儿|老人|老婆|老公|妈妈?|爸爸?|奶奶|爷爷|[我他她]|自己|人|狗狗?|猫咪?|宠物)"
_LITTLE_ZH = "(?:孩子|宝宝|小孩|娃|婴儿|儿子|女儿|狗狗?|猫咪?|宠物)"
_LIMB_ZH = "(?:手[指臂腕]?|胳膊|脚|腿|脸|嘴|舌头|眼睛?|皮肤)"
_WHO_EN = (
    r"(?:i|we|he|she|they|you|someone|somebody|(?:my|our|the|his|her) (?:\w+ )?(?:son|daughter|child|children|kid|kids|baby|toddler"
    r"|wife|husband|mother|father|mum|mom|dad|friend|dog|cat|puppy|kitten|colleague))"
)
_LIMB_EN = r"(?:hand|hands|finger|fingers|arm|leg|foot|face|mouth|tongue|skin|eye|eyes|wrist)"
_HAVE_EN = r"(?: (?:just|have|has|ve|s|m|am|is|was|were|got|been|badly|accidentally|severely))*"
_DANGER = lazy_pattern(
    "自杀|轻生|不想活|想死|活不下去|割腕|跳楼(?!价)|结束(?:自己的|我的)?生命|救命|着火|起火"
    "|失火|救火|火灾|烧起来了|冒(?:出)?(?:黑烟|浓烟|烟了|火花|火星)|(?:在|开始|一直)冒烟"
    "|冒烟(?:了|怎么|$)|(?:煤气|燃气|天然气).{0,6}(?:泄漏|漏|味)|漏气|触电|漏电|被电(?:到"
    "|了|着|击)|电到(?:[我他她人]|了)|爆炸|炸(?:了|裂).{0,8}(?:伤|血|扎)|中毒|上吐下泻|吐血"
    "|过敏(?:了|反应|性休克)|呼吸困难|喘不过气|喘不上气|昏迷|晕倒|出血|流血"
    "|流了?(?:好多|很多|一地)血|心脏病发|胸口?(?:很|好|特别)?(?:疼|痛|闷)"
    f"|烫伤|烧伤|灼伤|烫出?(?:了)?水?泡|被.{{0,6}}烫(?:到|着|了|伤|得|红)|烫(?:到|着|伤)了?{_LIMB_ZH}|烫(?:到|着)了?{_SOMEBODY_ZH}"
    f"|{_LIMB_ZH}(?:被|都|给)?.{{0,4}}(?:烫|割|划|扎)(?:到|伤|破|红|了)|(?:割"
    f"|划|扎)(?:到|伤|破)了?{_LIMB_ZH}|有人受(?:了)?伤|受伤了|伤到了?{_SOMEBODY_ZH}"
    f"|误[食吞服喝]|噎住|卡住喉咙|{_LITTLE_ZH}.{{0,12}}(?:吞(?:了|下|进|掉)|把.{{0,8}}(?:吃|吞|喝)(?:了|下|掉))"
    f"|{_SOMEBODY_ZH}.{{0,12}}吃(?:了|下|掉|进).{{0,6}}(?:剂|药|片|零件|电池|碎|珠)"
    "|被(?:跟踪|抢劫|打了|家暴|绑架)|家暴"
    r"|\b(?:suicid\w*|kill (?:myself|me)|end my life|want to die|self ?harm|call (?:911|999|112|an ambulance)"
    r"|ambulance|on fire|caught fire|caught alight|in flames|(?:house|there s a|there is a|help) fire|gas leak|smell(?:ing)? (?:of )?gas"
    r"|smoke (?:is |was )?(?:coming|pouring)|(?:is|s|are|was|started|keeps?) (?:smoking"
    r"|sparking)|smoking and sparking|sparks? (?:are |were )?(?:coming|flying)"
    r"|electric shock|electrocuted|exploded|explosion|poison(?:ed|ing)"
    r"|allergic reaction|anaphyla\w*|can ?t breathe|cannot breathe|trouble"
    r" breathing|choking|unconscious|overdose|bleeding|vomiting blood|heart attack|chest pains?|being followed|domestic violence"
    rf"|scald(?:ed|ing) (?:my|his|her|our|him|himself|herself|myself|me|by|badly|with)|{_WHO_EN}{_HAVE_EN} scalded"
    rf"|burn(?:ed|t) (?:my|his|her|our) (?:\w+ )?{_LIMB_EN}|burn(?:ed|t) (?:myself"
    rf"|himself|herself|badly|me)|{_WHO_EN}{_HAVE_EN} burn(?:ed|t) (?:by|with|from)"
    rf"|{_WHO_EN}{_HAVE_EN} (?:hurt|injured)|cut (?:my|his|her|our) (?:\w+ )?{_LIMB_EN}"
    rf"|{_WHO_EN}{_HAVE_EN} (?:swallowed|ingested)|(?:child|kid|baby|toddler|dog"
    rf"|cat|puppy|son|daughter)(?: (?:just|has))* (?:ate|eaten|drank|swallowed))\b"
)
_NO_DANGER = lazy_pattern(
    "怕不怕|防(?:火|爆|触电|漏电|烫|割)|会不会|是否会|如果|容易|避免|预防|会(?:被|不)?(?:烫"
    "|割|炸|漏|着火|起火|爆|触电|过敏|中毒|冒烟)|不会|怕.{0,3}(?:烫|漏电|着火|割)|担心"
    "|can it cause|does it cause|in case of|prevent|could it|will it|would it"
    "|risk of|proof|put (?:it|this|them) on fire|so as not to|without burning"
)


def is_emergency(text: str) -> bool:
    """Whether somebody may be in danger now. A person must see it at once; nothing is answered automatically."""
    plain = plain_words(text.replace("\u2019", "'").replace("'", " "))
    return bool(_DANGER.search(plain)) and not _NO_DANGER.search(plain)
