"""Which requests are acts that the audit log remembers, and what each is called.

Every changing route that asks for more than an agent's rights stands in `ACTS`, or in `LEFT_OUT` with the reason; a test compares both with
the routes that there are.
"""

from collections.abc import Mapping
from typing import Any

from litestar import Request

from qiao.platform.auth.caller import Caller
from qiao.platform.db.acts import Act, begin
from qiao.platform.http.client_ip import client_ip

_BOT, _KNOWLEDGE = "/api/v1/bot", "/api/v1/knowledge"
_INBOX, _WEBHOOK = "/api/v1/inboxes/{inbox_id}", "/api/v1/webhooks/{endpoint_id}"
_TRANSLATION = f"{_KNOWLEDGE}/articles/{{article_id}}/translations/{{language}}"
_LEARNING = f"{_BOT}/learning"

ACTS: Mapping[str, str] = {
    "POST /api/v1/inboxes": "inboxes.made",
    f"PATCH {_INBOX}": "inboxes.changed",
    f"POST {_INBOX}/connect": "inboxes.connected",
    f"POST {_INBOX}/disconnect": "inboxes.disconnected",
    f"POST {_INBOX}/identity-keys": "inboxes.identity_key_made",
    f"DELETE {_INBOX}/identity-keys/{{key_id}}": "inboxes.identity_key_retired",
    f"PUT {_INBOX}/secrets": "inboxes.secrets_set",
    f"PUT {_INBOX}/templates": "inboxes.templates_changed",
    f"POST {_INBOX}/receipts/{{receipt_id}}/replay": "inboxes.receipt_replayed",
    "POST /api/v1/special-days": "inboxes.special_days_made",
    "PUT /api/v1/special-days/{special_day_id}": "inboxes.special_day_changed",
    "DELETE /api/v1/special-days/{special_day_id}": "inboxes.special_day_removed",
    "PATCH /api/v1/people/{person_id}": "people.changed",
    "DELETE /api/v1/people/{person_id}/sessions": "people.sessions_ended",
    "POST /api/v1/people/{person_id}/password-reset": "people.password_reset_made",
    "POST /api/v1/invites": "people.invited",
    "DELETE /api/v1/invites/{invite_id}": "people.invite_revoked",
    "POST /api/v1/keys": "people.key_made",
    "DELETE /api/v1/keys/{api_key_id}": "people.key_revoked",
    "POST /api/v1/teams": "people.team_made",
    "PATCH /api/v1/teams/{team_id}": "people.team_changed",
    "DELETE /api/v1/teams/{team_id}": "people.team_deleted",
    "PUT /api/v1/routing/rules": "routing.rules_changed",
    "POST /api/v1/webhooks": "webhooks.made",
    f"PATCH {_WEBHOOK}": "webhooks.changed",
    f"DELETE {_WEBHOOK}": "webhooks.deleted",
    f"POST {_WEBHOOK}/secret": "webhooks.secret_rotated",
    f"POST {_WEBHOOK}/ping": "webhooks.pinged",
    f"POST {_WEBHOOK}/replay": "webhooks.replayed",
    f"POST {_WEBHOOK}/deliveries/{{delivery_id}}/replay": "webhooks.replayed",
    "PATCH /api/v1/workspace": "workspace.changed",
    "PATCH /api/v1/commerce/settings": "commerce.changed",
    f"POST {_KNOWLEDGE}/faqs": "knowledge.faq_made",
    f"PATCH {_KNOWLEDGE}/faqs/{{faq_id}}": "knowledge.faq_changed",
    f"DELETE {_KNOWLEDGE}/faqs/{{faq_id}}": "knowledge.faq_deleted",
    f"POST {_KNOWLEDGE}/articles": "knowledge.article_made",
    f"PATCH {_KNOWLEDGE}/articles/{{article_id}}": "knowledge.article_changed",
    f"DELETE {_KNOWLEDGE}/articles/{{article_id}}": "knowledge.article_deleted",
    f"PUT {_TRANSLATION}": "knowledge.article_written",
    f"POST {_TRANSLATION}/{{act}}": "knowledge.article_published",
    f"POST {_KNOWLEDGE}/categories": "knowledge.category_made",
    f"PATCH {_KNOWLEDGE}/categories/{{category_id}}": "knowledge.category_changed",
    f"DELETE {_KNOWLEDGE}/categories/{{category_id}}": "knowledge.category_deleted",
    f"POST {_KNOWLEDGE}/snippets": "knowledge.snippet_made",
    f"PATCH {_KNOWLEDGE}/snippets/{{snippet_id}}": "knowledge.snippet_changed",
    f"DELETE {_KNOWLEDGE}/snippets/{{snippet_id}}": "knowledge.snippet_deleted",
    f"POST {_KNOWLEDGE}/imports": "knowledge.import_begun",
    f"PATCH {_BOT}/settings": "bot.settings_changed",
    f"PATCH {_BOT}/language-model/settings": "bot.language_model_changed",
    f"POST {_BOT}/flows": "bot.flow_made",
    f"PATCH {_BOT}/flows/{{flow_id}}": "bot.flow_changed",
    f"DELETE {_BOT}/flows/{{flow_id}}": "bot.flow_deleted",
    f"POST {_BOT}/flows/{{flow_id}}/publish": "bot.flow_published",
    f"PUT {_BOT}/tools/hosts": "bot.tool_hosts_changed",
    f"POST {_BOT}/tools/http": "bot.tool_made",
    f"PUT {_BOT}/tools/http/{{tool_id}}": "bot.tool_changed",
    f"DELETE {_BOT}/tools/http/{{tool_id}}": "bot.tool_deleted",
    f"POST {_BOT}/intents": "bot.intent_made",
    f"PATCH {_BOT}/intents/{{intent_id}}": "bot.intent_changed",
    f"DELETE {_BOT}/intents/{{intent_id}}": "bot.intent_deleted",
    f"POST {_BOT}/intents/model/accept": "bot.intent_model_accepted",
    f"PATCH {_LEARNING}": "bot.learning_changed",
    f"POST {_LEARNING}/clusters/{{cluster_id}}/accept": "bot.cluster_accepted",
    f"POST {_LEARNING}/experiments": "bot.experiment_begun",
    f"POST {_LEARNING}/experiments/{{experiment_id}}/adopt": "bot.experiment_adopted",
    f"POST {_LEARNING}/experiments/{{experiment_id}}/end": "bot.experiment_ended",
}
"""Method and address -> the name of the entry."""
HIDDEN = "knowledge.article_hidden"
"""What the address for publishing does when it is told to take back."""

