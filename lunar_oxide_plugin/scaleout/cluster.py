"""Compute windows on the workers of a Dask cluster.

The scheduler holds only two windows per worker thread at a time, so that the number of windows does
not burden it. When a worker is lost, the scheduler gives its window to another worker. A window
that fails, or with which several workers are lost, is tried again later.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from functools import lru_cache, partial
from itertools import islice
from queue import Empty, Queue
from typing import Any

from ..core.errors import LunarOxideError
from ..core.threads import ThreadPool
from .agreement import ARITHMETIC, differences, facts
from .job import Job, Part
from .window import Outcome, in_words, predict_window

#: Windows submitted per worker thread: one being computed and one waiting.
_AHEAD = 2

#: Seconds between two checks of the cluster while no window ends.
_PATIENCE = 1.0

#: Results fetched from workers at the same time.
_FETCHED = 16

#: Run by local workers: Ctrl-C in a terminal reaches them too, but this process ends them.
_NOT_INTERRUPTED = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"

_INSTALL = (
    "Dask is not installed. Run pip install -r requirements/scaleout.txt, or compute in this "
    "process with --workers 0."
)

#: What distributed needs to make certificates.
_INSTALL_TLS = (
    "The workers on this machine use encrypted connections, which need the Python package "
    "cryptography. Run pip install -r requirements/scaleout.txt, or compute in this process with "
    "--workers 0."
)

#: Anyone who can reach a port of a Dask cluster can run code in it.
_OPEN = (
    "The connections of this cluster are not encrypted: anyone who can reach its ports can run "
    "programs as you. docs/scaleout.md describes how to use TLS."
)

_GONE = (
    "The connection to the scheduler was lost. Start the scheduler and its workers again, then run "
    "the same command: finished windows are kept."
)


class ClusterError(LunarOxideError):
    """The cluster cannot be used."""


class UnfitWorkerError(LunarOxideError):
    """A worker that joined later would compute other pixels.

    Parameters
    ----------
    address : str
        Of the worker.
    reason : str
    """

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(address, reason)
        self.address = address
        self.reason = reason


@contextmanager
def local_cluster(workers: int, dashboard: str | None = None) -> Iterator[Any]:
    """A client of worker processes on this machine, which end with it.

    Other users of the machine cannot run code in them: their ports accept only connections with
    the certificate made for this cluster. Workers receive its key through a pipe; it is on the disk
    only while a process loads it, in a folder that others cannot read.

    Parameters
    ----------
    workers : int
    dashboard : str, optional
        Address of Dask's dashboard, such as 127.0.0.1:8787, open to anyone who can reach it.

    Raises
    ------
    ClusterError
        When Dask, or the package it needs for certificates, is not installed.
    """
    distributed = _import_distributed()
    import dask

    try:
        security = distributed.Security.temporary()
    except ImportError as error:
        raise ClusterError(_INSTALL_TLS) from error
    # Writable by this user only: scheduler and workers first look there for Python modules.
    folder = tempfile.mkdtemp(prefix="lunar_oxide_workers-")
    settings: dict[str, Any] = {
        "temporary-directory": folder,
        # Dask always starts HTTP servers; without pages they do not reveal addresses.
        "distributed.worker.http.routes": [],
    }
    if dashboard is None:
        settings["distributed.scheduler.http.routes"] = []
    try:
        with dask.config.set(settings):
            cluster = distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                security=security,
                # 0: any free port, as another cluster may use the default
                dashboard_address=dashboard or "127.0.0.1:0",
                scheduler_kwargs={"dashboard": dashboard is not None},
                silence_logs=logging.CRITICAL,
                preload=[_NOT_INTERRUPTED],
            )
        with cluster, distributed.Client(cluster) as client:
            yield client
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def remote_cluster(scheduler: str | None, scheduler_file: str | None, wait: float) -> Iterator[Any]:
    """A client of a running scheduler with at least one worker.

    Certificates for tls:// come from Dask's configuration.

    Parameters
    ----------
    scheduler : str, optional
        Its address, such as tls://node:8786.
    scheduler_file : str, optional
        The file to which it wrote its address.
    wait : float
        Seconds to wait for the scheduler and for a first worker.

    Raises
    ------
    ClusterError
        When there is no scheduler or no worker.
    """
    distributed = _import_distributed()
    named = scheduler or scheduler_file
    try:
        client = distributed.Client(scheduler, scheduler_file=scheduler_file, timeout=wait)
    except (OSError, ValueError) as error:
        raise ClusterError(f"No scheduler could be reached at {named}: {error}") from error
    except (TypeError, RuntimeError) as error:  # from encryption settings
        raise ClusterError(
            f"The connection to the scheduler at {named} failed: {error}. Set its certificates in "
            "Dask's configuration (distributed.comm.tls), see docs/scaleout.md."
        ) from error
    with client:
        try:
            with _scheduler_needed():
                client.wait_for_workers(1, timeout=wait)
        except TimeoutError as error:
            raise ClusterError(
                f"The scheduler at {named} had no worker within {wait:g} s. Start workers, or wait "
                "longer with --wait."
            ) from error
        yield client


def _import_distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise ClusterError(_INSTALL) from error
    # Lost workers and connections reach us as failures, so their log messages are not needed.
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return distributed


def require_agreement(client: Any, job: Job, folder: str) -> list[str]:
    """Check that every worker computes the same pixels as this process.

    Returns
    -------
    list of str
        Notes for the user.

    Raises
    ------
    ClusterError
        When some do not; names them and the reasons.
    """
    here = facts(job, folder)
    with _scheduler_needed():
        there = client.run(facts, job, folder, on_error="return")
    reasons: dict[str, list[str]] = {}
    for worker, found in there.items():
        wrong = [in_words(found)] if isinstance(found, BaseException) else differences(here, found)
        for reason in wrong:
            reasons.setdefault(reason, []).append(worker)
    if reasons:
        listed = "\n".join(
            f"  {reason} ({len(workers)} of {len(there)} workers, for example {workers[0]})"
            for reason, workers in reasons.items()
        )
        raise ClusterError(
            "Some workers cannot compute this run. Install the same environment on all machines, "
            "with the plugin, model, inputs and output under the same paths:\n"
            f"{listed}"
        )
    others = [worker for worker, found in there.items() if found[ARITHMETIC] != here[ARITHMETIC]]
    notes = [] if client.scheduler.address.startswith("tls://") else [_OPEN]
    if others:
        notes.append(
            f"{len(others)} of {len(there)} workers, for example {others[0]}, have processors that "
            "round differently, so pixels differ in the last bits. If that matters, use workers "
            "with one type of processor."
        )
    return notes


def threads_of_workers(client: Any) -> dict[str, int]:
    """The number of threads of each worker, by address, from the scheduler.

    Raises
    ------
    ClusterError
        When the scheduler is lost.
    """
    with _scheduler_needed():
        found: dict[str, int] = client.nthreads()
    return found


def _fetch(fetchers: ThreadPool, ended: Queue[tuple[Any, Any]], future: Any) -> None:
    """Have a thread fetch the result of a window."""
    try:
        with suppress(RuntimeError):  # the run has ended
            fetchers.submit(lambda: ended.put((future, _end(future))))
    except LunarOxideError as error:  # no thread could be started
        ended.put((future, error))


def compute_on_cluster(
    client: Any, job: Job, parts: Iterable[Part], folder: str, threads: int, attempts: int
) -> Iterator[Outcome | str | None]:
    """Compute windows on the workers.

    Yields
    ------
    Outcome
        Of each window, in the order in which they end.
    str
        A note for the user.
    None
        When no window has ended for a second.

    Raises
    ------
    ClusterError
        When the scheduler is lost.
    """
    expected = tuple(facts(job, folder).items())
    new, again = iter(parts), deque[tuple[Part, int]]()
    under_way: dict[Any, tuple[Part, int]] = {}
    ended: Queue[tuple[Any, dict[str, Any] | BaseException]] = Queue()
    # In threads, so that a hanging worker delays only its own results.
    fetchers = ThreadPool(_FETCHED, "fetch")
    fetch = partial(_fetch, fetchers, ended)
    limit = _Limit(client)

    def waiting() -> Iterator[tuple[Part, int]]:
        """Windows to submit, with the number of the attempt; failed ones last."""
        yield from ((part, 1) for part in new)
        while again:
            yield again.popleft()

    def submit_more() -> None:
        for part, attempt in islice(waiting(), max(limit() - len(under_way), 0)):
            future = client.submit(
                _on_worker,
                job,
                part,
                folder,
                threads,
                expected,
                key=f"window-{part.name}-{attempt}-{time.monotonic_ns()}",
                pure=False,
            )
            under_way[future] = part, attempt
            future.add_done_callback(fetch)

    try:
        submit_more()
        while under_way:
            try:
                future, end = ended.get(timeout=_PATIENCE)
            except Empty:
                _require_scheduler(client)
                submit_more()
                yield None
                continue
            part, attempt = under_way.pop(future)
            if not isinstance(end, BaseException):
                yield Outcome(part, end, "", attempt)
            elif isinstance(end, UnfitWorkerError):
                with _scheduler_needed():
                    client.retire_workers([end.address], close_workers=True)
                again.append((part, attempt))
                yield f"The worker {end.address} was removed: {end.reason}"
            elif attempt < attempts:
                again.append((part, attempt + 1))
            else:
                yield Outcome(part, None, in_words(end), attempt)
            _require_scheduler(client)
            submit_more()
    finally:
        fetchers.shutdown(wait=False, cancel_futures=True)
        if under_way and client.status == "running":
            with suppress(OSError):  # the scheduler may stop at this moment
                client.cancel(list(under_way), force=True)


class _Limit:
    """How many windows may be submitted; asks the scheduler once a second."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._asked = 0.0
        self._limit = _AHEAD

    def __call__(self) -> int:
        if time.monotonic() - self._asked > _PATIENCE:
            self._asked = time.monotonic()
            self._limit = _AHEAD * max(sum(threads_of_workers(self._client).values()), 1)
        return self._limit


