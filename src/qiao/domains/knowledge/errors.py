"""What can go wrong with knowledge."""

from qiao.kit.errors import Conflict, Invalid, NotFound


class KnowledgeNotFound(NotFound):
    """No such category, FAQ, article, translation, snippet or import."""

    code = "knowledge.not_found"


class KnowledgeInvalid(Invalid):
    """A field breaks its rule; `details["field"]` names it."""

    code = "knowledge.invalid"


class DuplicateQuestion(Conflict):
    """The same question stands in the same language; `details["id"]` is that FAQ."""

    code = "knowledge.duplicate_question"


class SlugTaken(Conflict):
    """Another thing of the workspace has this slug."""

    code = "knowledge.slug_taken"


class ShortcutTaken(Conflict):
    """Another snippet has this shortcut."""

    code = "knowledge.shortcut_taken"


class NothingToPublish(Conflict):
    """A translation needs a title and a body before it can be shown."""

    code = "knowledge.nothing_to_publish"
