"""Makes the README's picture from a run: ``python docs/make_images.py results/tabletop-demo_expert``.

Three moments (start, grasp, end) of one episode of each of two tasks, cut from the videos that the run recorded.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import imageio.v3 as iio
import numpy as np

from harness.store import RunStore

TASKS = ("put_on", "open_top_drawer")
WIDTH = 1200  # pixels of the picture


def moments(folder: Path, video: str) -> np.ndarray:
    """(H, W, 3) uint8: the frames at the start, when the object was grasped (or half way), and at the end, side by side."""
    record = json.loads((folder / "episode.json").read_text())
    frames = iio.imread(folder / video)
    grasped = next((event["step"] for event in record["events"] if event["name"] in ("lifted", "grasped")), record["steps"] // 2)
    return np.concatenate([frames[0], frames[min(grasped + 1, len(frames) - 1)], frames[-1]], axis=1)


def main(run: str) -> None:
    from PIL import Image

    rows: dict[str, np.ndarray] = {}
    for folder, episode in RunStore.read(Path(run)).read_episodes():
        if episode.scenario.task in TASKS and episode.outcome == "success" and episode.videos:
            rows.setdefault(episode.scenario.task, moments(folder, next(iter(episode.videos.values()))))
    sheet = Image.fromarray(np.concatenate([rows[task] for task in TASKS]))
    sheet = sheet.resize((WIDTH, round(sheet.height * WIDTH / sheet.width)), Image.Resampling.LANCZOS)
    target = Path(__file__).parent / "images" / "episode.png"
    target.parent.mkdir(exist_ok=True)
    sheet.save(target, optimize=True)
    print(target, target.stat().st_size // 1024, "KiB")


if __name__ == "__main__":
    main(*sys.argv[1:])
