# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A function called for many files, by the processes of this machine or by the workers of a cluster."""
import concurrent.futures
import contextlib
import os
import pickle
import queue
import signal
import threading
import time
import traceback
import warnings
from collections import deque
from concurrent.futures import BrokenExecutor, CancelledError, Executor
from dataclasses import dataclass

from gnuradio.stft.optional_modules import load

PURPOSE = "work on other machines"
_ATTEMPTS = 3             # of a call whose worker dies, the first one in company, the others alone
_MOST_DEATHS = 10         # in a row, after which workers are taken for unable to work
_SECONDS_TO_END = 3.0     # that a worker has for its temporary files
_SECONDS_TO_LOOK = 1.0    # between looks at a cluster
_TERMINATED = 128 + signal.SIGTERM


@dataclass(frozen=True)
class Outcome:
    """What became of a call.

    value: what the function returned, None if it failed
    error: what it raised, or None; RuntimeError if its worker died, again and again
    traceback: of the error, as text
    seconds: that the call took, in the worker
    """

    value: object = None
    error: Exception = None
    traceback: str = ""
    seconds: float = 0.0

    @property
    def done(self):
        return self.error is None


def batch(function, files, client=None, *, jobs=None, progress=None):
    """Calls function(file) for each of `files`, in several processes at a time.

    function: takes one file and returns what pickle can take. In a script its call stands below
        ``if __name__ == "__main__":``, since processes import the script; a function that a notebook defines needs
        python3-cloudpickle.
    files: any iterable of names, or of whatever the function takes.
    client: None: processes of this machine; a distributed.Client: the workers that it reaches; an Executor of
        concurrent.futures, or of what has the same interface (mpi4py.futures).
    jobs: number of processes where client is None; by default that of the processors that this process may use.
    progress: called with (file, Outcome) as calls end, in whatever order.

    Returns a list of Outcome in the order of `files`. A call that raises keeps no other from being made. If a process
    dies, what it had begun is begun again by another; a file that is there at three deaths has failed. Values do not
    depend on which process computes them, as long as GR_STFT_PLANNER is estimate and the processors are of one kind.

    ValueError, TypeError: jobs, or client, is not as above. ConnectionError: the scheduler of `client` is lost.

    >>> from gnuradio import stft
    >>> [outcome.value for outcome in stft.batch(len, ["a", "bc"], jobs=1)]
    [1, 2]
    """
    items = enumerate(files)
    results = []
    for group in outcomes(function, lambda: next(items, None), client, jobs=jobs, key=1):
        for (number, file), outcome in group:
            results += [None] * (number + 1 - len(results))
            results[number] = outcome
            if progress is not None:
                progress(file, outcome)
    return results


def outcomes(function, take, client=None, *, jobs=None, key=None):
    """Generates lists of (item, Outcome) of function(item), or of function(item[key]), as they end.

    take: called when there is room for more work, returns an item, or None where there is none for now; the end is
        reached when there is none and all calls have ended. So an outcome may lead to further items.
    Closing the generator, or an exception that ends it, stops the workers of this machine: SIGTERM is raised in
    them, after which temporary files have three seconds to go.
    """
    crew = _crew(function, client, jobs)
    with crew:
        yield from _ended(crew, take, key)


