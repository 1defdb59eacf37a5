"""Front pictures of generated streets at 256 x 144, on whatever device draws them: with all the objects of a scene moved between two pictures, as in a drive."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from tests.benchmarks.measurement import Measurement, repeat

SCENES = (1, 9, 28, 46)  # of the test split: a car park with a hundred cars, two crossings, a curve
PICTURES = 20
LONGEST_MS = 25.0


def measure(repetitions: int) -> list[Measurement]:
    from envs.driving.camera import RIG
    from envs.driving.camera.frames import state_of, street_of
    from envs.driving.camera.renderer import StreetRenderer
    from scenarios.driving import scene_at

    renderer = StreetRenderer([RIG["CAM_F0"]], (256, 144))
    scenes = [scene_at("test", 0, index) for index in SCENES]
    streets = [street_of(made.map, made.scene.frames, weather, 0) for made, weather in zip(scenes, ("day", "dusk", "rain", "day"))]
    renderer.load(streets[0])
    renderer.picture("CAM_F0", state_of(scenes[0].scene.current))  # compiles the shaders

    def once() -> dict[str, float]:
        drawn, first = [], []
        for made, street in zip(scenes, streets):
            frames = made.scene.frames
            began = perf_counter()
            renderer.load(street)
            renderer.picture("CAM_F0", state_of(frames[0]))
            first.append(perf_counter() - began)
            for number in range(PICTURES):
                state = state_of(frames[number % len(frames)])
                began = perf_counter()
                renderer.picture("CAM_F0", state)
                drawn.append(perf_counter() - began)
        return {"picture": 1000 * float(np.median(drawn)), "first": 1000 * float(np.median(first))}

    found, load = repeat(repetitions, once)
    return [
        Measurement("street camera", "front picture, 256 x 144", "ms", tuple(found["picture"]), load, LONGEST_MS, "lower"),
        Measurement("street camera", "first picture of another street", "ms", tuple(found["first"]), load),
    ]
