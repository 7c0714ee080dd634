"""Runs that are killed, meet each other, or whose input changes under them."""

import fcntl
import os
import platform
import signal
import stat
import subprocess
import sys
import tarfile
import textwrap
import zipfile
from pathlib import Path

import pytest

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.gdal_io.file_state import file_states
from lunar_oxide_plugin.raster.writing import work_folder
from lunar_oxide_plugin.raster.writing.outputs import OutputFiles

from .test_outputs import ROOT, names, values, write

FILES = ("a.tif", "a.tif.aux.xml", "b.csv", "c.tif", "notes.txt")


def a_run(folder):
    """Two rasters, one of which has statistics of an older file beside it, and a table."""
    with OutputFiles(alone=True) as files:
        write(files, folder / "a.tif", values())
        files.text(folder / "b.csv", "after")
        write(files, folder / "c.tif", values(1))


#: How Python reports what it does with files and folders.
EVENTS = ("open", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "shutil.rmtree")


def kill_at(moment):
    """Have this process killed at the n-th touch of a file under construction."""
    left = [moment]

    def hook(event, arguments):
        if event in EVENTS and any(work_folder.PARTIAL in str(argument) for argument in arguments):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def no_links(*_):
    raise OSError(95, "Operation not supported")


def every_moment(folder, old, links):
    """Kill a run at each of its moments, each in a folder of its own with files from before.

    In a process without threads: a child of one that has them may wait for ever.
    """
    moment, ended = 0, None
    while ended != 0:
        place = Path(folder) / f"{moment:03}"
        place.mkdir()
        for name in old:
            (place / name).write_bytes(b"before")
        process = os.fork()
        if process == 0:
            if not links:
                os.link = no_links
            kill_at(moment)
            a_run(place)
            os._exit(0)
        _, ended = os.waitpid(process, 0)
        assert ended == 0 or os.WTERMSIG(ended) == signal.SIGKILL
        moment += 1


def _contents(folder):
    """Data by name, of folders in it too."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def data_of(name, there):
    """What stood under a name, kept until all new files are there."""
    (kept,) = (data for other, data in there.items() if other.endswith(f"/previous/{name}"))
    return kept


@pytest.mark.parametrize(("existing", "links"), [(True, True), (True, False), (False, True)])
def test_killed_at_every_moment(tmp_path, existing, links):
    """On disks with and without second names of a file.

    Under the final names: all of the old or whole new files; after the next run, one set."""
    old = dict.fromkeys(FILES if existing else ["notes.txt"], b"before")
    script = (
        f"from {__name__} import every_moment as run; run({str(tmp_path)!r}, {list(old)}, {links})"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, timeout=120, check=True)
    *killed, whole = sorted(tmp_path.iterdir())
    assert len(killed) > 12
    new = _contents(whole)
    assert set(new) == {"a.tif", "b.csv", "c.tif", "notes.txt"}
    at_once = 0
    for folder in killed:
        there = _contents(folder)
        left = {name for name in there if name not in FILES}
        assert all(name.startswith(work_folder.PARTIAL) for name in left), left
        at_once = max(at_once, len(left))
        for name in FILES:
            if name.endswith(".xml"):  # of the older file, with which it goes
                assert there.get(name) in (b"before", None)
            elif name in there:
                assert there[name] in (old.get(name), new.get(name)), (folder, name)
            else:  # without links it is away for a moment, under another name
                assert name not in old or (not links and data_of(name, there) == b"before")
        # Another run, onto another name, puts the folder in order.
        with OutputFiles() as files:
            files.text(folder / "other.csv", "other")
        there = _contents(folder)
        assert there.pop("other.csv") == b"other"
        if existing:
            assert there in (old, new), (folder, sorted(there))
        else:
            assert there.items() <= new.items()
    assert at_once >= 3


def refusing(monkeypatch, *names):
    """Let files of these names not be moved to, as where another program has them open."""
    replace = Path.replace

    def refuse(self, target):
        if Path(target).name in names and "lunar_oxide" not in str(target):
            raise PermissionError(13, "Permission denied")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)


def test_what_cannot_go_back_is_kept(tmp_path, monkeypatch):
    """A rename fails, and so does undoing the one before it: the old file is not thrown away."""
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(b"before")
    monkeypatch.setattr(os, "link", no_links)

    def run():
        with OutputFiles() as files:
            files.text(tmp_path / "a.csv", "after")
            files.text(tmp_path / "b.csv", "after")
            refusing(monkeypatch, "b.csv")

    with pytest.raises(RasterError, match=r"denied.* What b\.csv held before is kept as"):
        run()
    (left,) = tmp_path.glob(f"{work_folder.PARTIAL}*")
    assert (left / "previous" / "b.csv").read_bytes() == b"before"
    # The next run still cannot give it its name, and keeps it; one after that can.
    work_folder.clear(tmp_path)
    assert (left / "previous" / "b.csv").read_bytes() == b"before"
    monkeypatch.undo()
    work_folder.clear(tmp_path)
    assert _contents(tmp_path) == {"a.csv": b"before", "b.csv": b"before"}


#: A process that has ended, or belongs to another program by now: locks count, no numbers.
ANOTHER = 1


def lay(folder, name, lock=None, **files):
    """A work folder as a killed run leaves it, with files (kind=name) that say "left"."""
    path = folder / f"{work_folder.PARTIAL}{name}"
    for kind in ("new", "previous", "gone"):
        (path / kind).mkdir(parents=True)
        if kind in files:
            (path / kind / files[kind]).write_bytes(b"left")
    (path / (lock or f"{work_folder._machine()}-{ANOTHER}.lock")).touch()
    return path.name


def test_a_killed_run_whose_number_another_program_has(tmp_path):
    lay(tmp_path, "0123ab", new="a.csv")
    with OutputFiles(alone=True) as files:
        files.text(tmp_path / "a.csv", "after")
    assert _contents(tmp_path) == {"a.csv": b"after"}


A_RUN = """
    with OutputFiles(alone=True) as files:
        files.text(Path(sys.argv[1]) / "a.csv", "other")
        print("begun", flush=True)
        input()