def processors():
    """Number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _ended(crew, take, key):
    """The lists that outcomes() generates, and what becomes of calls whose worker dies.

    When a worker dies, so does the executor, with all calls that it had: nobody knows which of them killed it. All of them become
    suspects, which are called again one at a time, in another executor. A suspect that ends is cleared; one that has
    been there at _ATTEMPTS deaths has failed. Workers that die without any call that ended between are not the calls' fault.
    """
    ended = queue.SimpleQueue()
    running = {}  # items by their futures
    suspects = deque()
    deaths = {}  # number of them by id(item)
    in_a_row = 0  # deaths since a call last ended

    def begin(item):
        future = crew.submit(item if key is None else item[key])
        running[future] = item
        future.add_done_callback(ended.put)

    while True:
        while len(running) < (1 if suspects else crew.window):
            item = suspects[0] if suspects else take()
            if item is None:
                break
            begin(item)
            if suspects:
                break
        if not running:
            return
        alone = bool(suspects)
        group, lost = [], []
        for future in _some(ended, running, crew):
            item = running.pop(future)
            outcome = _outcome(future)
            if outcome is None:
                lost.append(item)
            else:
                group.append((item, outcome))
                deaths.pop(id(item), None)
        if lost:  # the executor is broken, and has given up whatever it had
            lost += running.values()
            running.clear()
            ended = queue.SimpleQueue()
            in_a_row = 0 if group else in_a_row + 1
            if in_a_row == _MOST_DEATHS:
                raise RuntimeError(f"{in_a_row} workers in a row have died; a script's call must stand below "
                                   "if __name__ == '__main__'")
            crew.restart()
        else:
            in_a_row = 0
        if alone and not lost:
            suspects.popleft()
        for item in lost:
            deaths[id(item)] = deaths.get(id(item), 0) + 1
            if deaths[id(item)] >= _ATTEMPTS:
                error = RuntimeError(f"its worker died, {deaths.pop(id(item))} times")
                group.append((item, Outcome(error=error)))
                if alone:
                    suspects.popleft()
            elif not alone:
                suspects.append(item)
        if group:
            yield group


def _some(ended, running, crew):
    """Futures that have ended, at least one; waits for it."""
    while True:
        with contextlib.suppress(queue.Empty):
            found = [ended.get(timeout=_SECONDS_TO_LOOK)]
            break
        crew.look()
    with contextlib.suppress(queue.Empty):
        while True:
            found.append(ended.get_nowait())
    return [future for future in found if future in running]


def _outcome(future):
    """None if the worker died."""
    try:
        return future.result()
    except BrokenExecutor:
        return None
    except CancelledError:
        raise ConnectionError("the scheduler has cancelled what was asked of it") from None
    except Exception as error:  # of the executor: a value that cannot be sent, a worker that died at each attempt
        return Outcome(error=error)


def _crew(function, client, jobs):
    if client is None:
        return _Processes(function, processors() if jobs is None else jobs)
    if isinstance(client, Executor):
        return _Others(function, client)
    if hasattr(client, "get_executor"):
        return _Cluster(function, client)
    raise TypeError(f"client: {type(client).__name__}: must be a distributed.Client or an Executor")


class _Processes:
    """Processes of this machine. They begin with nothing of this one's threads (spawn)."""

    def __init__(self, function, jobs):
        if isinstance(jobs, bool) or not isinstance(jobs, int) or not 1 <= jobs <= 4096:
            raise ValueError(f"jobs: {jobs}: must be an integer, 1 .. 4096")
        self._jobs = jobs
        self._function = _portable(function)
        self.window = 2 * jobs + 1

    def __enter__(self):
        self._start()

    def _start(self):
        import multiprocessing  # which takes its time to load

        context = multiprocessing.get_context("spawn")
        there, self._lifeline = context.Pipe(duplex=False)
        self._executor = concurrent.futures.ProcessPoolExecutor(self._jobs, context, _begin, (there, self._function))
        self._there = there  # which goes to each process when it begins

    def submit(self, item):
        try:
            return self._executor.submit(_call_loaded, item)
        except BrokenExecutor as broken:
            return _Broken(broken)

    def restart(self):
        self._stop()
        self._start()

    def look(self):
        pass

    def __exit__(self, kind, *_):
        if kind is None:
            self._executor.shutdown()
        self._stop()

    def _stop(self):
        self._lifeline.close()
        self._executor.shutdown(cancel_futures=True)
        self._there.close()


class _Broken:
    """A future of a call that could not be submitted."""

    def __init__(self, error):
        self._error = error

    def add_done_callback(self, call):
        call(self)

    def result(self):
        raise self._error


