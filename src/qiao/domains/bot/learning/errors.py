"""What can go wrong with learning and evaluation."""

from qiao.kit.errors import Conflict, Invalid, NotFound


class ClusterNotFound(NotFound):
    """No such cluster, or it is not open any more."""

    code = "bot.cluster_not_found"


class DraftEmpty(Invalid):
    """Nobody has answered this yet: an answer has to be written."""

    code = "bot.draft_empty"


class ConcernNotFound(NotFound):
    """No such concern."""

    code = "bot.concern_not_found"


class EvaluationSetNotFound(NotFound):
    """No such test set."""

    code = "bot.evaluation_set_not_found"


class EvaluationSetNameTaken(Conflict):
    """Another set has this name."""

    code = "bot.evaluation_set_name_taken"


class EvaluationCaseInvalid(Invalid):
    """A case breaks a rule; `details["field"]` names it."""

    code = "bot.evaluation_case_invalid"


class EvaluationRunNotFound(NotFound):
    """No such run."""

    code = "bot.evaluation_run_not_found"


class ExperimentNotFound(NotFound):
    """No such experiment, or it has ended."""

    code = "bot.experiment_not_found"


class ExperimentRunning(Conflict):
    """An experiment is running already: one at a time, so that figures say what they seem to say."""

    code = "bot.experiment_running"


class ExperimentMixed(Invalid):
    """One thing is tried at a time: settings, an answer or a flow."""

    code = "bot.experiment_mixed"


class ExperimentSubjectNotFound(NotFound):
    """No such entry, flow or version to be tried."""

    code = "bot.experiment_subject_not_found"


class ExperimentSubjectUnfit(Invalid):
    """Only a FAQ that is published for everyone, or a flow that customers meet, can be tried in another version."""

    code = "bot.experiment_subject_unfit"


class ExperimentSame(Invalid):
    """The second version says the same as the first; `details["field"]` names it."""

    code = "bot.experiment_same"


class ExperimentOver(Conflict):
    """What is tried was published anew or taken back meanwhile: the figures are of another first version."""

    code = "bot.experiment_over"


class ExperimentOfSettings(Conflict):
    """Settings are adopted where they are set."""

    code = "bot.experiment_of_settings"
