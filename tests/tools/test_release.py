"""A release is prepared in a clone, and refused while something is not ready."""

import shutil
import subprocess

import pytest

from scripts import ROOT
from scripts.release import release
from scripts.release.release import NotReadyError, version_of

VERSION = version_of(ROOT)


def git(folder, *words):
    name = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    done = subprocess.run(
        ["git", *name, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture()
def clone(tmp_path, monkeypatch):
    """A repository with what a release looks at; `date` is that of its changelog."""

    def make(date):
        folder = tmp_path / "clone"
        folder.mkdir()
        for name in ("metadata.txt", "CHANGELOG.md", "LICENSE"):
            shutil.copy(ROOT / name, folder)
        (folder / ".gitignore").write_text("dist/\n")
        changelog = folder / "CHANGELOG.md"
        begin, _, rest = changelog.read_text(encoding="utf-8").partition(f"## [{VERSION}] - ")
        text = f"{begin}## [{VERSION}] - {date}\n{rest.partition(chr(10))[2]}"
        changelog.write_text(text, encoding="utf-8")
        git(folder, "init", "--quiet")
        git(folder, "config", "user.name", "Test")
        git(folder, "config", "user.email", "test@example.org")
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "--message", "All")
        return folder

    return make


@pytest.fixture()
def looked_at(monkeypatch):
    """The zips that the security scan was given; test_package.py says what it finds."""
    seen = []

    def scanned(path):
        seen.append(path)
        return []

    monkeypatch.setattr(release, "scanned", scanned)
    return seen


def test_tagged_with_notes_and_zip(clone, looked_at):
    folder = clone("2026-12-01")
    assert "nothing is tagged" in release.release(folder, dry_run=True)
    assert git(folder, "tag") == ""
    said = release.release(folder)
    assert f"git push origin v{VERSION}" in said
    assert git(folder, "cat-file", "-t", f"v{VERSION}") == "tag\n"
    notes = (folder / "dist" / f"lunar_oxide_plugin-{VERSION}.md").read_text(encoding="utf-8")
    assert "### Added" in notes
    assert "## [" not in notes
    assert "### Added" in git(folder, "tag", "--list", "--format=%(contents)", f"v{VERSION}")
    packed = folder / "dist" / f"lunar_oxide_plugin-{VERSION}.zip"
    assert packed.stat().st_size > 1e6
    assert looked_at == [packed, packed]
    with pytest.raises(NotReadyError, match="The tag v"):
        release.release(folder)


def test_refused_without_a_date(clone):
    with pytest.raises(NotReadyError, match="Give the date"):
        release.release(clone("unreleased"))


def test_refused_with_changes(clone):
    folder = clone("2026-12-01")
    (folder / "LICENSE").write_text("mine")
    with pytest.raises(NotReadyError, match="uncommitted"):
        release.release(folder)


def test_refused_without_a_section(clone):
    folder = clone("2026-12-01")
    metadata = folder / "metadata.txt"
    text = metadata.read_text(encoding="utf-8").replace(f"version={VERSION}", "version=9.9.9")
    metadata.write_text(text, encoding="utf-8")
    with pytest.raises(NotReadyError, match="has no text for version"):
        release.release(folder)


@pytest.mark.usefixtures("looked_at")
@pytest.mark.parametrize("check", ["problems", "scanned"])
def test_refused_with_objections(clone, monkeypatch, check):
    monkeypatch.setattr(release, check, lambda path: ["it has 26 MB"])
    folder = clone("2026-12-01")
    with pytest.raises(NotReadyError, match="26 MB"):
        release.release(folder)
    assert git(folder, "tag") == ""
