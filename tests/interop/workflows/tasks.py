"""Tasks that the runner executes. Each writes its events to the file TRACE, which the checks read."""

import os
import time
from datetime import datetime

from tilebox.workflows import ExecutionContext, Task
from tilebox.workflows.automations import CronTask, StorageEventTask


def trace(context: ExecutionContext, *words: object) -> None:
    """Appends a line: the job, the process and the words. One write call, so that processes can share the file."""
    line = " ".join(str(word) for word in (context.current_task.job.id, os.getpid(), *words)) + "\n"
    file = os.open(os.environ["TRACE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, line.encode())
    finally:
        os.close(file)


def traced(job: object) -> list[list[str]]:
    """Returns the words of each line of a job after the job itself."""
    try:
        with open(os.environ["TRACE"], encoding="utf-8") as file:
            lines = [line.split() for line in file]
    except FileNotFoundError:
        return []
    return [words[1:] for words in lines if words[0] == str(job)]


class Leaf(Task):
    """Does nothing but leave a trace."""

    name: str

    def execute(self, context: ExecutionContext) -> None:
        trace(context, "leaf", self.name)


class Branch(Task):
    """Submits leaves."""

    name: str
    leaves: int

    def execute(self, context: ExecutionContext) -> None:
        trace(context, "branch", self.name)
        context.submit_subtasks([Leaf(f"{self.name}.{number}") for number in range(self.leaves)])


class Tree(Task):
    """Submits branches, and a leaf that depends on all of them."""

    branches: int
    leaves: int

    def execute(self, context: ExecutionContext) -> None:
        trace(context, "tree")
        branches = context.submit_subtasks([Branch(str(number), self.leaves) for number in range(self.branches)])
        context.submit_subtask(Leaf("last"), depends_on=branches)


class Diamond(Task):
    """Submits tasks that depend on each other, in another order than the one in which they can run."""

    def execute(self, context: ExecutionContext) -> None:
        trace(context, "diamond")
        first = context.submit_subtask(Branch("a", 3))
        left = context.submit_subtask(Branch("b", 2), depends_on=first)
        right = context.submit_subtask(Leaf("c"), depends_on=first)
        context.submit_subtask(Leaf("d"), depends_on=[left, right])
        context.submit_subtask(Leaf("e"))


class Meet(Task):
    """Waits until as many tasks as there are parties run at the same time."""

    name: str
    parties: int

    def execute(self, context: ExecutionContext) -> None:
        trace(context, "meet", self.name)
        end = time.monotonic() + 60
        while sum(words[1] == "meet" for words in traced(context.current_task.job.id)) < self.parties:
            assert time.monotonic() < end, "no other runner came"
            time.sleep(0.01)


class Party(Task):
    """Needs two runners, then shares leaves between them."""

    leaves: int

    def execute(self, context: ExecutionContext) -> None:
        met = context.submit_subtasks([Meet(name, 2) for name in ("a", "b")])
        context.submit_subtasks([Leaf(str(number)) for number in range(self.leaves)], depends_on=met)


class Company(Task):
    """Needs several runners, then shares pieces between them. Runners in Go execute what it submits."""

    parties: int
    squads: int
    pieces: int

    def execute(self, context: ExecutionContext) -> None:
        trace(context, "company")
        met = context.submit_subtasks([Meet(str(party), self.parties) for party in range(self.parties)])
        squads = [Squad(str(squad), self.pieces) for squad in range(self.squads)]
        context.submit_subtasks(squads, depends_on=met)


class Squad(Task):
    """Submits pieces."""

    name: str
    pieces: int

    def execute(self, context: ExecutionContext) -> None:
        trace(context, "squad", self.name)
        context.progress("pieces").add(self.pieces)
        context.submit_subtasks([Piece(self.name, number) for number in range(self.pieces)])


class Piece(Task):
    """Does one piece of the work."""

    squad: str
    number: int

    def execute(self, context: ExecutionContext) -> None:
        trace(context, "piece", f"{self.squad}.{self.number}")
        context.progress("pieces").done(1)


class Flaky(Task):
    """Fails as often as told."""

    failures: int

    def execute(self, context: ExecutionContext) -> None:
        trace(context, "flaky")
        context.progress("attempts").add(10)
        context.progress("attempts").done(1)
        context.submit_subtask(Leaf("child"))
        attempt = len([words for words in traced(context.current_task.job.id) if words[1] == "flaky"])
        if attempt <= self.failures:
            raise ValueError(f"attempt {attempt}")


class Retried(Task):
    """Submits a flaky task with retries."""

    failures: int
    max_retries: int

    def execute(self, context: ExecutionContext) -> None:
        context.submit_subtask(Flaky(self.failures), max_retries=self.max_retries)


class Broken(Task):
    """Always fails."""

    def execute(self, context: ExecutionContext) -> None:
        trace(context, "broken")
        raise ValueError("broken by design")


class Halted(Task):
    """Submits a task that fails and another one that depends on it."""

    def execute(self, context: ExecutionContext) -> None:
        context.submit_subtask(Leaf("never"), depends_on=context.submit_subtask(Broken()))


class Tolerant(Task):
    """Submits an optional task whose subtask fails, and an independent one."""

    inner: bool

    def execute(self, context: ExecutionContext) -> None:
        optional = context.submit_subtask(Fragile(self.inner), optional=True)
        context.submit_subtask(Leaf("after"), depends_on=optional)


class Fragile(Task):
    """Submits a task that fails, which may be optional itself, and one that depends on it."""

    inner: bool

    def execute(self, context: ExecutionContext) -> None:
        failing = context.submit_subtask(Broken(), optional=self.inner)
        context.submit_subtask(Leaf("skipped"), depends_on=failing)


class Steps(Task):
    """Reports progress, as do its subtasks."""

    count: int

    def execute(self, context: ExecutionContext) -> None:
        context.progress().add(self.count)
        context.progress("named").add(3)
        context.progress("named").done(2)
        context.submit_subtasks([Step() for _ in range(self.count)])


class Step(Task):
    """Reports that one step is done."""

    def execute(self, context: ExecutionContext) -> None:
        context.progress().done(1)


class Slow(Task):
    """Takes some seconds."""

    seconds: float

    def execute(self, context: ExecutionContext) -> None:
        trace(context, "slow")
        time.sleep(self.seconds)


class Talk(Task):
    """Writes log messages of three levels, and a span."""

    topic: str

    def execute(self, context: ExecutionContext) -> None:
        context.current_task.display = f"Talk about {self.topic}"
        context.logger.info("begins", topic=self.topic, number=7)
        with context.tracer.span("inner"):
            context.logger.warning("within a span")
        context.logger.error("ends badly")


class Awaited(Task):
    """Is asynchronous, and uses the cache."""

    async def execute(self, context: ExecutionContext) -> None:
        context.job_cache["key"] = b"value"
        context.submit_subtask(Cached())


class Cached(Task):
    """Reads what an earlier task of the job put into the cache."""

    def execute(self, context: ExecutionContext) -> None:
        trace(context, "cached", context.job_cache["key"].decode())


class Scheduled(CronTask):
    """Is made for an automation with a schedule."""

    message: str

    def execute(self, context: ExecutionContext) -> None:
        time_of_trigger: datetime = self.trigger.time
        trace(context, "scheduled", self.message, time_of_trigger.isoformat())


class OnObject(StorageEventTask):
    """Is made for an automation of storage events. Reads the object."""

    prefix: str

    def execute(self, context: ExecutionContext) -> None:
        content = self.trigger.storage.read(self.trigger.location).decode()
        trace(context, "object", self.prefix + content)


ALL = [
    Leaf, Branch, Tree, Diamond, Meet, Party, Company, Squad, Piece, Flaky, Retried, Broken, Halted, Tolerant, Fragile,
    Steps, Step, Slow, Talk, Awaited, Cached, Scheduled, OnObject,
]  # fmt: skip
