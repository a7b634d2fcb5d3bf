"""The files of recorded trainings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock

from nnest._storage import append_line, check_writable, reason_of
from nnest.exceptions import ResultsError
from nnest.results._lines import LONGEST_LINE, read_file, state_of
from nnest.results._reserve import lock_all
from nnest.results._run import Run

Key = tuple[str, str, str, int, str, str]

#: Seconds to wait for another process that writes to the same report.
_LOCK_SECONDS = 60


class ResultStore:
    """Recorded runs in a folder, in one file of JSON lines for each experiment.

    Lines are only ever added. Of two runs with one key the first counts.

    Parameters
    ----------
    folder : str or pathlib.Path
        The folder; it is made when the first run is appended.

    Notes
    -----
    A line is written under a lock and flushed to the disk before `append` returns. A process
    that is killed while it writes leaves a torn last line: reading skips it, and the next
    `append` cuts it off. A line that is not whole anywhere else is an error, because nothing
    that nnest does leaves one.

    Examples
    --------
    >>> ResultStore("no/such/folder").read("boyer-2019")
    []
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._keys: dict[Path, tuple[tuple[int, ...], frozenset[Key]]] = {}

    def path(self, report: str, experiment: str) -> Path:
        """Return the file of an experiment.

        Parameters
        ----------
        report, experiment : str
            The keys of both.

        Returns
        -------
        pathlib.Path
            The file, whether it exists or not.
        """
        return self.folder / report / f"{experiment}.jsonl"

    def append(self, run: Run) -> None:
        """Add a run as the last line of its experiment's file.

        Parameters
        ----------
        run : Run
            The run.

        Raises
        ------
        ResultsError
            If it cannot be written; the error's ``line`` then holds the run.
        ValueError
            If the run is too large for a line.
        """
        line = run.to_json()
        if len(line) > LONGEST_LINE:
            raise ValueError(
                f"The run takes {len(line)} characters, but a line holds {LONGEST_LINE}: record "
                "fewer numbers for each epoch."
            )
        path = self.path(run.report, run.experiment)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(path.with_name(".lock"), timeout=_LOCK_SECONDS):
                append_line(path, line.encode() + b"\n")
        except (OSError, NotImplementedError) as error:
            raise ResultsError(
                f"Cannot record a run in {str(path)!r}: {reason_of(error)}. The run is not lost: "
                "the line of JSON that comes with this error can be appended to that file once "
                "it can be written; or choose another folder with --results.",
                line,
            ) from error

    def check_writable(self, report: str) -> None:
        """Find out whether runs can be recorded, before time is spent on a training.

        Parameters
        ----------
        report : str
            The key of the report.

        Raises
        ------
        ResultsError
            If the folder cannot be made or written.
        """
        folder = self.folder / report
        try:
            check_writable(folder)
            with FileLock(folder / ".lock", timeout=_LOCK_SECONDS):
                pass
        except (OSError, NotImplementedError) as error:
            raise ResultsError(
                f"Cannot record runs in {str(folder)!r}: {reason_of(error)}. Make it writable, or "
                "choose another folder with --results."
            ) from error

    @contextmanager
    def reserve(self, keys: Collection[Key]) -> Iterator[bool]:
        """Keep other processes from doing the same trainings.

        A reservation ends with the block or with its process, however that ends.

        Parameters
        ----------
        keys : collection of tuple
            The keys of the trainings (see `Run.key`).

        Yields
        ------
        bool
            Whether all of them are reserved now; False where another process has one of them, and
            then none is.

        Raises
        ------
        ResultsError
            If the folder cannot be written.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> key = ("demo", "dropout", "none", 0, "smoke", "d0")
        >>> with TemporaryDirectory() as folder, ResultStore(folder).reserve([key]) as ours:
        ...     ours
        True
        """
        with ExitStack() as held:
            yield lock_all(self.folder / ".running" / "reserved", keys, held)

    def read(self, report: str, experiment: str | None = None) -> list[Run]:
        """Return the recorded runs of a report in the order of their lines.

        Parameters
        ----------
        report : str
            The key of the report.
        experiment : str or None, default=None
            The key of an experiment; None reads all, by file name.

        Returns
        -------
        list of Run
            All runs, repeated and stale ones too; empty where nothing is recorded.

        Raises
        ------
        ResultsError
            If a file cannot be read, or holds a line that is no run of that experiment.
        """
        if experiment is None:
            paths = sorted((self.folder / report).glob("*.jsonl"))
        else:
            paths = [self.path(report, experiment)]
        return [run for path in paths for _, run in read_file(path)]

    def keys(self, report: str, experiment: str) -> frozenset[Key]:
        """Return the keys of the recorded runs of an experiment.

        The file is read again only after its size or its time has changed.

        Parameters
        ----------
        report, experiment : str
            The keys of both.

        Returns
        -------
        frozenset of tuple
            The keys (see `Run.key`), stale ones too.

        Raises
        ------
        ResultsError
            If the file cannot be read, or holds a line that is no run of that experiment.

        Examples
        --------
        >>> ResultStore("no/such/folder").keys("boyer-2019", "final")
        frozenset()
        """
        path = self.path(report, experiment)
        # Looked at before the file is read: what is added meanwhile is then seen the next time.
        state = state_of(path)
        known = self._keys.get(path)
        if known is None or known[0] != state:
            known = state, frozenset(run.key for _, run in read_file(path))
            self._keys[path] = known
        return known[1]

    def numbered(self, report: str, experiment: str) -> list[tuple[int, Run]]:
        """Return the recorded runs of an experiment with the numbers of their lines.

        Parameters
        ----------
        report, experiment : str
            The keys of both.

        Returns
        -------
        list of (int, Run)
            The number of the line, from 1, and the run.

        Raises
        ------
        ResultsError
            If the file cannot be read, or holds a line that is no run of that experiment.
        """
        return list(read_file(self.path(report, experiment)))

    def select(
        self, report: str, experiment: str, arm: str, scale: str, digest: str
    ) -> dict[int, Run]:
        """Return the runs that count for an arm.

        Parameters
        ----------
        report, experiment, arm, scale, digest : str
            All of a run's key but the seed.

        Returns
        -------
        dict of int to Run
            The first run of each seed, seeds ascending.

        Raises
        ------
        ResultsError
            If the file cannot be read, or holds a line that is no run of that experiment.
        """
        found: dict[int, Run] = {}
        for run in self.read(report, experiment):
            if (run.arm, run.scale, run.digest) == (arm, scale, digest):
                found.setdefault(run.seed, run)
        return dict(sorted(found.items()))

    def conflicts(self, report: str) -> list[Key]:
        """Return the keys under which runs with different final numbers are recorded.

        Parameters
        ----------
        report : str
            The key of the report.

        Returns
        -------
        list of tuple
            Those keys (see `Run.key`), in the order of their first difference.

        Raises
        ------
        ResultsError
            If a file cannot be read, or holds a line that is no run of its experiment.
        """
        return conflicting_keys(self.read(report))

    def stale(self, report: str, digests: Collection[str]) -> list[Run]:
        """Return the runs that belong to none of the given digests.

        Parameters
        ----------
        report : str
            The key of the report.
        digests : collection of str
            The digests of the declarations as they are now.

        Returns
        -------
        list of Run
            Runs of earlier settings, which are kept but not used.

        Raises
        ------
        ResultsError
            If a file cannot be read, or holds a line that is no run of its experiment.
        """
        return [run for run in self.read(report) if run.digest not in digests]


def conflicting_keys(runs: Iterable[Run]) -> list[Key]:
    """Return the keys under which runs with different final numbers are recorded.

    Parameters
    ----------
    runs : iterable of Run
        Runs in the order of their lines.

    Returns
    -------
    list of tuple
        Those keys (see `Run.key`), in the order of their first difference.

    Examples
    --------
    >>> from nnest.results import conflicting_keys
    >>> conflicting_keys([])
    []
    """
    first: dict[Key, Run] = {}
    found: dict[Key, None] = {}
    for run in runs:
        known = first.setdefault(run.key, run)
        if (known.final, known.confusion) != (run.final, run.confusion):
            found[run.key] = None
    return list(found)
