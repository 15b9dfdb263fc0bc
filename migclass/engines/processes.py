"""Scoring in several processes of this machine. The model travels to each of them once."""

import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from threading import Thread
from time import sleep
from typing import Any

import pyarrow as pa

from migclass.engines import score_batch
from migclass.errors import MigclassError
from migclass.inputs import DocumentBatch
from migclass.tagging import Tagger

# Batches that are under way for each process: enough that none stands idle, few enough that memory stays small,
# and no more than loky hands out at once, for it stumbles over others when it is stopped.
_AHEAD = 2
# A process has one core to itself, so the libraries in it make no threads.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
# Seconds between looks at whether the process that started this one is still there.
_LOOK = 1.0
# What a process keeps from its start on.
_kept: dict[str, Any] = {}


def score_in_processes(tagger: Tagger, batches: Iterable[DocumentBatch], *, sentences: bool, jobs: int) -> Iterator[pa.RecordBatch]:
    """Score batches in ``jobs`` processes; arguments, result and errors as `migclass.engines.score_documents`."""
    from joblib.externals.loky import ProcessPoolExecutor
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    executor = ProcessPoolExecutor(jobs, initializer=_start, initargs=(tagger, sentences), env=_ONE_THREAD)
    waiting: deque[Any] = deque()
    try:
        for batch in batches:
            waiting.append(executor.submit(_score, batch))
            if len(waiting) == _AHEAD * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except TerminatedWorkerError:
        raise MigclassError(f"one of {jobs} worker processes was killed, perhaps for want of memory; try fewer with --jobs") from None
    finally:
        executor.shutdown(kill_workers=True)


def _start(tagger: Tagger, sentences: bool) -> None:
    # Whoever presses Ctrl-C ends the run; the process that started this one sees to it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pa.set_cpu_count(1)
    Thread(target=_end_with, args=[os.getppid()], daemon=True).start()
    _kept.update(tagger=tagger, sentences=sentences)


def _end_with(parent: int) -> None:
    """End this process when its parent has gone without a word, killed for example; nobody waits for its work."""
    while os.getppid() == parent:
        sleep(_LOOK)
    os._exit(1)


def _score(batch: DocumentBatch) -> pa.RecordBatch:
    return score_batch(_kept["tagger"], batch, sentences=_kept["sentences"])
