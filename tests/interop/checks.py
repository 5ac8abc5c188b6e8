"""Runs checks, each with a timeout, and counts them."""

import threading
import traceback
from collections.abc import Callable
from contextlib import contextmanager
from types import ModuleType
from typing import Any

TIMEOUT = 120


@contextmanager
def raises(kind: type[BaseException] | tuple[type[BaseException], ...], text: str = ""):
    """Expects an error of this kind whose message contains this text."""
    try:
        yield
    except kind as error:
        assert text in str(error), f"expects {text!r} in {error!r}"
    else:
        raise AssertionError(f"expects {kind}, got no error")


def run(modules: list[ModuleType], server: Any, only: str | None) -> int:
    """Runs every function check_* of the modules. Returns the exit status."""
    passed, failed = 0, 0
    for module in modules:
        for name, check in vars(module).items():
            if not name.startswith("check_") or (only and only not in name):
                continue
            error = _run_one(check, server)
            if error is None:
                passed += 1
                print(f"ok      {name.removeprefix('check_')}", flush=True)
            else:
                failed += 1
                print(f"FAILED  {name.removeprefix('check_')}\n{error}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def _run_one(check: Callable[[Any], None], server: Any) -> str | None:
    """Runs a check on a thread, which is abandoned after the timeout. Returns the error."""
    result: list[str | None] = []

    def target() -> None:
        try:
            check(server)
            result.append(None)
        except BaseException:  # noqa: BLE001 - the client raises KeyboardInterrupt for a cancelled request
            result.append(traceback.format_exc())

    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    thread.join(TIMEOUT)
    return result[0] if result else f"timeout after {TIMEOUT} seconds"