class _Others:
    """An Executor of the caller's."""

    window = 1000

    def __init__(self, function, executor):
        self._function, self._executor = function, executor

    def __enter__(self):
        return self

    def submit(self, item):
        return self._executor.submit(_call, self._function, item)

    def restart(self):
        raise BrokenExecutor("the executor is broken")

    def look(self):
        pass

    def __exit__(self, *_):
        pass


class _Cluster(_Others):
    """Workers that a dask.distributed.Client reaches; their scheduler decides who does what."""

    def __init__(self, function, client):
        super().__init__(function, client.get_executor(pure=False))
        self._client = client
        self._looked = None
        self.look()

    def look(self):
        """Two calls for each thread of the workers keep them from waiting for work."""
        if self._client.status not in ("running", "connecting"):
            raise ConnectionError("the connection to the scheduler is lost")
        workers = self._client.scheduler_info()["workers"].values()
        self.window = max(8, 2 * sum(worker["nthreads"] for worker in workers))
        self._looked = time.monotonic()

    def submit(self, item):
        if time.monotonic() - self._looked > _SECONDS_TO_LOOK:
            self.look()
        return super().submit(item)

    def __exit__(self, kind, *_):
        if kind is not None and self._client.status == "running":
            self._executor.shutdown(wait=False)


def connect(address, seconds=10):
    """A distributed.Client of the scheduler at `address`; ConnectionError where there is none."""
    distributed = load("distributed", PURPOSE)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # tornado's, of distributed
            client = distributed.Client(address, timeout=seconds, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise ConnectionError(f"{address}: no scheduler answers: {error}") from error
    client.loop.asyncio_loop.set_exception_handler(_forget_timeouts)
    return client


def _forget_timeouts(loop, context):
    """A client gives up connections that nobody waits for any more, also after it was closed: that is not for the log."""
    if not isinstance(context.get("exception"), (OSError, TimeoutError)):
        loop.default_exception_handler(context)


# In a worker


_worker = None  # what a process of this machine keeps


@dataclass
class _Worker:
    payload: bytes
    busy: bool = False
    function: object = None


class _Terminated(BaseException):
    """SIGTERM in a call."""


def _begin(lifeline, payload):
    """Initializes a process of this machine."""
    global _worker
    _worker = _Worker(payload)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all, and the first process decides
    signal.signal(signal.SIGTERM, _terminate)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def _end_with(lifeline):
    """Ends this process when the first one closes the pipe, or dies."""
    from multiprocessing.connection import wait

    wait([lifeline])
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_SECONDS_TO_END)
    os._exit(_TERMINATED)


def _terminate(*_):
    if not _worker.busy:
        os._exit(_TERMINATED)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what cleans up is not disturbed
    raise _Terminated


def _call_loaded(item):
    _worker.busy = True
    try:
        try:
            if _worker.function is None:
                _worker.function = pickle.loads(_worker.payload)
        except Exception as error:
            return _failure(error, 0.0)
        return _call(_worker.function, item)
    except _Terminated:
        os._exit(_TERMINATED)  # the executor waits for it
    finally:
        _worker.busy = False


def _call(function, item):
    began = time.perf_counter()
    try:
        value = function(item)
    except (Exception, SystemExit) as error:
        return _failure(error, time.perf_counter() - began)
    return Outcome(value, seconds=time.perf_counter() - began)


def _failure(error, seconds):
    text = "".join(traceback.format_exception(error))
    if isinstance(error, SystemExit):
        error = RuntimeError(f"exit status {error.code}")
    try:
        error = pickle.loads(pickle.dumps(error.with_traceback(None)))
    except Exception:
        error = RuntimeError(f"{type(error).__name__}: {error}")
    return Outcome(error=error, traceback=text, seconds=seconds)


def _portable(function):
    """The function as bytes; what a notebook or a script defines goes with its code."""
    with contextlib.suppress(Exception):
        payload = pickle.dumps(function)
        if b"__main__" not in payload:
            return payload
    return load("cloudpickle", "a function that is not a module's").dumps(function)
