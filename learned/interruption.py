"""Ctrl-C that waits until a training step is whole."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def unbroken(wanted: bool = True) -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C wait for the end of a block, which is told by a function whether there was one.

    A second one does not wait. Outside the main thread, and where a program handles Ctrl-C itself,
    nothing changes; nor where it is not wanted.
    """
    pressed = False
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not (wanted and usual and threading.current_thread() is threading.main_thread()):
        yield lambda: False
        return

    def note(number: int, frame: Any) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True

    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if pressed:
        raise KeyboardInterrupt
