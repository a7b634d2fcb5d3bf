#!/usr/bin/env bash
# joblib over Dask: a cluster of one worker with one thread gets no work, and nobody says so.
#
# One would guess: inside parallel_config("dask") tasks run on the cluster, whatever its size. A
# common cluster of one worker is a single machine with a GPU, asked from a laptop.
# What happens: joblib asks the backend how many tasks can run at once. The answer is 1, and joblib
# then runs its sequential backend: all tasks run in the process of the caller. With a second worker,
# or a second thread, the cluster is used.
# Why it matters: a grid search that is sent to the machine with the GPU trains on the laptop
# instead, and takes many times as long, without a warning. Two threads for the worker help where the
# tasks may share its device.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq \
    joblib==1.6.0 dask==2026.8.0 distributed==2026.8.0
cat > "$folder/places.py" <<'PYTHON'
import os

import distributed
import joblib
from distributed import Client


def place():
    """Return the process in which a task runs."""
    return os.getpid()


def used(n_workers, threads):
    """Tell whether the tasks of joblib run on the cluster."""
    with Client(n_workers=n_workers, threads_per_worker=threads, dashboard_address=None) as client:
        workers = set(client.run(os.getpid).values())
        with joblib.parallel_config("dask"):
            asked = joblib.effective_n_jobs()
            places = joblib.Parallel()(joblib.delayed(place)() for _ in range(6))
    print(f"workers={n_workers} threads={threads}: effective_n_jobs={asked}, "
          f"in a worker: {set(places) <= workers}, in the caller: {set(places) == {os.getpid()}}")
    return set(places) <= workers


if __name__ == "__main__":
    print("joblib", joblib.__version__, "distributed", distributed.__version__)
    assert not used(1, 1), "the only worker is used now"
    assert used(1, 2)
    assert used(2, 1)
    print("A worker alone, with one thread, gets no task.")
PYTHON
"$folder/venv/bin/python" "$folder/places.py" 2> "$folder/errors" || { cat "$folder/errors" >&2; exit 1; }
