"""Reading ahead: order, overlap, bounds, errors and an end on request."""

import threading
import time
from concurrent.futures import Future
from contextlib import closing

import pytest

from lunar_oxide_plugin.core.errors import CancelledError, LunarOxideError, RasterError
from lunar_oxide_plugin.raster.gdal_io.blocks import Window, blocks
from lunar_oxide_plugin.raster.gdal_io.read_ahead import answering, finished, read_ahead

WINDOWS = list(blocks(Window(0, 0, 70, 30), 10, 10))


def never():
    pass


def reading_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("read")]


@pytest.mark.parametrize("count", [0, 1, 2, 21])
def test_everything_comes_once_and_in_order(count):
    with closing(read_ahead(lambda window: window.x + window.y, WINDOWS[:count], never)) as read:
        assert list(read) == [(window, window.x + window.y) for window in WINDOWS[:count]]
    assert reading_threads() == []


def test_the_next_block_is_read_while_the_caller_has_this_one_and_no_further():
    begun = {window: threading.Event() for window in WINDOWS}

    def read(window):
        begun[window].set()
        return window

    with closing(read_ahead(read, WINDOWS, never)) as reader:
        for index, (window, _) in enumerate(reader):
            assert window == WINDOWS[index]
            if index + 1 < len(WINDOWS):
                assert begun[WINDOWS[index + 1]].wait(10)
            assert not any(begun[later].is_set() for later in WINDOWS[index + 2 :])


def test_an_error_comes_with_its_block():
    def read(window):
        if window == WINDOWS[2]:
            raise RasterError("cannot be read")
        return window

    seen = []
    with (
        closing(read_ahead(read, WINDOWS, never)) as reader,
        pytest.raises(RasterError, match="cannot be read"),
    ):
        for window, _ in reader:
            seen.append(window)
    assert seen == WINDOWS[:2]
    assert reading_threads() == []


def test_a_user_who_cancels_does_not_wait_for_a_slow_block_to_come():
    """`check` is asked while a block is read, and what is read then is awaited but not used."""
    ask, let_go = threading.Event(), threading.Event()

    def read(window):
        ask.set()
        assert let_go.wait(10)
        return window

    def check():
        if ask.is_set():
            let_go.set()
            raise CancelledError("Cancelled.")

    with closing(read_ahead(read, WINDOWS, check)) as reader, pytest.raises(CancelledError):
        next(reader)
    assert reading_threads() == []


def test_a_user_who_cancels_does_not_wait_for_what_never_comes():
    """As of a server that is silent."""
    ask, let_go = threading.Event(), threading.Event()

    def read(_window):
        ask.set()
        let_go.wait(20)

    def check():
        if ask.is_set():
            raise CancelledError("Cancelled.")

    start = time.monotonic()
    with closing(read_ahead(read, WINDOWS, check, 2)) as reader, pytest.raises(CancelledError):
        next(reader)
    waited = time.monotonic() - start
    left = reading_threads()
    let_go.set()
    for thread in left:
        thread.join(10)
    assert waited < 2
    assert reading_threads() == []


def test_closing_early_leaves_no_thread():
    calls = []
    with closing(read_ahead(calls.append, WINDOWS, never)) as reader:
        next(reader)
    assert reading_threads() == []
    assert len(calls) <= 2


def test_finished_asks_before_and_while_it_waits(monkeypatch):
    monkeypatch.setattr("lunar_oxide_plugin.raster.gdal_io.read_ahead.PATIENCE", 0.001)
    asked = []

    future = Future()

    def check():
        asked.append(1)
        if len(asked) == 4:
            future.set_result("here")

    assert finished(future, check) == "here"
    assert len(asked) == 4


def test_a_system_that_lets_no_thread_start(monkeypatch):
    def start(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    with (
        closing(read_ahead(lambda window: window, WINDOWS, never)) as read,
        pytest.raises(LunarOxideError, match="no further thread start"),
    ):
        list(read)


def test_answering_gives_up_what_cannot_be_stopped():
    let_go = threading.Event()

    def check():
        raise CancelledError("Cancelled.")

    with pytest.raises(CancelledError):
        answering(lambda: let_go.wait(30), check)
    let_go.set()
    assert answering(lambda: 7, never) == 7
    with pytest.raises(ZeroDivisionError):
        answering(lambda: 1 / 0, never)