def _on_worker(
    job: Job, part: Part, folder: str, threads: int, expected: tuple[tuple[str, str], ...]
) -> dict[str, Any]:
    """Predict a window, on a worker that computes the same as the others."""
    wrong = _unfit(job, folder, expected)
    if wrong:
        from distributed import get_worker

        raise UnfitWorkerError(get_worker().address, "; ".join(wrong))
    return predict_window(job, part, folder, threads)


@lru_cache(1)
def _unfit(job: Job, folder: str, expected: tuple[tuple[str, str], ...]) -> list[str]:
    """Why this worker must not compute; checked once, as it may have joined later."""
    try:
        found: Mapping[str, str] = facts(job, folder)
    except LunarOxideError as error:
        return [str(error)]
    return differences(dict(expected), found)


def _end(future: Any) -> dict[str, Any] | BaseException:
    """The record of a window that has ended, or why there is none."""
    try:
        if future.status == "finished":
            record: dict[str, Any] = future.result()
            return record
        if future.status == "error":
            error: BaseException = future.exception()
            return error
    except (OSError, CancelledError):
        pass  # of the connection, not an error of the worker
    return ClusterError("The cluster lost this window, or another client cancelled it.")


@contextmanager
def _scheduler_needed() -> Iterator[None]:
    """Report a scheduler that stops during a call."""
    try:
        yield
    except TimeoutError:  # a subclass of OSError, but the scheduler is running
        raise
    except OSError as error:
        raise ClusterError(_GONE) from error


def _require_scheduler(client: Any) -> None:
    if client.status != "running":
        raise ClusterError(_GONE)
