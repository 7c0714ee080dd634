"""The zip for QGIS: the same bytes every time, and each rule of the repository can refuse it."""

import os
import stat
import time
import zipfile

import pytest

from scripts import PLUGIN, ROOT
from scripts.release import package
from scripts.release.package import problems
from scripts.release.release import scanned

NAME = "lunar_oxide_plugin"


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    return package.pack(tmp_path_factory.mktemp("dist") / "plugin.zip")


@pytest.fixture()
def changed(packed, tmp_path):
    """The zip with other files in it: (name: content or None); `folder` renames its folder."""

    def change(files, folder=NAME, mode=0o644):
        path = tmp_path / "changed.zip"
        with zipfile.ZipFile(packed) as old, zipfile.ZipFile(path, "w") as new:
            content = {name: old.read(name) for name in old.namelist()}
            content.update({f"{NAME}/{name}": data for name, data in files.items()})
            for name, data in content.items():
                if data is not None:
                    entry = zipfile.ZipInfo(name.replace(NAME, folder))
                    entry.external_attr = (mode if name.split("/", 1)[1] in files else 0o644) << 16
                    new.writestr(entry, data)
        return path

    return change


def metadata(**entries):
    text = (ROOT / "metadata.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.split("=")[0] not in entries]
    return "\n".join([*lines, *(f"{key}={value}" for key, value in entries.items() if value)])


def test_nothing_to_object_to(packed):
    assert list(problems(packed)) == []
    assert list(scanned(packed)) == []
    with zipfile.ZipFile(packed) as archive:
        assert archive.testzip() is None
        assert {name.split("/")[0] for name in archive.namelist()} == {NAME}
        version = archive.read(f"{NAME}/metadata.txt").decode().split("version=")[1].split()[0]
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_same_bytes_every_time(packed, tmp_path, monkeypatch):
    """Whatever the time zone, the umask and the times of the files."""
    before = os.umask(0o077)
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    touched = PLUGIN / "about.py"
    times = touched.stat()
    os.utime(touched, (0, 315532800))
    try:
        again = package.pack(tmp_path / "again.zip")
    finally:
        os.utime(touched, ns=(times.st_atime_ns, times.st_mtime_ns))
        os.umask(before)
        monkeypatch.undo()
        time.tzset()
    assert again.read_bytes() == packed.read_bytes()


@pytest.mark.parametrize(
    ("files", "options", "words"),
    [
        ({}, {"folder": "lunar-oxide"}, "not a valid name of a Python package"),
        ({"LICENSE": None}, {}, "LICENSE is missing"),
        ({"__init__.py": b"x = 1"}, {}, "no classFactory"),
        ({"metadata.txt": b"[general"}, {}, "cannot be read"),
        ({".hidden/a.txt": b""}, {}, "is hidden"),
        ({"core/__pycache__/a.pyc": b""}, {}, "made by Python"),
        ({"tool.so": b"\x7fELF"}, {}, "a type that reviewers cannot read"),
        ({"run.py": b""}, {"mode": 0o755}, "can be executed"),
        ({"link.py": b"/etc/passwd"}, {"mode": stat.S_IFLNK | 0o644}, "is a link"),
        ({"../../evil.py": b""}, {}, "outside the plugin's folder"),
        ({"models/big.onnx": os.urandom(26_000_000)}, {}, "25 at most"),
        ({"icons/lunar_oxide.svg": None}, {}, "is missing"),
    ],
)
def test_refused(changed, files, options, words):
    said = list(problems(changed(files, **options)))
    assert any(words in one for one in said), said


def test_two_folders_are_refused(packed, tmp_path):
    path = tmp_path / "two.zip"
    path.write_bytes(packed.read_bytes())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("other/file.txt", "")
    assert any("one folder is allowed" in one for one in problems(path))


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"email": ""}, "has no email"),
        ({"version": "0.1"}, "version in metadata.txt is 0.1"),
        ({"version": "1.0.0-beta"}, "version in metadata.txt"),
        ({"tracker": "somewhere"}, "tracker in metadata.txt"),
        ({"qgisMinimumVersion": "three"}, "qgisMinimumVersion"),
        ({"supportsQt6": "True"}, "supportsQt6"),
        ({"about": "A plugin."}, "does not explain the .onnx files"),
    ],
)
def test_metadata_is_refused(changed, entries, words):
    said = list(problems(changed({"metadata.txt": metadata(**entries).encode()})))
    assert any(words in one for one in said), said


#: file -> what is wrong with it, and who says so
BAD = {
    "shell.py": (b"import subprocess\nsubprocess.run('ls', shell=True)\n", "bandit B602"),
    "assert.py": (b"assert True\n", "bandit B101"),
    "key.py": (
        b"key = 'c3499c2729730a7f807efb8676a92dcb6f8a3f8f'\n",  # pragma: allowlist secret
        "detect-secrets",
    ),
}


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    """What is said of a zip with all of these files, and a good one."""
    path = tmp_path_factory.mktemp("bad") / "plugin.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{NAME}/good.py", "number = 1\n")
        for name, (code, _) in BAD.items():
            archive.writestr(f"{NAME}/core/{name}", code)
    return list(scanned(path))


@pytest.mark.parametrize("name", BAD)
def test_scan_finds(findings, name):
    assert any(BAD[name][1] in one and name in one for one in findings), findings
    assert not any("good.py" in one for one in findings)
