"""Tables of the bot."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from qiao.domains.bot.assist.tables import promises
from qiao.platform.db.schema import created_at_column, metadata, workspace_column

_now = text("now()")

vectors = Table(
    "bot_vectors",
    metadata,
    workspace_column(),
    # Of the text as it is embedded, so that a text that moves or is written twice is embedded once.
    Column("text_hash", LargeBinary, primary_key=True),
    Column("model_version", Text, primary_key=True),
    Column("vector", LargeBinary, nullable=False),
    created_at_column(),
)

index_versions = Table(
    "bot_index_versions",
    metadata,
    workspace_column(),
    Column("version", Integer, nullable=False, server_default=text("0")),
    # The version whose texts are all embedded; the one the zones were fitted on.
    Column("embedded", Integer, nullable=False, server_default=text("0")),
    Column("fitted", Integer, nullable=False, server_default=text("0")),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=_now),
)

thresholds = Table(
    "bot_thresholds",
    metadata,
    workspace_column(),
    Column("thresholds", JSONB, nullable=False),
    Column("target_wrong", Float, nullable=False),
    # What the workspace's questions taught about finding: `LEARNED_OF`, then msgpack of `Tuning`, of some 60 KB.
    Column("tuning", LargeBinary),
    Column("fitted_at", DateTime(timezone=True), nullable=False, server_default=_now),
)

settings = Table(
    "bot_settings",
    metadata,
    workspace_column(),
    Column("settings", JSONB, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=_now),
)

turns = Table(
    "bot_turns",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("conversation_id", Uuid, nullable=False),
    Column("question_seq", Integer, nullable=False),
    # Of several questions in one message, which; by the order of the replies.
    Column("part", Integer, nullable=False, server_default=text("0")),
    Column("message_id", Uuid, nullable=False),
    Column("reply_seq", Integer, nullable=False),
    Column("question", Text, nullable=False),
    Column("used_question", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("handed_over", Boolean, nullable=False),
    Column("candidates", JSONB, nullable=False),
    Column("thresholds", JSONB, nullable=False),
    Column("index_version", Text, nullable=False),
    Column("model_version", Text),
    Column("timings", JSONB, nullable=False),
    Column("helpful", Boolean),
    # What it was said in, of a turn that met what an experiment tries: the first version or the second.
    Column("experiment_id", Uuid),
    Column("second", Boolean),
    created_at_column(),
    Index("ix_bot_turns_experiment", "workspace_id", "experiment_id", postgresql_where=text("experiment_id is not null")),
    Index("uq_bot_turns_question", "workspace_id", "conversation_id", "question_seq", "part", unique=True),
    Index("ix_bot_turns_message", "workspace_id", "message_id"),
    Index("ix_bot_turns_at", "workspace_id", "created_at"),
)

unanswered = Table(
    "bot_unanswered",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    # The normal form of the question; other questions near enough are counted here too.
    Column("normal", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("count", Integer, nullable=False, server_default=text("1")),
    Column("examples", ARRAY(Text), nullable=False),
    Column("conversation_ids", ARRAY(Uuid), nullable=False),
    Column("status", Text, nullable=False, server_default=text("'open'")),
    Column("nearest", JSONB),
    Column("vector", LargeBinary),
    Column("model_version", Text),
    Column("last_at", DateTime(timezone=True), nullable=False, server_default=_now),
    created_at_column(),
    Index("uq_bot_unanswered_normal", "workspace_id", "normal", unique=True),
    Index("ix_bot_unanswered_list", "workspace_id", "status", "count", "last_at", "id"),
)

sessions = Table(
    "bot_sessions",
    metadata,
    workspace_column(),
    # A stretch of one customer's contact: it ends by a day of silence or by being resolved. Without turns it was never the bot's.
    Column("conversation_id", Uuid, primary_key=True),
    Column("began_seq", Integer, primary_key=True),
    Column("contact_id", Uuid, nullable=False),
    Column("began_at", DateTime(timezone=True), nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False),
    Column("turns", Integer, nullable=False, server_default=text("0")),
    Column("answers", Integer, nullable=False, server_default=text("0")),
    Column("thanked_at", DateTime(timezone=True)),
    Column("handed_over_at", DateTime(timezone=True)),
    Column("resolved_at", DateTime(timezone=True)),
    Column("recontact_at", DateTime(timezone=True)),
    Index("ix_bot_sessions_contact", "workspace_id", "contact_id", "last_at"),
    Index("ix_bot_sessions_began", "workspace_id", "began_at"),
)

outcomes = Table(
    "bot_outcomes",
    metadata,
    workspace_column(),
    # Of a turn that answered or offered: what the customer did afterwards. The thumb stands with the turn.
    Column("turn_id", Uuid, primary_key=True),
    Column("conversation_id", Uuid, nullable=False),
    Column("began_seq", Integer, nullable=False),
    Column("contact_id", Uuid, nullable=False),
    Column("entry_id", Uuid),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("asked_again_at", DateTime(timezone=True)),
    Column("thanked_at", DateTime(timezone=True)),
    Column("handed_over_at", DateTime(timezone=True)),
    Index("ix_bot_outcomes_contact", "workspace_id", "contact_id", "at"),
    Index("ix_bot_outcomes_entry", "workspace_id", "entry_id", "at"),
    Index("ix_bot_outcomes_at", "workspace_id", "at"),
)

clusters = Table(
    "bot_clusters",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("language", Text, nullable=False),
    # Its most central question, and the words that tell it from the others.
    Column("name", Text, nullable=False),
    Column("terms", ARRAY(Text), nullable=False),
    Column("asked", Integer, nullable=False),
    Column("questions", Integer, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'open'")),
    Column("draft", JSONB),
    Column("entry_id", Uuid),
    Column("last_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Index("ix_bot_clusters_list", "workspace_id", "status", "asked", "id"),
)

cluster_members = Table(
    "bot_cluster_members",
    metadata,
    workspace_column(),
    Column("unanswered_id", Uuid, primary_key=True),
    Column("cluster_id", Uuid, nullable=False),
    Index("ix_bot_cluster_members_cluster", "workspace_id", "cluster_id"),
)

concerns = Table(
    "bot_concerns",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    # duplicate, contradiction or stale; of one entry or of two.
    Column("kind", Text, nullable=False),
    Column("entry_id", Uuid, nullable=False),
    Column("other_id", Uuid),
    # What it was found in: a concern that was set aside comes back when that changes.
    Column("seen", Text, nullable=False),
    Column("nearness", Float, nullable=False),
    Column("reasons", JSONB, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'open'")),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=_now),
    created_at_column(),
    Index("ix_bot_concerns_list", "workspace_id", "status", "kind", "nearness", "id"),
)

learning_settings = Table(
    "bot_learning_settings",
    metadata,
    workspace_column(),
    Column("review_days", Integer, nullable=False),
    # When clusters and concerns were last worked out, and up to which version of the index.
    Column("looked_at", DateTime(timezone=True)),
)

test_sets = Table(
    "bot_test_sets",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    created_at_column(),
    Index("uq_bot_test_sets_name", "workspace_id", "name", unique=True),
)

test_cases = Table(
    "bot_test_cases",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("set_id", Uuid, nullable=False),
    Column("question", Text, nullable=False),
    Column("normal", Text, nullable=False),
    Column("previous", ARRAY(Text), nullable=False),
    Column("language", Text, nullable=False),
    # The entries that are right; none when nothing answers it.
    Column("expected", ARRAY(Uuid), nullable=False),
    Column("origin", Text, nullable=False),
    Column("turn_id", Uuid),
    created_at_column(),
    Index("uq_bot_test_cases_question", "workspace_id", "set_id", "normal", unique=True),
)

test_runs = Table(
    "bot_test_runs",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("set_id", Uuid, nullable=False),
    Column("why", Text, nullable=False),
    Column("index_version", Text, nullable=False),
    Column("model_version", Text),
    Column("counts", JSONB, nullable=False),
    Column("results", JSONB, nullable=False),
    Column("seconds", Float, nullable=False),
    created_at_column(),
    Index("ix_bot_test_runs_set", "workspace_id", "set_id", "created_at", "id"),
)

experiments = Table(
    "bot_experiments",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    # What differs for those who try it, and of a wording what stood when it began.
    Column("changes", JSONB, nullable=False),
    Column("subject", JSONB),
    Column("share", Float, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("started_by", Uuid),
    Column("ended_at", DateTime(timezone=True)),
    Column("ended_by", Uuid),
    Column("ending", Text),
    # One at a time in a workspace.
    Index("uq_bot_experiments_running", "workspace_id", unique=True, postgresql_where=text("ended_at is null")),
)

intents = Table(
    "bot_intents",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("key", Text, nullable=False),
    Column("name", JSONB, nullable=False),
    Column("examples", JSONB, nullable=False),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Index("uq_bot_intents_key", "workspace_id", "key", unique=True),
)

intent_models = Table(
    "bot_intent_models",
    metadata,
    workspace_column(),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("outcome", Text, nullable=False),
    # What it was trained on: equal examples are not trained again.
    Column("fingerprint", LargeBinary, nullable=False),
    Column("model_version", Text),
    # The model that answers and its twin that never saw the held-back examples; gone from versions that do not answer.
    Column("arrays", LargeBinary),
    Column("arrays_hash", LargeBinary),
    Column("twin", LargeBinary),
    Column("twin_hash", LargeBinary),
    Column("figures", JSONB, nullable=False),
    created_at_column(),
)

intent_vectors = Table(
    "bot_intent_vectors",
    metadata,
    workspace_column(),
    Column("text_hash", LargeBinary, primary_key=True),
    Column("model_version", Text, primary_key=True),
    Column("vector", LargeBinary, nullable=False),
    created_at_column(),
)

__all__ = ["promises"]
