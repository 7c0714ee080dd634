"""Writing results: all files of a run appear together, whole, or none of them does."""

from __future__ import annotations

import os
import shutil
import stat
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from ...core.errors import RasterError
from ..gdal_io.file_state import FileState, require_no_input, require_unchanged
from ..moon.crs import Grid
from .encoding import Classes, Colours, encoding_of
from .geotiff import Progress, RasterWriter, unwatched
from .sidecars import sidecars
from .storage import DEFAULT, BandInfo, Storage
from .work_folder import WorkFolder

#: In each of our styles; QGIS leaves it out when a user saves a style.
_OUR_STYLE = b"<!-- Lunar Oxide Mapper -->"


class OutputFiles:
    """The files a run writes, as a context: renamed to their names at its end.

    Each is written in a folder of the run's own beside its place. When the
    block ends well, all are moved; when it fails or is cancelled, all are
    removed and whatever stood under their names before is still there. What a
    run that was killed left in the same folder is removed.

    Parameters
    ----------
    inputs : mapping of str to FileState, optional
        Files that the run reads, as they were when it began: none of them may be replaced, or
        be changed by others meanwhile.
    alone : bool
        Refuse files that another run of this machine is making. Else the one that ends last wins.
    remarks : callable
        Gives what is to be said of the inputs once they have been read, which rasters carry as
        LUNAR_OXIDE_REMARKS; raises where nothing may be written of them.
    """

    def __init__(
        self,
        inputs: Mapping[str, FileState] | None = None,
        *,
        alone: bool = False,
        remarks: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._inputs = dict(inputs or {})
        self._alone = alone
        self._remarks = remarks
        self._renames: list[tuple[Path, Path]] = []
        self._writers: list[RasterWriter] = []
        self._folders: dict[Path, WorkFolder] = {}

    def __enter__(self) -> OutputFiles:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        ended = False
        try:
            if kind is None:
                self.finish()
                require_unchanged(self._inputs)
                self._rename()
                ended = True
        finally:
            for writer in self._writers:
                with suppress(RasterError):  # after a failure, closing fails once more
                    writer.close()
            for folder in self._folders.values():
                folder.remove(ended)

    def path(self, final: str | Path) -> Path:
        """A name to write to, which becomes the final one at the end.

        Raises
        ------
        RasterError
            When nothing can be written under the final name.
        """
        final = Path(final)
        try:
            self._require_place(final)
            partial = self._folder(final).new(final)
            partial.touch()
        except OSError as error:
            raise RasterError(f"{final} cannot be written: {error.strerror}.") from error
        # After it is there: of two that begin at the same time each sees the other.
        process = self._folder(final).other_process(final) if self._alone else None
        if process is not None:
            raise RasterError(
                f"{final} is being written by another run (process {process}). Wait until that "
                "ends, or choose another name."
            )
        self._renames.append((partial, final))
        return partial

    def _require_place(self, final: Path) -> None:
        """Refuse a name under which nothing may be written."""
        folder = final.absolute().parent
        _require_plain(final)
        if not folder.is_dir():
            raise RasterError(f"{final} cannot be written: there is no folder {folder}.")
        # A read-only file is somebody's decision, though it could be replaced.
        if not os.access(folder, os.W_OK) or (final.exists() and not os.access(final, os.W_OK)):
            raise RasterError(f"{final} cannot be written: no permission. Choose another place.")
        # What belongs to an earlier file of this name goes with it.
        for file in (final, *sidecars(final)):
            require_no_input(file, self._inputs, f"{final} cannot be written: it")
        if same_name(final) in [same_name(other) for _, other in self._renames]:
            raise RasterError(f"{final} is named for two outputs. Give each its own name.")

    def _folder(self, final: Path) -> WorkFolder:
        parent = final.absolute().parent
        if parent not in self._folders:
            self._folders[parent] = WorkFolder(parent)
        return self._folders[parent]

    def text(self, final: str | Path, content: str | Iterable[str]) -> None:
        """Write a text file in UTF-8, whole or line by line.

        Raises
        ------
        RasterError
            When it cannot be written.
        """
        partial = self.path(final)
        try:
            with partial.open("w", encoding="utf-8", newline="") as file:
                file.writelines([content] if isinstance(content, str) else content)
        except OSError as error:
            raise RasterError(f"{final} cannot be written: {error.strerror}.") from error

    def style(self, final: str | Path, style: Path) -> None:
        """Lay a QGIS style (.qml) beside a layer; QGIS applies it when the layer is opened.

        One that is there and not ours stays: the user's own, or that of another layer.

        Raises
        ------
        RasterError
            When it cannot be written.
        """
        beside = Path(final).with_suffix(".qml")
        try:
            if beside.is_file() and _OUR_STYLE not in beside.read_bytes():
                return
            shutil.copyfile(style, self.path(beside))
        except OSError as error:
            raise RasterError(f"{beside} cannot be written: {error.strerror}.") from error

    def raster(
        self,
        final: str | Path,
        grid: Grid,
        bands: Sequence[BandInfo],
        metadata: Mapping[str, str],
        *,
        rgba: bool = False,
        classes: Classes | None = None,
        storage: Storage = DEFAULT,
        style: Path | None = None,
        tile: tuple[int, int] | None = None,
    ) -> RasterWriter:
        """Begin a tiled, compressed GeoTIFF.

        Parameters
        ----------
        final : path
            Its name, ending in .tif.
        grid : Grid
            Its position and size.
        bands : sequence of BandInfo
            Names, units and steps of its bands.
        metadata : mapping of str to str
            Kept in the file, with LUNAR_OXIDE_STORAGE.
        rgba : bool
            Colours: Byte, four bands with alpha last, of whatever kind `storage` is.
        classes : Classes, optional
            What its numbers stand for: Byte, one band, of whatever kind `storage` is; the names
            are kept in an .aux.xml beside it.
        storage : Storage
            How it is kept.
        style : Path, optional
            A QGIS style (.qml) to lay beside it, as by `style`.
        tile : (int, int), optional
            Width and height of its tiles, as the blocks' `BlockPlan` has them.

        Raises
        ------
        RasterError
            When it cannot be written.
        """
        final = Path(final)
        if final.suffix.lower() not in (".tif", ".tiff"):
            raise RasterError(f"{final} cannot be written: rasters are GeoTIFF, give a .tif name.")
        encoding = classes or (Colours() if rgba else encoding_of(storage.kind, bands))
        said = {"LUNAR_OXIDE_STORAGE": encoding.description} if encoding.description else {}
        writer = RasterWriter(
            self.path(final), final, grid, len(bands), encoding, storage.layout, tile
        )
        self._writers.append(writer)
        writer.describe(grid, bands, {**metadata, **said})
        if style is not None:
            self.style(final, style)
        if classes:
            self.text(final.with_name(f"{final.name}.aux.xml"), classes.names_beside())
        return writer

    def finish(self, progress: Progress = unwatched) -> None:
        """Bring all rasters into their layouts, which takes time but for plain GeoTIFFs.

        At the end of the context it is done unseen, where it has not been called.

        Parameters
        ----------
        progress : callable
            Called with the part that is done, 0 ... 1; raises to stop.

        Raises
        ------
        RasterError
            When one cannot be written.
        """
        remarks = " ".join(self._remarks())
        items = {"LUNAR_OXIDE_REMARKS": remarks} if remarks else {}
        for number, writer in enumerate(self._writers):
            writer.finish(_part_of(progress, number, len(self._writers)), items)

    def vrt(self, final: str | Path, content: str, style: Path | None = None) -> None:
        """Write the XML of a virtual raster, with a style as `raster` does.

        Raises
        ------
        RasterError
            When it cannot be written.
        """
        self.text(final, content)
        if style is not None:
            self.style(final, style)

    def _rename(self) -> None:
        """Move all files to their names; when one cannot be moved, all earlier ones back.

        So when the user interrupts just then.
        """
        new = [final for _, final in self._renames]
        for final in new:
            _require_plain(final)  # once more: others may have laid something there since
        # Looked for now: QGIS may have opened the earlier file while the new one was made.
        beside = dict.fromkeys(file for final in new for file in sidecars(final))
        stale = [file for file in beside if file not in new]
        # The new files last: a run that is killed is known to be unfinished by them.
        moves = [*((None, file) for file in stale), *self._renames]
        moved: list[tuple[Path, Path]] = []
        try:
            for partial, final in moves:
                moved.append((final, self._folder(final).set_aside(final, gone=partial is None)))
                if partial is not None:
                    partial.replace(final)
        except (OSError, KeyboardInterrupt) as error:
            said = "Interrupted."
            if isinstance(error, OSError):
                said = f"{final} cannot be written: {error.strerror}."
            for file, previous in reversed(moved):
                try:
                    self._folder(file).put_back(file, previous)
                except OSError:
                    said += f" What {file.name} held before is kept as {previous}."
            if isinstance(error, KeyboardInterrupt):
                raise
            raise RasterError(said) from error


def _require_plain(final: Path) -> None:
    """Refuse what is there and no plain file, which a file must not replace."""
    try:
        mode = final.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    if final.is_dir():
        raise RasterError(f"{final} cannot be written: it is a folder.")
    if stat.S_ISLNK(mode):
        raise RasterError(
            f"{final} cannot be written: it is a link to {final.readlink()}, and would become a "
            "file. Give the name of the file itself, or remove the link."
        )
    if not stat.S_ISREG(mode) or os.path.ismount(final):
        raise RasterError(
            f"{final} cannot be written: it is a device, pipe, socket or mount, no plain file. "
            "Choose another name."
        )


def same_name(final: Path) -> tuple[Path, str]:
    """The same for all names of a file: on macOS and Windows letter case does not matter."""
    return final.absolute().parent.resolve(), unicodedata.normalize("NFC", final.name).casefold()


def _part_of(progress: Progress, number: int, count: int) -> Progress:
    """Progress of one of some works that follow each other."""
    return lambda done: progress((number + done) / count)
