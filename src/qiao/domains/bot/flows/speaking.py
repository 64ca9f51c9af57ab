"""What a run says on its way: questions put, last words, a person when it cannot go on. The state it speaks from is `Filling`'s."""

from qiao.domains.bot.flows.building import gathered, known_of, options_of, shown_of
from qiao.domains.bot.flows.contracts import AskNode, EndNode, HandOverNode
from qiao.domains.bot.flows.filling import Filling
from qiao.domains.bot.flows.running import HandOver, Outcome, Question, Say, Shown
from qiao.domains.bot.flows.texts import fill, in_words
from qiao.domains.bot.flows.words import word


class Speaking(Filling):
    """The state, and every way in which it says something or ends."""

    def _put(self, ask: AskNode, before: str) -> None:
        prompt = fill(ask.prompt, self.seen, self.ground)
        own = ask.again is not None and before == fill(ask.again, self.seen, self.ground)
        text = before if own else "\n\n".join(part for part in (before, prompt) if part)
        options = options_of(ask, self.seen, self.ground)
        if not options and ask.kind == "choice":
            self._give_up("not_found", word("because_fault", self.ground.language, name=self._name(), fault=ask.slot))
            return
        self.waits = "answer"
        shown = None if before else shown_of(ask, self.seen, self.ground)
        asking = Question(text=text, kind=ask.kind, slot=ask.slot, options=options, skippable=not ask.required, shown=shown)
        self.effects.append(asking)

    def _finish(self, node: HandOverNode | EndNode) -> None:
        self._say(fill(node.text, self.seen, self.ground))
        if isinstance(node, EndNode):
            self._over("done")
            return
        reason = fill(node.reason, self.seen, self.ground, markdown=False)
        known = known_of(node, self.seen, self.ground)
        self.effects.append(HandOver(reason=reason, known=known, team_id=node.team_id, skill=node.skill))
        self._over("handed_over")

    def _give_up(self, key: str, reason: str) -> None:
        self._say(word(key, self.ground.language))
        self.effects.append(HandOver(reason=reason, known=gathered(self.flow, self.slots, self.ground)))
        self._over("handed_over")

    def _over(self, outcome: Outcome) -> None:
        self.outcome, self.waits, self.slots, self.heard = outcome, "nothing", {}, {}

    def _say(self, text: str, shown: Shown | None = None) -> None:
        if text or shown:
            self.effects.append(Say(text, shown))

    def _way_from(self, ask: AskNode) -> str:
        """Where the answer that was given leads."""
        given = self.slots.get(ask.slot)
        given = ("no", "yes")[given] if isinstance(given, bool) else given
        return next((choice.next for choice in ask.choices if choice.next and choice.value == given), ask.next)

    def _name(self) -> str:
        return in_words(self.flow.name, self.ground.language)