"""


def test_what_others_make_is_left_alone(tmp_path):
    """A run at work, one of another machine, and files of the user's that are called so."""
    code = "from tests.unit.raster.writing.test_outputs import *" + textwrap.dedent(A_RUN)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, **pipes)
    assert other.stdout.readline() == "begun\n"
    (at_work,) = names(tmp_path)
    kept = [
        lay(tmp_path, "machine", f"00000000-{ANOTHER}.lock", new="a.csv"),
        lay(tmp_path, "odd", f"{work_folder._machine()}-mine.lock", new="a.csv"),
    ]
    (tmp_path / f"{work_folder.PARTIAL}notes").mkdir()
    (tmp_path / f"{work_folder.PARTIAL}notes" / "a.txt").touch()
    (tmp_path / f"{work_folder.PARTIAL}file").touch()
    kept += [f"{work_folder.PARTIAL}notes", f"{work_folder.PARTIAL}file"]
    with OutputFiles() as files:
        files.text(tmp_path / "c.csv", "")
    assert names(tmp_path) == sorted([*kept, at_work, "c.csv"])
    with pytest.raises(RasterError, match=f"another run .process {other.pid}"):
        _text_alone(tmp_path / "a.csv")
    other.communicate("\n")
    assert (tmp_path / "a.csv").read_text() == "other"
    _text_alone(tmp_path / "a.csv")
    assert names(tmp_path) == sorted([*kept, "a.csv", "c.csv"])


def _text_alone(path):
    with OutputFiles(alone=True) as files:
        files.text(path, "ours")


@pytest.mark.parametrize("trick", ["another user's", "a link"])
def test_what_another_user_lays_is_not_believed(tmp_path, monkeypatch, trick):
    """In a folder where all may write, as /tmp, anyone can lay one that looks like ours."""
    out, hidden = tmp_path / "out", tmp_path / "hidden"
    out.mkdir()
    hidden.mkdir()
    (out / "a.csv").write_bytes(b"before")
    left = lay(out, "0123ab", new="b.csv", previous="a.csv", gone="a.csvt")
    if trick == "a link":
        (out / left).rename(hidden / left)
        (out / left).symlink_to(hidden / left)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: out.stat().st_uid + 1)
    there = _contents(out)
    _text_alone(out / "c.csv")
    _text_alone(out / "b.csv")
    assert _contents(out) == {**there, "b.csv": b"ours", "c.csv": b"ours"}
    assert len(_contents(hidden)) == (4 if trick == "a link" else 0)


def test_a_work_folder_is_closed_to_other_users(tmp_path):
    umask = os.umask(0)
    try:
        with OutputFiles() as files:
            files.text(tmp_path / "a.csv", "")
            (folder,) = tmp_path.iterdir()
            assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    finally:
        os.umask(umask)


def test_what_was_laid_beside_a_file_since_stays(tmp_path):
    """After a run was killed QGIS opened the database: an old journal would damage it."""
    (tmp_path / "a.gpkg-wal").write_bytes(b"since")
    lay(tmp_path, "0123ab", new="a.gpkg", gone="a.gpkg-wal")
    _text_alone(tmp_path / "b.csv")
    assert _contents(tmp_path) == {"a.gpkg-wal": b"since", "b.csv": b"ours"}


@pytest.mark.parametrize("locks", [True, False])
def test_a_disk_without_locks(tmp_path, monkeypatch, locks):
    """There nobody knows whether a run lives: it is left alone, and none is refused."""
    left = lay(tmp_path, "0123ab", new="a.csv")
    if not locks:
        monkeypatch.setattr(fcntl, "flock", no_links)
    _text_alone(tmp_path / "a.csv")
    assert names(tmp_path) == (["a.csv"] if locks else ["a.csv", left])


