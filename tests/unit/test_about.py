"""The plugin's metadata stand at the top, and as a copy in its folder, which is installed."""

from lunar_oxide_plugin.about import FOLDER


def test_both_metadata_are_the_same_file():
    """After a change at the top: make package, or copy it."""
    copy = FOLDER / "metadata.txt"
    assert copy.read_bytes() == (FOLDER.parent / "metadata.txt").read_bytes()
    assert not copy.is_symlink()  # a link is a text file in a checkout on Windows
