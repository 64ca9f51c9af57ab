"""A company that works on tickets."""

import pytest

from qiao.domains.tickets.tests.ticket_bench import Bench


@pytest.fixture
async def bench(house, workspace) -> Bench:
    bench = Bench(house, workspace)
    await bench.begin()
    return bench