READS: Mapping[str, str] = {
    "GET /api/v1/audit": "audit.read",
    "GET /api/v1/audit/export": "audit.exported",
    f"GET {_KNOWLEDGE}/imports/{{import_id}}/report.csv": "knowledge.import_exported",
}
"""What is remembered although it changes nothing: what leaves as a file, and who looks at the log itself."""

_OWN = "what people set for themselves; new passwords and ended sessions are told by their facts"
_DESK = "the desk's daily work: conversations, contacts and tickets keep a trail of their own"
_TRIES = "tries something out and changes nothing that anybody meets"
_LISTS = "sorts a list of suggestions; what is made of one is an act"
_FIGURES = "sets of questions that the bot is measured by; nothing that customers meet"
LEFT_OUT: Mapping[str, str] = {
    "PATCH /api/v1/me": _OWN,
    "PUT /api/v1/me/availability": _OWN,
    "PUT /api/v1/me/password": _OWN,
    "DELETE /api/v1/session": _OWN,
    "POST /api/v1/sessions/end": _OWN,
    "POST /api/v1/notifications/read": _OWN,
    "POST /api/v1/files": _DESK,
    "PUT /api/v1/conversations/{conversation_id}/read": _DESK,
    "POST /api/v1/conversations/{conversation_id}/reply-length": _DESK,
    "POST /api/v1/commerce/settings/test": _TRIES,
    "POST /api/v1/special-days/read": _TRIES,
    f"POST {_KNOWLEDGE}/preview": _TRIES,
    f"POST {_BOT}/try": _TRIES,
    f"POST {_BOT}/intents/try": _TRIES,
    f"POST {_BOT}/turns/{{turn_id}}/replay": _TRIES,
    f"POST {_BOT}/language-model/try": _TRIES,
    f"POST {_BOT}/flows/{{flow_id}}/try": _TRIES,
    f"POST {_BOT}/flows/{{flow_id}}/validate": _TRIES,
    f"POST {_BOT}/tools/http/{{tool_id}}/test": _TRIES,
    f"POST {_BOT}/evaluation/preview": _TRIES,
    f"POST {_BOT}/evaluation/sets": _FIGURES,
    f"DELETE {_BOT}/evaluation/sets/{{set_id}}": _FIGURES,
    f"POST {_BOT}/evaluation/sets/{{set_id}}/cases": _FIGURES,
    f"POST {_BOT}/evaluation/sets/{{set_id}}/cases/file": _FIGURES,
    f"POST {_BOT}/evaluation/sets/{{set_id}}/runs": _FIGURES,
    f"DELETE {_BOT}/evaluation/cases/{{case_id}}": _FIGURES,
    f"POST {_BOT}/unanswered/{{unanswered_id}}/dismiss": _LISTS,
    f"POST {_LEARNING}/clusters/{{cluster_id}}/dismiss": _LISTS,
    f"POST {_LEARNING}/concerns/{{concern_id}}/dismiss": _LISTS,
    f"POST {_LEARNING}/look": _LISTS,
}
"""Changing routes that are no acts -> why."""


def begin_act(request: Request[Any, Any, Any], proxies: frozenset[str]) -> None:
    """Runs before every route: what somebody who is signed in does here is an act, or not."""
    scope = request.scope
    route = f"{scope['method']} {scope.get('path_template', '')}"
    name = ACTS.get(route) or READS.get(route)
    if request.path_params.get("act") == "unpublish":
        name = HIDDEN
    caller = scope.get("user")
    if name is None or not isinstance(caller, Caller):
        begin(None)
        return
    ids = [str(value) for part, value in request.path_params.items() if part.endswith("_id")]
    begin(
        Act(
            workspace_id=caller.workspace_id,
            name=name,
            actor_id=caller.person_id,
            program=caller.name if caller.program else None,
            source=client_ip(scope, proxies),
            subject=next(iter(ids), ""),
            always=route in READS,
        )
    )
