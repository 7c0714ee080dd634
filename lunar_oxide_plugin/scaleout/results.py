"""The folder of a run: which job it belongs to, and which windows are finished.

    job.json                            what is computed; written once
    run.lock                            held by the run that is at work, see `lock.py`
    windows/R0000/R0000C0000.json       record of a finished window, a STAC item
    windows/R0000/R0000C0000_oxides.tif its rasters
    oxides.vrt, catalog.json ...        the index over all, see `index.py`
    failures.json                       windows that the last run could not finish

A record is written after its rasters have got their names, and each file gets its name when it
is whole. So a process may be killed at any time: a window without a record is computed again.
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

#: Property of a record: `Part.sha256`.
COMPUTED_FROM = "lunaroxide:computed_from_sha256"


#: What a run that was killed at its very beginning left.
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
        """Make the folder for a job, or go on with it; no other run may work in it meanwhile.

        Raises
        ------
        RasterError
            When it holds another job's results, or anything else, or another run works in it.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RasterError(f"{self.folder} cannot be used: {error}") from error
        with sole_use(self.folder):
            self.begin(job)
            yield

    def begin(self, job: Job) -> None:
        """As `begun`, for the one who knows that no other run is there.

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
                    f"{self.folder} is not empty and holds no job.json, so it is not the folder of "
                    "an earlier run. Choose a new one."
                )
            else:
                write_json(self.job_file, job.described())
            self.windows.mkdir(exist_ok=True)
        except (OSError, ValueError) as error:
            raise RasterError(f"{self.folder} cannot be used: {error}") from error

    def require(self, job: Job) -> None:
        """Refuse to compute for a job that is not, or no longer, that of the folder.

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
        """Remove what killed processes left; none may be at work in the folder."""
        for path in list(self.folder.rglob(f"{PARTIAL}*")):
            shutil.rmtree(path, ignore_errors=True)

    def record(self, part: Part) -> Path:
        """The record of a window."""
        return self.windows / f"R{part.row:04}" / f"{part.name}.json"

    def raster(self, part: Part, product: str) -> Path:
        """A raster of a window."""
        return self.record(part).with_name(f"{part.name}_{product}.tif")

    def finished(self, job: Job, part: Part, verify: bool = False) -> dict[str, Any] | None:
        """The record of a window whose files are there in their sizes; else None.

        None too when it was computed from another job or from tiles that held something else.

        Parameters
        ----------
        job : Job
        part : Part
        verify : bool
            Also compare what the files hold with their checksums.
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
        """Have a window computed again, whatever its record says; whether it had one."""
        try:
            self.record(part).unlink()
        except FileNotFoundError:
            return False
        return True

    def remove_rasters(self, part: Part) -> None:
        """Remove those of a window that has a valid pixel no more."""
        for product in PRODUCTS:
            self.raster(part, product).unlink(missing_ok=True)

    def write_failures(self, failures: Iterable[Mapping[str, Any]]) -> None:
        """List the windows that could not be finished; no file when there are none."""
        listed = list(failures)
        if listed:
            write_json(self.failures_file, listed)
        else:
            self.failures_file.unlink(missing_ok=True)


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file; it appears whole."""
    with OutputFiles() as files:
        files.text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def checksum(file: Path) -> str:
    """SHA-256 of a file as STAC writes it: a multihash, 12 for the function and 20 for 32 bytes."""
    return "1220" + sha256(file.read_bytes())


def _require_same(there: Any, here: Mapping[str, Any], folder: Path) -> None:
    if not isinstance(there, Mapping) or there.get("format") != FORMAT:
        raise RasterError(
            f"{folder} holds the results of a run by another version of the plugin: its job.json "
            f"is not of format {FORMAT}, so it is not known what its windows were computed from. "
            "Choose a new folder."
        )
    different = [
        f"{key}: {_short(there.get(key))} there, {_short(here.get(key))} now"
        for key in {**there, **here}
        if there.get(key) != here.get(key)
    ]
    if different:
        raise RasterError(
            f"{folder} holds the results of another job. "
            + "; ".join(different)
            + ". Go on with the options of that job, or choose a new folder."
        )


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."