def test_a_run_that_cannot_make_its_folder_whole(tmp_path, monkeypatch):
    """Another one removes it before it is locked: a new one is made."""
    made, tried = work_folder.Lock, []

    def late(path, *, new=False):
        tried.append(path)
        if new and len(tried) < 3:
            path.parent.rmdir()
        return made(path, new=new)

    monkeypatch.setattr(work_folder, "Lock", late)
    _text_alone(tmp_path / "a.csv")
    assert len({path.parent for path in tried}) == 3
    assert names(tmp_path) == ["a.csv"]


def test_the_machine_is_known_when_its_name_changes(monkeypatch):
    """As on macOS with every other network; where the system gives it no number, by its name."""
    try:
        monkeypatch.setattr(work_folder, "_number_of_machine", lambda: "0123")
        work_folder._machine.cache_clear()
        before = work_folder._machine()
        monkeypatch.setattr(platform, "node", lambda: "other.local")
        work_folder._machine.cache_clear()
        assert work_folder._machine() == before
        monkeypatch.setattr(work_folder, "_number_of_machine", lambda: "")
        work_folder._machine.cache_clear()
        assert work_folder._machine() != before
    finally:
        monkeypatch.undo()
        work_folder._machine.cache_clear()


@pytest.mark.parametrize(
    "name", ["a.tif", "odd [1] name? *.tif", f"{'long ' * 50}.tif", f"{'月' * 83}.tif"]
)
def test_two_runs_onto_one_output(tmp_path, name):
    """The second is refused at once, and the first ends as if there were none."""
    with OutputFiles(alone=True) as first:
        write(first, tmp_path / name, values())
        with (
            OutputFiles(alone=True) as second,
            pytest.raises(RasterError, match=rf"another run \(process {os.getpid()}\)"),
        ):
            write(second, tmp_path / name, values(1))
        _write_alone(tmp_path / f"x{name[1:]}")
        assert not (tmp_path / name).exists()
    assert names(tmp_path) == sorted([name, f"x{name[1:]}"])


def _write_alone(path):
    with OutputFiles(alone=True) as files:
        write(files, path, values(1))


def test_two_processes_that_may_write_the_same(tmp_path):
    """As when a cluster computes a window twice: whole, of the one that ended last."""
    with OutputFiles() as first:
        first.text(tmp_path / "a.csv", "first")
        with OutputFiles() as second:
            second.text(tmp_path / "a.csv", "second")
        assert (tmp_path / "a.csv").read_text() == "second"
    assert (tmp_path / "a.csv").read_text() == "first"
    assert names(tmp_path) == ["a.csv"]


def appended(path):
    with path.open("ab") as file:
        file.write(b"more")


def rewritten(path):
    data = path.read_bytes()
    path.write_bytes(data[::-1])
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))


@pytest.mark.parametrize("change", [appended, rewritten, Path.unlink])
@pytest.mark.parametrize("inside", ["", "/vsizip/", "/vsitar/", "/vsigzip/"])
def test_an_input_that_changes(tmp_path, change, inside):
    """Also of an archive in which it lies."""
    plain, out = tmp_path / "in.img", tmp_path / "out"
    out.mkdir()
    (out / "a.csv").write_text("before")
    plain.write_bytes(b"data")
    path = {
        "": plain,
        "/vsizip/": tmp_path / "in.zip",
        "/vsitar/": tmp_path / "in.tar",
        "/vsigzip/": tmp_path / "in.img.gz",
    }[inside]
    if inside == "/vsizip/":
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(plain, "in.img")
    elif inside == "/vsitar/":
        with tarfile.open(path, "w") as archive:
            archive.add(plain, "in.img")
    elif inside:
        path.write_bytes(b"compressed")
    member = "/in.img" if inside in ("/vsizip/", "/vsitar/") else ""
    states = file_states([f"{inside}{path}{member}"])

    def run():
        with OutputFiles(states) as files:
            files.text(out / "a.csv", "after")
            change(path)

    with pytest.raises(
        RasterError, match=r"in\.img.* was changed while it was read .*Run it again"
    ):
        run()
    assert _contents(out) == {"a.csv": b"before"}


def test_inputs_that_do_not_change(tmp_path):
    """Statistics that QGIS lays beside a raster are no change of it."""
    for name in ("in.tif", "in.tif.aux.xml"):
        (tmp_path / name).write_bytes(b"data")
    sources = ["in.tif", "in.tif.aux.xml", "none.tif"]
    states = file_states([*(str(tmp_path / name) for name in sources), "/vsis3/a/b.tif", "MEM:::"])
    with OutputFiles(states) as files:
        files.text(tmp_path / "a.csv", "after")
        (tmp_path / "in.tif").read_bytes()
        (tmp_path / "in.tif.aux.xml").write_bytes(b"statistics")
    assert (tmp_path / "a.csv").read_text() == "after"
