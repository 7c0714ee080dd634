"""What a run tells its watch, through steps within steps."""

import pytest

from lunar_oxide_plugin.core.watch import SILENT, Watch


class Kept(Watch):
    def __init__(self):
        self.done, self.texts, self.stop = [], [], False

    def check(self):
        if self.stop:
            raise KeyboardInterrupt

    def progress(self, done):
        super().progress(done)
        self.done.append(done)

    def note(self, text):
        self.texts.append(text)

    def warn(self, text):
        self.texts.append(f"! {text}")


def test_a_step_fills_its_part_of_the_whole():
    watch = Kept()
    for number in range(2):
        inner = watch.step(number, 2).step(1, 4)
        inner.progress(0)
        inner.progress(1)
    assert watch.done == [0.125, 0.25, 0.625, 0.75]


def test_messages_pass_through_steps():
    watch = Kept()
    watch.step(0, 3).note("read")
    watch.step(2, 3).step(0, 2).warn("dark")
    assert watch.texts == ["read", "! dark"]


def test_whoever_started_a_run_can_stop_it_in_any_step():
    watch = Kept()
    step = watch.step(1, 2)
    step.check()
    watch.stop = True
    for stopped in (step.check, lambda: step.progress(0.5)):
        with pytest.raises(KeyboardInterrupt):
            stopped()
    assert watch.done == []


def test_the_silent_watch_takes_everything():
    SILENT.step(0, 1).progress(1)
    SILENT.note("nobody hears")
    SILENT.warn("it")
    SILENT.check()
