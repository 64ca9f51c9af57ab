"""Who a customer is, as the provider says: asked once beside the first message, and never in its way."""

import pytest

from qiao.domains.contacts.contracts import ContactChanges
from qiao.ports.channel import IntroductionDue, Proof, Retry, Sender, Thread
from qiao.ports.testing.heron import manifest, says

pytestmark = pytest.mark.database
UNION = Proof("union:lanting", "o6_yutong")


@pytest.fixture(autouse=True)
def introducing(heron):
    heron.manifest = manifest(introduces=True)


async def test_a_name_comes_after_the_first_message_and_is_asked_for_once(desk, heron):
    heron.known["u1"] = [Sender(address="u1", name="林语桐")]
    await desk.told(says("m1", "在吗", "u1", name=None))
    assert [one["name"] for one in await desk.contacts()] == [None]
    await desk.jobs()
    await desk.told(says("m2", "有人吗", "u1", name=None), says("m1", "在吗", "u1", name=None))
    await desk.jobs()
    assert [one["name"] for one in await desk.contacts()] == ["林语桐"]
    assert (await desk.route()).name == "林语桐"
    assert heron.introduced == [("u1", {})]
    assert [one.text for one in await desk.messages()] == ["在吗", "有人吗"]


async def test_it_is_asked_again_after_a_month(desk, heron):
    await desk.told(says("m1", "在吗", "u1"))
    await desk.jobs()
    await desk.rows(
        "update channel_addresses set introduced_at = now() - interval '31 days' where workspace_id = $1 returning 1 as one"
    )
    await desk.told(says("m2", "又来了", "u1"))
    await desk.jobs()
    assert heron.introduced == [("u1", {}), ("u1", {})]


async def test_a_channel_that_cannot_say_is_not_asked(desk, heron):
    heron.manifest = manifest()
    await desk.told(says("m1", "在吗", "u1"))
    await desk.jobs()
    assert heron.introduced == []


async def test_a_name_that_is_there_stays(desk, heron):
    heron.known["u1"] = [Sender(address="u1", name="用户 8848", phone="+8613900002001")]
    await desk.told(says("m1", "在吗", "u1", name=None))
    (contact,) = await desk.contacts()
    async with desk.database.scope(desk.workspace.id) as scope:
        await desk.house.contacts.change(scope, contact["id"], ContactChanges(name="林女士"))
    await desk.jobs()
    assert [(one["name"], one["phone"]) for one in await desk.contacts()] == [("林女士", "+8613900002001")]


@pytest.mark.parametrize("answers", [[None], [Retry(5, "busy")] * 9], ids=["nothing", "busy"])
async def test_what_cannot_be_learned_is_given_up_in_silence(desk, heron, answers):
    heron.known["u1"] = list(answers)
    await desk.told(says("m1", "在吗", "u1", name=None))
    for _ in range(8):
        await desk.jobs()
    assert len(heron.introduced) == (1 if answers == [None] else 5)
    assert [one["name"] for one in await desk.contacts()] == [None]
    assert await desk.state() != "broken"


async def test_a_provider_that_was_busy_is_asked_again(desk, heron):
    heron.known["u1"] = [Retry(5, "busy"), Sender(address="u1", name="林语桐")]
    await desk.told(says("m1", "在吗", "u1", name=None))
    for _ in range(2):
        await desk.jobs()
    assert [one["name"] for one in await desk.contacts()] == ["林语桐"]


async def test_one_person_of_two_accounts_is_joined_by_the_union_id(desk, heron):
    second = await desk.another()
    heron.known = {one: [Sender(address=one, proofs=(UNION,))] for one in ("oa1", "mini1")}
    await desk.told(says("m1", "公众号里", "oa1"))
    await desk.told(says("m2", "小程序里", "mini1"), inbox=second)
    assert len(await desk.contacts()) == 2
    await desk.jobs()
    (contact,) = await desk.contacts()
    assert [one["contact_id"] for one in await desk.talks()] == [contact["id"], contact["id"]]
    joins = await desk.rows("select proof from contact_joins where workspace_id = $1")
    assert [one["proof"] for one in joins] == ["platform"]


async def test_union_ids_of_two_subjects_are_not_compared(desk, heron):
    second = await desk.another()
    heron.known = {
        "oa1": [Sender(address="oa1", proofs=(UNION,))],
        "mini1": [Sender(address="mini1", proofs=(Proof("union:another", UNION.value),))],
    }
    await desk.told(says("m1", "一", "oa1"))
    await desk.told(says("m2", "二", "mini1"), inbox=second)
    await desk.jobs()
    assert len(await desk.contacts()) == 2


async def test_an_undone_join_is_not_made_again_by_the_same_union_id(desk, heron, door):
    second = await desk.another()
    await desk.told(says("m1", "公众号里", "oa1", proofs=(UNION,)))
    await desk.told(says("m2", "客服里", "kf1", proofs=(UNION,)), inbox=second)
    (kept,) = await desk.contacts()
    (other,) = await desk.rows("select * from contacts where workspace_id = $1 and merged_into is not null")
    agent = await door("agent")
    answer = await agent.post(f"/api/v1/contacts/{kept['id']}/unjoin", json={"other_id": str(other["id"])})
    assert answer.status_code == 200
    await desk.subscribers()
    await desk.told(says("m3", "还是客服里", "kf1", proofs=(UNION,)), inbox=second)
    assert [one["id"] for one in await desk.contacts()] == [kept["id"], other["id"]]
    talks = await desk.talks()
    assert [one["contact_id"] for one in talks] == [kept["id"], kept["id"], other["id"]]
    assert [one.text for one in await desk.messages(talks[-1])] == ["还是客服里"]


async def test_whoever_signed_in_before_writing_is_known_when_they_write(desk, heron):
    second = await desk.another()
    await desk.told(says("m1", "公众号里", "oa1", proofs=(UNION,)))
    heron.known["mini1"] = [Sender(address="mini1", proofs=(UNION,))]
    await desk.told(IntroductionDue(sender=Sender(address="mini1"), hint={"code": "0a1b"}), inbox=second)
    await desk.jobs()
    assert ("mini1", {"code": "0a1b"}) in heron.introduced
    await desk.told(says("m2", "小程序里", "mini1", name=None), inbox=second)
    (contact,) = await desk.contacts()
    assert [one["contact_id"] for one in await desk.talks()] == [contact["id"]] * 2


async def test_who_proves_nothing_and_never_wrote_makes_no_contact(desk, heron):
    heron.known["mini1"] = [Sender(address="mini1", name="林语桐")]
    await desk.told(IntroductionDue(sender=Sender(address="mini1"), hint={"code": "0a1b"}))
    await desk.jobs()
    assert await desk.contacts() == []


async def test_an_inbox_that_was_switched_off_asks_nobody(desk, heron):
    await desk.told(says("m1", "在吗", "u1"))
    await desk.rows("update inboxes set enabled = false where workspace_id = $1 returning 1 as one")
    await desk.jobs()
    assert heron.introduced == []


async def test_a_commenter_is_introduced_too(desk, heron):
    heron.known["c1"] = [Sender(address="c1", name="嘉禾")]
    await desk.told(says("m1", "多少钱？", "c1", name=None, thread=Thread(key="post-1", post_id="post-1")))
    await desk.jobs()
    assert [one["name"] for one in await desk.contacts()] == ["嘉禾"]
