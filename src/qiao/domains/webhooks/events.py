"""Facts of webhooks."""

from uuid import UUID

from qiao.platform.log.facts import Fact


class WebhookChanged(Fact, frozen=True, kw_only=True):
    """Something was done to an endpoint. `act`: created, changed, rotated, deleted, replayed, pinged, or gone, failing when it was switched
    off by what its receiver answered. `by` is the person, none when nobody did it. Neither secrets nor header values are part of it.
    """

    wire_name = "webhooks.changed.v1"

    endpoint_id: UUID
    url: str
    act: str
    by: UUID | None = None

    @property
    def about(self) -> UUID:
        return self.endpoint_id
