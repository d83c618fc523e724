"""What came back to a load, counted: reads by outcome, writes by what became of them. Nothing here asks anything."""

from collections import Counter
from dataclasses import dataclass, field

FINE = {"read": {"200", "302", "304"}, "write": {"302"}}


@dataclass(frozen=True)
class Answer:
    """One request: `sent_at` in seconds since the load began, its `outcome` a status, or a word when none came."""

    kind: str  # read, write
    sent_at: float
    seconds: float
    outcome: str
    kept_what_was_typed: bool = False

    @property
    def is_fine(self) -> bool:
        return self.outcome in FINE[self.kind]


@dataclass
class Writing:
    """What one person wants to send, as long as it takes: the same words until somebody says thank you."""

    token: str
    source: str
    attempts: int = 0
    acknowledged: bool = False
    came_back: dict[str, str] = field(default_factory=dict)  # hidden fields of the form, when it was shown again


@dataclass
class Count:
    """The answers of one load, and how often each written token was found in the database afterwards."""

    answers: list[Answer]
    writings: list[Writing]
    found: Counter = field(default_factory=Counter)

    def of(self, kind: str) -> list[Answer]:
        return [answer for answer in self.answers if answer.kind == kind]

    def failures(self, kind: str) -> Counter:
        """Return how many answers of this kind were not what was asked for, by outcome."""
        return Counter(answer.outcome for answer in self.of(kind) if not answer.is_fine)

    def share_failed(self, kind: str) -> float:
        asked = self.of(kind)
        return sum(not answer.is_fine for answer in asked) / len(asked) if asked else 0.0

    def slow(self, kind: str, share: float = 0.95) -> float:
        """Return the seconds that this share of the good answers took at most."""
        times = sorted(answer.seconds for answer in self.of(kind) if answer.is_fine)
        return times[min(int(len(times) * share), len(times) - 1)] if times else 0.0

    def recovery(self, repaired_at: float) -> float:
        """Return how long after the repair a request was still sent in vain; 0 when none was."""
        last = max((answer.sent_at for answer in self.answers if not answer.is_fine), default=0.0)
        return max(last - repaired_at, 0.0)

    # --- writes
    @property
    def acknowledged(self) -> list[Writing]:
        return [writing for writing in self.writings if writing.acknowledged]

    @property
    def lost(self) -> list[str]:
        return [writing.token for writing in self.acknowledged if not self.found[writing.token]]

    @property
    def doubled(self) -> list[str]:
        return [writing.token for writing in self.writings if self.found[writing.token] > 1]

    @property
    def never_taken(self) -> list[str]:
        return [writing.token for writing in self.writings if not writing.acknowledged]

    def refused_keeping(self) -> tuple[int, int]:
        """Return how many refusals (503) of a write gave back what was typed, and how many there were."""
        refused = [answer for answer in self.of("write") if answer.outcome == "503"]
        return sum(answer.kept_what_was_typed for answer in refused), len(refused)
