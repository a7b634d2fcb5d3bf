"""A folder of small files that is published as one archive."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path, PurePosixPath

from nnest.datasets._archives import BROKEN, FormatError, Limits, read_zip
from nnest.datasets._cache import check_file, download, download_reason
from nnest.datasets._registry import OfficialFile
from nnest.exceptions import DatasetError

__all__ = ["fetch_bundle"]

_LIMITS = Limits(members=1000, member_bytes=64 * 2**20, total_bytes=256 * 2**20)


def fetch_bundle(source: str, sha256: str, folder: Path, suffix: str) -> None:
    """Download or copy an archive, check it, and unpack it to a folder that is not there yet.

    The folder appears when it is whole, or not at all. All files end in `suffix`.
    """
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        archive, whole = Path(scratch) / "archive.zip", Path(scratch) / folder.name
        try:
            _provide(source, OfficialFile(source, (source,), sha256.lower()), archive)
            for name, content in read_zip(archive, _LIMITS):
                if PurePosixPath(name).suffix != suffix:
                    raise FormatError(f"it holds {name!r} beside files that end in {suffix}")
                (whole / name).parent.mkdir(parents=True, exist_ok=True)
                (whole / name).write_bytes(content)
        except (OSError, *BROKEN) as error:
            raise DatasetError(
                f"{source} could not be had ({download_reason(error)}): connect to a network, or "
                "take its address and digest from where it is published now."
            ) from error
        whole.rename(folder)


def _provide(source: str, file: OfficialFile, target: Path) -> None:
    """Download or copy an archive, and compare it with its digest."""
    if source.startswith(("http://", "https://")):
        download(source, file, target)
    else:
        shutil.copyfile(source, target)
        check_file(target, file)
