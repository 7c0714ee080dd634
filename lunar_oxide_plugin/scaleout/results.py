"""The folder of a run: its job and its finished windows.

    job.json                            what is computed; written once
    run.lock                            locked while a run is working, see `lock.py`
    windows/R0000/R0000C0000.json       record of a finished window, a STAC item
    windows/R0000/R0000C0000_oxides.tif its rasters
    oxides.vrt, catalog.json ...        the index of all windows, see `index.py`
    failures.json                       windows that failed in the last run

A file gets its name when it is complete, and a record is written after its rasters. A process may
therefore be killed at any time: a window without a record is computed again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..core.errors import RasterError
from ..raster.writing.outputs import OutputFiles
from ..raster.writing.work_folder import PARTIAL
from .job import FORMAT, PRODUCTS, Job, Part, sha256
from .lock import LOCK, sole_use

#: The property of a record that holds `Part.sha256`.
COMPUTED_FROM = "lunaroxide:computed_from_sha256"

#: What a run that was killed before it wrote job.json may leave.
_OF_A_BEGINNING = ("windows", LOCK)


class Results:
    """The folder of a run.

    Parameters
    ----------
    folder : path
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder).absolute()
        self.job_file = self.folder / "job.json"
        self.failures_file = self.folder / "failures.json"
        self.windows = self.folder / "windows"

    @contextmanager
    def begun(self, job: Job) -> Iterator[None]:
        """Lock the folder, and prepare it for a job or resume that job.

        Raises
        ------
        RasterError
            When it holds another job's results or other files, or another run is using it.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RasterError(f"{self.folder} cannot be used: {error}") from error
        with sole_use(self.folder):
            self.begin(job)
            yield

    def begin(self, job: Job) -> None:
        """Prepare or resume, as `begun` does, without a lock.

        Raises
        ------
        RasterError
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if self.job_file.exists():
                _require_same(self._described(), job.described(), self.folder)
            elif any(path.name not in _OF_A_BEGINNING for path in self.folder.rglob("*")):
                raise RasterError(
                    f"{self.folder} is not empty and has no job.json, so it is not the folder of "
                    "an earlier run. Choose a new folder."
                )
            else:
                write_json(self.job_file, job.described())
            self.windows.mkdir(exist_ok=True)
        except (OSError, ValueError) as error:
            raise RasterError(f"{self.folder} cannot be used: {error}") from error

    def require(self, job: Job) -> None:
        """Raise unless the folder belongs to this job, as another run may have taken it.

        Raises
        ------
        RasterError
        """
        try:
            there = self._described()
        except (OSError, ValueError) as error:
            raise RasterError(f"{self.job_file} cannot be read: {error}") from error
        _require_same(there, job.described(), self.folder)

    def _described(self) -> Any:
        return json.loads(self.job_file.read_text("utf-8"))

    def remove_partial_files(self) -> None:
        """Remove the partial files of killed processes, while no process is working here."""
        for path in list(self.folder.rglob(f"{PARTIAL}*")):
            shutil.rmtree(path, ignore_errors=True)

    def record(self, part: Part) -> Path:
        """The record of a window."""
        return self.windows / f"R{part.row:04}" / f"{part.name}.json"

    def raster(self, part: Part, product: str) -> Path:
        """A raster of a window."""
        return self.record(part).with_name(f"{part.name}_{product}.tif")

    def finished(self, job: Job, part: Part, verify: bool = False) -> dict[str, Any] | None:
        """The record of a window, or None if it has to be computed.

        That is when a file is missing or has a wrong size, or the job or a tile has changed.

        Parameters
        ----------
        job : Job
        part : Part
        verify : bool
            Also compare the checksums of the files.
        """
        path = self.record(part)
        try:
            record: dict[str, Any] = json.loads(path.read_text("utf-8"))
            for asset in record["assets"].values():
                file = path.parent / asset["href"]
                if file.stat().st_size != asset["file:size"]:
                    return None
                if verify and checksum(file) != asset["file:checksum"]:
                    return None
            properties = record["properties"]
            _ = properties["lunaroxide:valid_pixels"]
            if properties[COMPUTED_FROM] != part.sha256(job):
                return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return record

    def forget(self, part: Part) -> bool:
        """Remove the record of a window so that it is computed again; whether there was one."""
        try:
            self.record(part).unlink()
        except FileNotFoundError:
            return False
        return True

    def remove_rasters(self, part: Part) -> None:
        """Remove the rasters of a window that no longer has a valid pixel."""
        for product in PRODUCTS:
            self.raster(part, product).unlink(missing_ok=True)

    def write_failures(self, failures: Iterable[Mapping[str, Any]]) -> None:
        """Write the list of failed windows, or remove the file if there are none."""
        listed = list(failures)
        if listed:
            write_json(self.failures_file, listed)
        else:
            self.failures_file.unlink(missing_ok=True)


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file, which appears only when complete."""
    with OutputFiles() as files:
        files.text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def checksum(file: Path) -> str:
    """SHA-256 of a file as a multihash (for STAC): 12 for the function, 20 for 32 bytes."""
    return "1220" + sha256(file.read_bytes())


def _require_same(there: Any, here: Mapping[str, Any], folder: Path) -> None:
    if not isinstance(there, Mapping) or there.get("format") != FORMAT:
        raise RasterError(
            f"{folder} holds the results of another version of the plugin: its job.json is not of "
            f"format {FORMAT}, so the inputs of its windows are not known. Choose a new folder."
        )
    different = [
        f"{key}: {_short(there.get(key))} there, {_short(here.get(key))} now"
        for key in {**there, **here}
        if there.get(key) != here.get(key)
    ]
    if different:
        raise RasterError(
            f"{folder} holds the results of another job. {'; '.join(different)}. Use the options "
            "of that job, or choose a new folder."
        )


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."
