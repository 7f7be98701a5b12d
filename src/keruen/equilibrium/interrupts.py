"""Interrupts that wait until no thread is in a kernel.

Python raises what a signal handler raises between any two instructions of the main thread. Between the start of one
thread and of the next that would leave threads at a barrier to which nobody comes.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["held"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def held(threads: int) -> Iterator[Callable[[], None]]:
    """Hold back interrupts that have a handler in Python; the callable lets through what has come, as the end does.

    One thread waits for nobody, so there nothing is held.
    """
    if threads == 1 or threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    came: list[tuple[int, FrameType | None]] = []
    for number, handler in handlers.items():
        if callable(handler):
            signal.signal(number, lambda *what: came.append(what))

    def let_through() -> None:
        while came:
            number, frame = came.pop()
            handler = handlers[signal.Signals(number)]
            if callable(handler):
                handler(number, frame)

    try:
        yield let_through
    finally:
        for number, handler in handlers.items():
            if callable(handler):
                signal.signal(number, handler)
    let_through()
