"""The procedural generator of driving scenes: road forms, situations, a rule-based human, labels from truth, NAVSIM's formats.

>>> from scenarios.driving import scene_at
>>> scene = scene_at("test", seed=0, index=3)
>>> scene.scene, scene.map, scene.labels["text"]  # doctest: +SKIP
"""

from scenarios.driving.generate import GeneratedScene, generate, scene_at, scene_of_kind

__all__ = ["GeneratedScene", "generate", "scene_at", "scene_of_kind"]
