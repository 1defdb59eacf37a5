"""Renders one frame of a lit box with SAPIEN and prints ``{"width", "height", "brightness", "seconds"}``. Run as a process: ``python harness/doctor/render_frame.py``."""

from __future__ import annotations

import json
import time

SIZE = 64
DARKEST = 0.02  # mean brightness, 0 to 1, under which a frame counts as black; the box gives about 0.1


def render() -> dict[str, float]:
    import sapien

    start = time.monotonic()
    sapien.render.set_camera_shader_dir("minimal")
    scene = sapien.Scene()
    scene.set_ambient_light([0.5, 0.5, 0.5])
    scene.add_directional_light([0, 1, -1], [1, 1, 1])
    box = scene.create_actor_builder()
    box.add_box_visual(half_size=(0.2, 0.2, 0.2), material=sapien.render.RenderMaterial(base_color=[0.9, 0.2, 0.1, 1]))
    box.build_static(name="box")
    camera = scene.add_camera("doctor", width=SIZE, height=SIZE, fovy=1.0, near=0.01, far=10)
    camera.set_entity_pose(sapien.Pose([-1, 0, 0]))
    scene.update_render()
    camera.take_picture()
    color = camera.get_picture("Color")[..., :3]
    return {"width": color.shape[1], "height": color.shape[0], "brightness": float(color.mean()), "seconds": time.monotonic() - start}


if __name__ == "__main__":
    print(json.dumps(render()))
