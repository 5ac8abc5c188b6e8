"""The tasks of the example `worker` of tilebox-tokio, in Python."""

import time

from tilebox.workflows import ExecutionContext, Runner, Task


class Split(Task):
    parts: int
    text: str

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "tilebox.com/interop/Split", "v1.2"

    def execute(self, context: ExecutionContext) -> None:
        context.logger.info(f"splitting {self.text}", parts=self.parts)
        context.current_task.display = f"Split({self.text})"
        context.progress("parts").add(self.parts)
        parts = context.submit_subtasks([Part(number) for number in range(self.parts)])
        context.submit_subtask(Part(self.parts), depends_on=parts, max_retries=2)


class Part(Task):
    number: int

    def execute(self, context: ExecutionContext) -> None:
        context.progress("parts").done(1)
        if self.number >= 100:
            raise ValueError(f"part {self.number} does not exist")
        context.current_task.display = f"Part({self.number})"


class Slow(Task):
    milliseconds: int

    def execute(self, context: ExecutionContext) -> None:
        time.sleep(self.milliseconds / 1000)


runner = Runner(tasks=[Split, Part, Slow])
