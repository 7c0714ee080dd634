"""Algorithms in a process of their own, with the memory it takes."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from tests.cli.conftest import PROGRAM, QgisProcess


class Ran(NamedTuple):
    """A finished process: its time, and the most memory that it held at once."""

    seconds: float
    mebibytes: float


def process_in(folder):
    """How to run qgis_process in a folder: (algorithm, parameters, outputs) -> Ran.

    Outputs are names of parameters, or of parameters and their files' endings, else .tif.
    """
    folder.chmod(0o700)
    program = QgisProcess(folder)
    program.enable()

    def run(algorithm, parameters, outputs):
        endings = outputs if isinstance(outputs, dict) else dict.fromkeys(outputs, ".tif")
        command = [PROGRAM, "run", f"lunaroxide:{algorithm}"]
        command += [f"--{name}={value}" for name, value in parameters.items()]
        command += [f"--{name}={folder / name}{ending}" for name, ending in endings.items()]
        with (folder / "log").open("w+", encoding="utf-8") as log:
            start = time.perf_counter()
            process = subprocess.Popen(
                command, env=program.environment, cwd=folder, stdout=log, stderr=log
            )
            peak = 0.0
            while process.poll() is None:
                peak = max(peak, peak_memory(process.pid))
                time.sleep(0.02)
            seconds = time.perf_counter() - start
            log.seek(0)
            assert process.returncode == 0, log.read()
        return Ran(seconds, peak)

    return run


def peak_memory(process):
    """MiB that a running process has held at most.

    What the system reports of a finished one (ru_maxrss) counts the memory of the process that
    started it, as it was at that moment.
    """
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
    found = re.search(r"VmHWM:\s*(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0  # none at its end
