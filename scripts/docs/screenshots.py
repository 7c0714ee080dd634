"""Take the pictures of every dialog, and of the workflows in the model designer.

usage: python -m scripts.docs.screenshots

They are docs/images/dialog_*.png. Pictures of toolbox, layers, legends and reports belong to the
tutorial (make tutorial).
"""

from scripts import ROOT

from .tutorial import keep_pictures, new_profile, process, take_pictures

WORK = ROOT / "build" / "screenshots"

if __name__ == "__main__":
    with new_profile(WORK) as folder:
        process(folder, ["plugins", "enable", "lunar_oxide_plugin"], WORK).check_returncode()
        take_pictures("dialog_screens.py", folder, WORK)
    keep_pictures(WORK / "screens", "dialog")
