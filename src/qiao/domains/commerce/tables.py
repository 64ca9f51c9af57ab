"""Tables of commerce: the built-in store, the settings, and the records of calls and proofs."""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from qiao.platform.db.schema import created_at_column, metadata, workspace_column

_now = text("now()")

settings = Table(
    "commerce_settings",
    metadata,
    workspace_column(),
    Column("provider", Text, nullable=False, server_default=text("'store'")),
    Column("base_url", Text, nullable=False, server_default=text("''")),
    # Sealed under the installation's key, bound to this workspace.
    Column("secret", LargeBinary),
    Column("timeout_ms", Integer, nullable=False, server_default=text("3000")),
    Column("policy", JSONB, nullable=False, server_default=text("'{}'")),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=_now),
)

orders = Table(
    "commerce_orders",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False),
    # The number as people may type it: letters and digits alone, in capitals.
    Column("number_key", Text, nullable=False),
    # Whose it is: the shop's own id of the customer, or what the order was placed with, normalised.
    Column("customer_id", Text),
    Column("email", Text),
    Column("phone", Text),
    Column("placed_at", DateTime(timezone=True), nullable=False),
    Column("status", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("goods", Integer, nullable=False),
    Column("shipping", Integer, nullable=False, server_default=text("0")),
    Column("discount", Integer, nullable=False, server_default=text("0")),
    Column("total", Integer, nullable=False),
    Column("address", JSONB, nullable=False),
    Column("dispatch_by", DateTime(timezone=True)),
    Column("delivered_at", DateTime(timezone=True)),
    Column("page_url", Text),
    created_at_column(),
    Index("uq_commerce_orders_number", "workspace_id", "number_key", unique=True),
    Index("ix_commerce_orders_customer", "workspace_id", "customer_id", "placed_at"),
    Index("ix_commerce_orders_email", "workspace_id", "email"),
    Index("ix_commerce_orders_phone", "workspace_id", "phone"),
)

items = Table(
    "commerce_items",
    metadata,
    workspace_column(),
    Column("order_id", Uuid, primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("sku", Text, nullable=False),
    Column("title", JSONB, nullable=False),
    Column("variant", JSONB),
    Column("quantity", Integer, nullable=False),
    Column("unit_price", Integer, nullable=False),
    Column("returned", Integer, nullable=False, server_default=text("0")),
    Column("returnable", Boolean, nullable=False, server_default=text("true")),
    Column("picture_url", Text),
    Column("page_url", Text),
    ForeignKeyConstraint(["workspace_id", "order_id"], ["commerce_orders.workspace_id", "commerce_orders.id"]),
)

shipments = Table(
    "commerce_shipments",
    metadata,
    workspace_column(),
    Column("order_id", Uuid, primary_key=True),
    Column("parcel", Integer, primary_key=True),
    Column("carrier", JSONB, nullable=False),
    Column("tracking_number", Text, nullable=False),
    Column("tracking_url", Text),
    Column("dispatched_at", DateTime(timezone=True)),
    Column("expected_at", DateTime(timezone=True)),
    Column("delivered_at", DateTime(timezone=True)),
    ForeignKeyConstraint(["workspace_id", "order_id"], ["commerce_orders.workspace_id", "commerce_orders.id"]),
)

tracking = Table(
    "commerce_tracking",
    metadata,
    workspace_column(),
    Column("order_id", Uuid, primary_key=True),
    Column("parcel", Integer, primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("text", JSONB, nullable=False),
    Column("place", JSONB),
    ForeignKeyConstraint(
        ["workspace_id", "order_id", "parcel"],
        ["commerce_shipments.workspace_id", "commerce_shipments.order_id", "commerce_shipments.parcel"],
    ),
)

requests = Table(
    "commerce_requests",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("contact_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    # What was asked, as the port's struct.
    Column("wish", JSONB, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=_now),
    created_at_column(),
    ForeignKeyConstraint(["workspace_id", "order_id"], ["commerce_orders.workspace_id", "commerce_orders.id"]),
    Index("uq_commerce_requests_number", "workspace_id", "number", unique=True),
    Index("ix_commerce_requests_order", "workspace_id", "order_id"),
    Index("ix_commerce_requests_contact", "workspace_id", "contact_id"),
)

slots = Table(
    "commerce_slots",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("service", Text, nullable=False),
    Column("title", JSONB, nullable=False),
    Column("place", JSONB, nullable=False),
    Column("starts_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("places", Integer, nullable=False),
    Column("taken", Integer, nullable=False, server_default=text("0")),
    Index("ix_commerce_slots_starts", "workspace_id", "starts_at"),
)

appointments = Table(
    "commerce_appointments",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False),
    Column("slot_id", Uuid, nullable=False),
    Column("customer_id", Text),
    Column("contact_id", Uuid, nullable=False),
    Column("people", Integer, nullable=False),
    Column("name", Text, nullable=False, server_default=text("''")),
    Column("phone", Text, nullable=False, server_default=text("''")),
    Column("note", Text, nullable=False, server_default=text("''")),
    Column("status", Text, nullable=False),
    created_at_column(),
    ForeignKeyConstraint(["workspace_id", "slot_id"], ["commerce_slots.workspace_id", "commerce_slots.id"]),
    Index("uq_commerce_appointments_number", "workspace_id", "number", unique=True),
    Index("ix_commerce_appointments_contact", "workspace_id", "contact_id"),
    Index("ix_commerce_appointments_customer", "workspace_id", "customer_id"),
)

writes = Table(
    "commerce_writes",
    metadata,
    workspace_column(),
    Column("asker", Text, primary_key=True),
    Column("call", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("contact_id", Uuid, nullable=False),
    # What was answered the first time, and is answered again.
    Column("answer", JSONB),
    created_at_column(),
)

calls = Table(
    "commerce_calls",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("actor", Text, nullable=False),
    Column("contact_id", Uuid, nullable=False),
    Column("provider", Text, nullable=False),
    Column("tool", Text, nullable=False),
    Column("order_number", Text),
    Column("arguments", JSONB, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Index("ix_commerce_calls_at", "workspace_id", "at"),
    Index("ix_commerce_calls_contact", "workspace_id", "contact_id"),
)

proofs = Table(
    "commerce_proofs",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("contact_id", Uuid, nullable=False),
    Column("number_key", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=_now),
    Index("ix_commerce_proofs_at", "workspace_id", "at"),
)
