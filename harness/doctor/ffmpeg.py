"""FFmpeg's libraries inside PyAV's wheel: do they encode H.264, the format that browsers play, as a run does?"""

from __future__ import annotations

import tempfile
from pathlib import Path

from harness.doctor.check import Check

CURE = "make setup, which installs PyAV (the package av) with libx264"


def check_ffmpeg() -> Check:
    try:
        import av
        import numpy as np

        from harness.recording.video import VideoWriter

        with tempfile.TemporaryDirectory() as folder:
            video = Path(folder) / "two.mp4"
            writer = VideoWriter(video, (32, 32), 5.0)
            writer.add(lambda: np.zeros((32, 32, 3), np.uint8), times=2)
            writer.close()
            with av.open(str(video)) as file:
                frames = sum(1 for _ in file.decode(video=0))
    except Exception as error:
        return Check("ffmpeg", "fail", f"{type(error).__name__}: {error}", CURE)
    if frames != 2:
        return Check("ffmpeg", "fail", f"wrote 2 frames, read {frames} back", CURE)
    return Check("ffmpeg", "ok", f"libavcodec {'.'.join(map(str, av.library_versions['libavcodec']))} in PyAV {av.__version__}, H.264")
