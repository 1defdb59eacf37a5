"""Makes the pictures of a report and of a comparison video: ``python docs/make_report_images.py results/RUN_A results/RUN_B`` (needs a Chromium).

They show the first scenario that A solves and B does not.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import ViewportSize, sync_playwright

from harness.report import make_report
from harness.video import choose_scenes, make_montage
from harness.video.selection import Choice, scene_facts

IMAGES = Path(__file__).parent / "images"
SIZE = ViewportSize(width=1280, height=1000)
COLOURS = 256


def main(first: str, second: str) -> None:
    runs = [Path(first), Path(second)]
    scene = choose_scenes(runs, Choice(flips=True, sample=1))[0]
    with tempfile.TemporaryDirectory() as folder:
        made = make_montage([scene], Path(folder) / "flip.mp4")
        keep(Image.open(made.poster), IMAGES / "comparison.png")
        report = make_report(runs, Path(folder) / "report")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=["--no-sandbox"]
            )
            page = browser.new_page(viewport=SIZE)
            page.goto(f"{report.index.resolve().as_uri()}#/episode/{scene_facts(scene)['id']}?step=12")
            page.wait_for_selector(".screen video >> nth=1")
            page.wait_for_timeout(4000)  # until both videos have painted the step
            page.screenshot(path=str(Path(folder) / "report.png"))
            browser.close()
        keep(Image.open(Path(folder) / "report.png"), IMAGES / "report.png")


def keep(picture: Image.Image, target: Path) -> None:
    """A palette is enough for pages and simulated scenes, at a third of the bytes."""
    picture.convert("RGB").quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE).save(target, optimize=True)
    print(target, target.stat().st_size // 1024, "KiB")


if __name__ == "__main__":
    main(*sys.argv[1:])
