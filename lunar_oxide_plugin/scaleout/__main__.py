"""Predict a mosaic that is too large for one machine, window by window on a Dask cluster.

The mosaic is cut into windows. Each window is written to OUTPUT/windows as one cloud-optimised
GeoTIFF per product; at the end, a VRT per product and a STAC collection cover all windows. The
pixels do not depend on the windows, workers or threads. To resume after an interruption, run the
same command again: finished windows are kept. An argument @FILE is replaced by the lines of that
file, for example a long list of tiles. Exit code 0: all windows are finished; 1: some windows
failed, or the run could not start; 130: interrupted. Runbook: docs/scaleout.md.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NamedTuple

from ..core.errors import LunarOxideError
from ..core.models.model import BUNDLED, DEFAULT_MODEL
from ..core.threads import available_cores
from ..raster.maps.prediction import model_metadata
from ..raster.sources.mosaic import Mosaic
from ..raster.writing.storage import Kind
from . import cluster
from .index import Finished, remove_index, write_index
from .job import Job, Part, absolute_name, make_job, open_mosaic
from .models import model_of
from .progress import Progress
from .results import Results
from .tiles import Reading
from .window import Outcome, compute_here


class _Parser(argparse.ArgumentParser):
    """Reads one argument from each line of an @FILE, and ignores empty lines."""

    def convert_arg_line_to_args(self, arg_line: str) -> list[str]:
        line = arg_line.lstrip("\ufeff")  # which Windows' editors put before the first
        return [line] if line.strip() else []

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        try:
            return super().parse_known_args(args, namespace)
        except UnicodeDecodeError as error:  # UTF-16 is what PowerShell's > writes
            self.error(f"an @FILE is not in UTF-8 ({error.reason}). Save it in that encoding")


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    made = _Parser(
        prog="python -m lunar_oxide_plugin.scaleout",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        fromfile_prefix_chars="@",
    )
    made.add_argument(
        "input",
        nargs="+",
        metavar="INPUT",
        help="MI tiles, rasters of the eight MI bands, a VRT of them, or folders of MI products. "
        "Any name that GDAL reads (/vsis3/..., /vsicurl/...) and that is valid on all workers",
    )
    made.add_argument(
        "--output",
        required=True,
        metavar="FOLDER",
        help="a new folder, or that of the run to resume; on a file system shared by all workers",
    )
    what = made.add_argument_group("what is computed")
    default, _ = BUNDLED[DEFAULT_MODEL]
    what.add_argument(
        "--model",
        default=default,
        metavar="ID_OR_FILE",
        help=f"{', '.join(name for name, _ in BUNDLED)} or an .onnx file (default: {default})",
    )
    what.add_argument("--uncertainty", action="store_true", help="also write 1 sigma")
    what.add_argument("--domain", action="store_true", help="also write the domain distance")
    what.add_argument(
        "--storage",
        type=str.lower,
        choices=[kind.name.lower() for kind in Kind],
        default=Kind.FLOAT32.name.lower(),
        help="data type and compression: float32, lossless, in the fastest compression of "
        "this GDAL (default) or in deflate; lerc, with errors of at most 0.001 wt%%; uint16, in "
        "steps of 0.001 wt%%",
    )
    what.add_argument(
        "--extent",
        nargs=4,
        type=float,
        metavar=("WEST", "SOUTH", "EAST", "NORTH"),
        help="map only this part, in degrees; to cross 180 degrees give for example 179 ... 181",
    )
    what.add_argument(
        "--bands",
        type=_numbers,
        metavar="N,N,...",
        help="eight band numbers, if the files do not identify their bands",
    )
    what.add_argument(
        "--scale", type=float, help="reflectance per stored value, replacing that of the files"
    )
    what.add_argument(
        "--no-mask-shadow", dest="mask_shadow", action="store_false", help="keep pixels in shadow"
    )
    what.add_argument(
        "--window",
        type=_count,
        default=2048,
        metavar="PIXELS",
        help="width and height of a window (default: 2048, the size of an MI tile; about 15 s on "
        "one core). Smaller windows use more cores and lose less work with a worker, but make more "
        "files. Choose at least four windows per core; multiples of 256 are read fastest",
    )
    where = made.add_argument_group("where it is computed")
    where.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="address of a Dask scheduler, for example tls://HOST:8786",
    )
    where.add_argument(
        "--scheduler-file", metavar="FILE", help="file with the address of a Dask scheduler"
    )
    where.add_argument(
        "--wait",
        type=float,
        default=300.0,
        metavar="SECONDS",
        help="time to wait for the scheduler and its first worker (default: 300)",
    )
    where.add_argument(
        "--workers",
        type=_count_or_none,
        metavar="N",
        help="processes on this machine, if no scheduler is given (default: one per core); "
        "0: compute in this process, without Dask",
    )
    where.add_argument(
        "--threads",
        type=_count,
        default=1,
        metavar="N",
        help="threads in each worker (default: 1, best with one worker per core)",
    )
    where.add_argument(
        "--attempts",
        type=_count,
        default=3,
        metavar="N",
        help="attempts per window before it is listed in failures.json (default: 3)",
    )
    where.add_argument(
        "--dashboard",
        metavar="ADDRESS",
        help="serve the dashboard of the local cluster at this address, such as 127.0.0.1:8787; "
        "anyone who can reach it, also other users of this machine, can see it (default: none)",
    )
    where.add_argument(
        "--verify",
        action="store_true",
        help="check finished windows by their checksums, not only by their sizes",
    )
    return made


class _Plan(NamedTuple):
    """A run that is ready to start."""

    job: Job
    parts: list[Part]
    results: Results
    mosaic: Mosaic


def main(arguments: list[str] | None = None) -> int:
    """Run; returns the exit code."""
    made = parser()
    options = made.parse_args(arguments)
    if sum(given is not None for given in _places(options)) > 1:
        made.error("give only one of --scheduler, --scheduler-file and --workers")
    try:
        with _interrupted_by_sigterm():
            return _run(options)
    except KeyboardInterrupt:
        _say("Interrupted. To resume, run the same command again: finished windows are kept.")
        return 130
    except (LunarOxideError, OSError) as error:  # OSError: for example a file cannot be removed
        _say(f"scaleout: {error}")
        return 1


def _places(options: argparse.Namespace) -> tuple[Any, ...]:
    return options.scheduler, options.scheduler_file, options.workers


def _run(options: argparse.Namespace) -> int:
    """Compute what is missing, then write the index; 1 when windows failed."""
    plan = _plan(options)
    with plan.results.begun(plan.job):
        return _work(options, plan)


def _work(options: argparse.Namespace, plan: _Plan) -> int:
    """Do the work of `_run` while its folder is locked."""
    results, parts = plan.results, plan.parts
    results.remove_partial_files()
    results.write_failures(())  # windows that failed before are tried again
    progress = Progress(sys.stderr, len(parts), sum(part.window.size for part in parts))
    finished: dict[Part, Finished] = {}
    again = 0
    for part in parts:
        record = results.finished(plan.job, part, options.verify)
        if record is None:
            again += results.forget(part)
        else:
            finished[part] = Finished.of(part, record)
            progress.add(part.window.size, computed=False)
    missing = [part for part in parts if part not in finished]
    _say(
        f"{len(parts)} windows of {plan.job.window} pixels over {plan.job.grid.width} x "
        f"{plan.job.grid.height}, {len(finished)} of them already finished."
    )
    if again:
        _say(
            f"{again} windows are computed again because their tiles have changed or their files "
            "are missing or damaged."
        )
        # Until the end it would mix old and new windows.
        remove_index(results)
    failures = []
    if missing:
        with _computing(options, plan, missing, progress) as (outcomes, workers):
            for outcome in outcomes:
                if isinstance(outcome, str):
                    progress.say(outcome)
                elif isinstance(outcome, Outcome) and outcome.record is not None:
                    finished[outcome.part] = Finished.of(outcome.part, outcome.record)
                    progress.add(outcome.part.window.size)
                elif isinstance(outcome, Outcome):
                    failures.append(outcome)
                    progress.failed += 1
                    progress.say(f"Window {outcome.part.name} failed: {outcome.error}")
                progress.show(workers)
            progress.show(workers, last=True)
    results.write_failures(_failure(outcome) for outcome in failures)
    _finish(plan, finished, len(failures))
    if failures:
        _say(
            f"{len(failures)} windows failed {options.attempts} times; {results.failures_file} "
            "lists them with the reasons. To try them again, run the same command again."
        )
    return int(bool(failures))


def _plan(options: argparse.Namespace) -> _Plan:
    """Open the inputs and plan the windows."""
    reading = Reading(options.bands, options.scale, options.mask_shadow)
    extent = tuple(options.extent) if options.extent else None
    inputs = [absolute_name(name) for name in options.input]
    products = ["oxides"]
    products += ["uncertainty"] if options.uncertainty else []
    products += ["domain_distance"] if options.domain else []
    _say("Reading the headers of the inputs ...")
    mosaic = open_mosaic(inputs, extent, reading, lambda: None)
    storage = Kind[options.storage.upper()]
    job, parts = make_job(
        mosaic, inputs, extent, reading, options.model, products, storage, options.window
    )
    return _Plan(job, parts, Results(options.output), mosaic)


@contextmanager
def _computing(
    options: argparse.Namespace, plan: _Plan, missing: list[Part], progress: Progress
) -> Iterator[tuple[Iterator[Outcome | str | None], Any]]:
    """The outcomes of the missing windows, and a function that says who computes them."""
    arguments = plan.job, missing, str(plan.results.folder), options.threads, options.attempts
    if options.workers == 0:
        yield compute_here(*arguments), lambda: "this process"
        return
    if options.scheduler or options.scheduler_file:
        connection = cluster.remote_cluster(options.scheduler, options.scheduler_file, options.wait)
    else:
        connection = cluster.local_cluster(options.workers or available_cores(), options.dashboard)
    with connection as client:
        if options.dashboard or options.scheduler or options.scheduler_file:
            progress.say(f"Dashboard: {client.dashboard_link}")
        for note in cluster.require_agreement(client, plan.job, str(plan.results.folder)):
            progress.say(note)
        yield (
            cluster.compute_on_cluster(client, *arguments),
            lambda: f"{len(cluster.threads_of_workers(client))} workers",
        )


def _finish(plan: _Plan, finished: dict[Part, Finished], failed: int) -> None:
    """Write the index and report the result."""
    valid = sum(window.valid for window in finished.values())
    model = model_of(plan.job.model_path, plan.job.model_sha256)
    metadata = {**plan.job.provenance(plan.mosaic.synthetic), **model_metadata(model)}
    metadata["LUNAR_OXIDE_VALID_PIXELS"] = str(valid)
    if failed:
        metadata["LUNAR_OXIDE_MISSING_WINDOWS"] = str(failed)
    done = [finished[part] for part in plan.parts if part in finished and finished[part].products]
    for path in write_index(plan.job, plan.results, done, metadata):
        _say(f"Wrote {path}")
    _say(f"{valid} valid pixels in {len(done)} windows.")


def _failure(outcome: Outcome) -> dict[str, Any]:
    """The entry of a failed window in failures.json."""
    return {
        "window": outcome.part.name,
        "pixels": list(outcome.part.window),
        "tiles": [name for tile in outcome.part.tiles for name in tile.names],
        "attempts": outcome.attempts,
        "error": outcome.error,
    }


@contextmanager
def _interrupted_by_sigterm() -> Iterator[None]:
    """Treat SIGTERM, which batch systems send before they kill a job, as Ctrl-C."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split(","))


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def _count_or_none(text: str) -> int:
    return 0 if text == "0" else _count(text)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
