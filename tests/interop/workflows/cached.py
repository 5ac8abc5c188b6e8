"""Tasks that share values with tasks in Rust through a folder. ../rust/cached.rs has the other half."""

import json

from tilebox.workflows import ExecutionContext, Task

from tasks import trace


class PythonShare(Task):
    """Lets both languages write values, then lets both read them."""

    def execute(self, context: ExecutionContext) -> None:
        filled = context.submit_subtasks([PythonFill(), RustFill()])
        context.submit_subtasks([PythonRead(), RustRead()], depends_on=filled)


class PythonFill(Task):
    def execute(self, context: ExecutionContext) -> None:
        cache = context.job_cache
        cache["python"] = b"once"
        cache["python"] = b"python \x00\xff"
        cache.group("nested").group("ü b")["python"] = json.dumps({"a": [1.5]}).encode()


class PythonRead(Task):
    def execute(self, context: ExecutionContext) -> None:
        cache = context.job_cache
        group = cache.group("nested/ü b")
        for language in ("python", "rust"):
            assert cache[language] == f"{language} ".encode() + b"\x00\xff", cache[language]
            assert json.loads(group[language]) == {"a": [1.5]}, group[language]
            assert language in cache
        assert list(cache) == list(group) == ["python", "rust"], (list(cache), list(group))
        assert "gone" not in cache
        trace(context, "read", "python")


class RustFill(Task):
    """Runs in Rust."""

    def execute(self, context: ExecutionContext) -> None:
        raise NotImplementedError


class RustRead(RustFill):
    """Runs in Rust."""


ALL = [PythonShare, PythonFill, PythonRead]
