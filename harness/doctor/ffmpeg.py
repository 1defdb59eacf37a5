"""The ffmpeg inside imageio-ffmpeg's wheel: does it encode H.264, the format that browsers play."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from harness.doctor.check import Check

CURE = "make setup; an own ffmpeg with libx264 may be named by IMAGEIO_FFMPEG_EXE"


def check_ffmpeg() -> Check:
    try:
        import imageio_ffmpeg

        binary = imageio_ffmpeg.get_ffmpeg_exe()
        version = imageio_ffmpeg.get_ffmpeg_version()
    except Exception as error:
        return Check("ffmpeg", "fail", f"{type(error).__name__}: {error}", CURE)
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "two.mp4"
        source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "32x32", "-r", "5", "-i", "-"]
        command = [binary, "-v", "error", *source, "-c:v", "libx264", "-pix_fmt", "yuv420p", str(video)]
        try:
            result = subprocess.run(command, input=bytes(2 * 32 * 32 * 3), capture_output=True, timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return Check("ffmpeg", "fail", f"{binary}: {error}", CURE)
        if result.returncode != 0 or not video.exists() or video.stat().st_size == 0:
            reason = result.stderr.decode(errors="replace").strip().splitlines()[-1:] or [f"exit code {result.returncode}"]
            return Check("ffmpeg", "fail", f"{version} does not encode H.264: {reason[0]}", CURE)
    return Check("ffmpeg", "ok", f"{version}, H.264")
