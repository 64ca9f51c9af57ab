"""Who may be in danger or is upset gets a person at once; who only asks about such things gets an answer."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.intents import is_angry, is_emergency, small_talk
from qiao.domains.bot.tests.tea_shop import Shop
from qiao.domains.inboxes.contracts import Hours

DANGER = (
    "热水烫伤 | 被热水烫伤了怎么办 | 我被热水烫到了手，起泡了 | 孩子被开水烫了 | 烫到手了 | 手被烫了好疼 | my kettle is on fire | "
    "the kettle caught fire | the stove is on fire!! | 电陶炉着火了 | 插头冒烟了 | 水壶漏电把我电到了 | 我触电了 | "
    "壶炸了，玻璃扎到手流血了 | 流血不止 | 割到手了流了好多血 | 电炉冒火花 | I burned my hand with the kettle | "
    "I got burnt badly | my son scalded himself | scalded by boiling water | "
    "there is smoke coming out of the heater | it's smoking and sparking | "
    "the glass exploded and cut my hand | I'm bleeding | my child swallowed a piece | "
    "my dog ate the desiccant | 孩子把干燥剂吃了 | 误服干燥剂 | 宝宝吞了个小零件 | 喝完茶过敏了，全身起疹子 | 喘不上气 | "
    "after drinking the tea I can't breathe | I got an electric shock | help! fire! | 救火 | "
    "房子烧起来了 | 有人受伤了 | someone is hurt | call an ambulance | 我想死 | 不想活了 | "
    "I want to kill myself | I feel suicidal | 煤气味很重 | 家里着火啦 | 胸口疼得厉害 | "
    "food poisoning from your tea | 喝了你们的茶上吐下泻 | 喝了中毒了 | 食物中毒"
)
NO_DANGER = (
    "这个壶会烫手吗 | 盖碗烫手怎么办 | 盖碗太烫 | 会不会漏电 | 防烫吗 | 壶怕火烧吗 | 烧水要多久 | 能直接放火上烧吗 | "
    "can it go on an open fire | is the glaze food safe | how do I burn incense | "
    "fire sale? | fired to order 是什么意思 | 烧制要多久 | 对茶过敏可以喝吗 | 防烫杯套有吗 | 烫金字可以吗 | 烫杯是什么步骤 | "
    "这茶去火吗 | 上火能喝吗 | 电陶炉安全吗 | kiln fired | do you have fireproof gloves | smoky tea | 烟熏茶 | "
    "正山小种有烟味 | 碎了会不会割手 | 包装会不会爆 | my tea is killing it lol | i'm dying to try this tea | "
    "死活打不开盖子 | 救急，今天能发货吗 | 急死了快发货 | will it explode in the microwave | "
    "can i put it on fire | 孩子能喝茶吗 | 宝宝喝了会怎样 | 我把旧杯子卖了 | 我妈把茶喝了很喜欢 | "
    "my dad drank the tea and loved it | we cut the price? | burnt sugar flavour | "
    "it hurts my budget | 跳楼价吗 | 划破了包装 | 杯口有划伤 | 手工割的釉 | 手感烫金 | 快递把箱子弄伤了 | 花茶受潮了 | 猫爪杯有吗 | "
    "我妈妈吃了说好吃"
)
ANGER = (
    "你们什么破店 | 垃圾客服 | 滚蛋 | 你是傻逼吗 | 操你妈 | 去死 | 妈的智障 | 什么垃圾东西 | 再不处理我就投诉 | 太过分了 | 你们就是骗子 | "
    "我要去12315投诉 | 真他妈烦 | 狗屁客服 | 脑子有病 | 煞笔 | cnm | nmsl | tmd | WTF is wrong with you | "
    "you guys suck | this is bullshit | what the hell | go to hell | piece of crap | "
    "you are useless | I'm really pissed off | this is a scam | "
    "I want my money back NOW!!! | are you kidding me | this is so frustrating | "
    "terrible service | worst shop ever | you're all liars | stop wasting my time | "
    "bastards | asshole | I am very disappointed | 非常失望 | 太让人失望了 | 气死我了 | 无语了 | 服了你们了 | "
    "你们能不能靠谱点 | 什么态度啊 | 退钱！！！ | 一群废物 | 王八蛋 | 贱人 | 你妈死了 | 混蛋 | 不要脸 | 忽悠人 | 欺负人是吧 | "
    "rude staff | disgraceful | shame on you | screw you | f*** you | 你他妈的到底发不发货"
)
NO_ANGER = (
    "怎么投诉 | 谢谢，太好了 | 不错不错 | 没想到这么好 | no problem | that's sick, love it | 垃圾怎么分类 | 破损怎么赔 | "
    "有破损 | 这个颜色好美，爱死了 | 怎么退款 | 杯子破了 | 滚烫的水可以吗 | 滚水冲泡 | 你们店在哪 | 差评怎么改 | hell of a tea | "
    "damn good tea | shell-shaped cup | where is my order | not bad | I love it | help me | "
    "态度很好 | 气味有点大 | 无语凝噎是什么茶 | shitake | 大红袍真的绝了 | 我的包裹丢了 | 死皮 | cuppa | the classic set | "
    "怎么操作 | 操作步骤 | 不会让我失望吧 | 什么时候发货？？？ | 在吗！！！ | 退款多久到账??? | 这个茶不过分苦吧 | 废物利用的花盆 | "
    "suction cup"
)


def said(texts: str) -> list[str]:
    return texts.split(" | ")


def test_danger_is_heard_in_both_languages():
    assert [one for one in said(DANGER) if not is_emergency(one)] == []


def test_what_is_asked_about_dangers_is_a_question():
    assert [one for one in said(NO_DANGER) if is_emergency(one)] == []


def test_anger_and_abuse_are_heard_in_both_languages():
    assert [one for one in said(ANGER) if not is_angry(one)] == []


def test_whoever_is_calm_is_not_taken_for_angry():
    assert [one for one in said(NO_ANGER) if is_angry(one)] == []


@pytest.mark.parametrize("text", ["👌", "👍👍", "👍🏻", "🙏", "❤️", "哈哈哈", "haha", "lol"])
def test_a_nod_without_words_is_a_courtesy(text: str):
    assert small_talk(text) == "ack"


@pytest.mark.parametrize("text", ["😀", "？", "!!", "", "   ", "👍?", "👍 发货了吗"])
def test_other_faces_and_marks_are_none(text: str):
    assert small_talk(text) is None


@pytest.mark.property
@given(
    st.sampled_from([one for one in said(DANGER) if "help" not in one]),
    st.sampled_from(["你好，", "请问 ", "Hi, ", "", "急！！"]),
)
def test_danger_is_heard_however_the_message_begins_and_is_typed(text: str, before: str):
    assert is_emergency(before + text)
    assert is_emergency((before + text).upper())
    assert is_emergency(f"  {before}{text}。  ")


@pytest.mark.parametrize(
    "unit", ["烫", "手", "被", "my ", "i just have ", "!", "宝宝", "把", "再不", "a", "被手烫", "the son just "]
)
def test_hostile_messages_take_no_time(unit: str):
    started = time.process_time()
    is_emergency((unit * 2_000)[:2_000])
    is_angry((unit * 2_000)[:2_000])
    assert time.process_time() - started < 0.1


async def urgency(shop: Shop) -> tuple[str, str]:
    async with shop.database.scope(shop.workspace.id) as scope:
        triage = await shop.routing.triages.one(scope, shop.talk.id)
    return triage.priority, triage.reason


@pytest.mark.database
@pytest.mark.parametrize("text", ["热水烫伤了", "My kettle is on fire", "孩子把干燥剂吃了，怎么退货？"])
async def test_danger_brings_a_person_at_once_and_before_all_others(shop: Shop, text: str):
    reply = await shop.say(text)
    assert (await shop.status(), await urgency(shop)) == ("waiting", ("urgent", "emergency"))
    assert any(number in reply.text for number in ("急救", "emergency number"))
    assert reply.content["type"] == "hand_over"


@pytest.mark.database
async def test_anger_brings_a_person_before_those_who_are_calm(shop: Shop):
    reply = await shop.say("你们这群王八蛋，再不发货我就投诉")
    assert (await shop.status(), await urgency(shop)) == ("waiting", ("high", "angry"))
    assert "抱歉" in reply.text


@pytest.mark.database
async def test_danger_outside_opening_hours_still_says_whom_to_call_and_waits_first(shop: Shop):
    await shop.set_inbox(hours=Hours(timezone="Asia/Shanghai", spans=[]))
    reply = await shop.say("水壶漏电把我电到了")
    assert "急救或报警电话" in reply.text
    assert await urgency(shop) == ("urgent", "emergency")


@pytest.mark.database
async def test_a_nod_after_an_answer_gets_a_kind_word_and_no_question_back(shop: Shop):
    await shop.say("怎么退货？")
    assert "没太看明白" not in (await shop.say("👍")).text
    assert [turn.reason for turn in await shop.turns()][-1] == "ack"
