"""An id over several accounts counts only within the subject that an admin named, and that is the same for every channel of a family."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.registry import load_channel
from qiao.channels.shared.union_ids import union_proofs, union_subject
from qiao.channels.wechat_mini.simulator import Simulator as MiniProgram
from qiao.channels.wechat_oa.simulator import Simulator as OfficialAccount
from qiao.channels.wecom_kf.simulator import Simulator as CustomerService
from qiao.ports.channel import Proof, Sender
from qiao.ports.testing.wire import MemoryWire

HER = "oYutong1"


def bound_to(name):
    return SimpleNamespace(settings={"union_account": name})


@pytest.mark.parametrize("name", ["", "   ", None])
def test_without_a_subject_nothing_is_compared(name):
    assert union_subject(bound_to(name)) == ""
    assert union_proofs(bound_to(name), "o6_yutong") == ()


def test_blanks_around_a_name_do_not_part_a_person():
    assert union_proofs(bound_to(" 兰亭 "), "o6") == union_proofs(bound_to("兰亭"), "o6") == (Proof("union:兰亭", "o6"),)


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_the_same_id_under_another_subject_is_another_proof(one, other, union_id):
    same = union_subject(bound_to(one)) == union_subject(bound_to(other))
    proofs = union_proofs(bound_to(one), union_id), union_proofs(bound_to(other), union_id)
    assert (proofs[0] == proofs[1]) is (same or not (union_subject(bound_to(one)) or union_subject(bound_to(other))))


def test_no_id_is_no_proof():
    assert union_proofs(bound_to("lanting"), None) == union_proofs(bound_to("lanting"), "") == ()


class OnePerson:
    """Who writes to three accounts of one company."""

    def __init__(self):
        self.account, self.mini, self.service = (
            kind(load_channel(name).manifest)
            for name, kind in (("wechat_oa", OfficialAccount), ("wechat_mini", MiniProgram), ("wecom_kf", CustomerService))
        )

    async def told_of(self, simulator, hint=None, **settings):
        adapter = load_channel(simulator.manifest.name)
        account = simulator.account()
        account = simulator.account(settings={**account.settings, **settings})
        return await adapter.introduce(Sender(address=HER), hint or {}, account, MemoryWire(simulator))

    async def pulled(self):
        await self.service.customer_writes(HER, "在吗")
        adapter, wire = load_channel("wecom_kf"), MemoryWire(self.service)
        pulled = await adapter.pull("|0", {}, self.service.account(), wire)
        return pulled.items[-1].sender


async def test_three_accounts_of_one_subject_prove_one_person():
    person = OnePerson()
    await person.account.customer_writes(HER, "在吗")
    code = person.mini.signs_in(HER).partition(":")[2]
    told = [await person.told_of(person.account), await person.told_of(person.mini, {"code": code}), await person.pulled()]
    assert {one.proofs for one in told} == {(Proof("union:lanting", f"union-{HER}"),)}


async def test_an_account_of_another_subject_proves_somebody_else():
    person = OnePerson()
    await person.account.customer_writes(HER, "在吗")
    told = await person.told_of(person.account, union_account="another company")
    assert told.proofs != (await person.pulled()).proofs
