"""The harness itself: both targets carry load through a kill, and what is read back agrees."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from faults.harness.load import Load
from faults.harness.reading import verdict_of
from faults.harness.targets import embedded_desk, two_nodes

pytestmark = [pytest.mark.database, pytest.mark.slow, pytest.mark.faults_long]


@pytest.mark.parametrize("make", [embedded_desk, two_nodes])
async def test_a_target_carries_load_through_a_kill(make) -> None:
    async with make() as target:
        async with Load(target, seed=1) as load:
            await load.until(60)
            await target.nodes[0].kill()
            await target.heal()
            await load.more(60)
        verdict = await verdict_of(load)
        assert verdict.clean, verdict
        print(load.history.counts(), verdict)
