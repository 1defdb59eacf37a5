"""The four put-on tasks of the Bridge set-up, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from envs.manipulation.simpler import placement
from envs.manipulation.simpler.expert import GraspHint
from envs.manipulation.simpler.placement import Placements, RandomLayouts
from envs.manipulation.simpler.widowx import SINK, TABLE, WidowXSetUp


@dataclass(frozen=True)
class PutOnSpec:
    """One put-on task. ``z_margin`` (m) and ``alone_on_target`` are the success predicate's; ``grasp`` advises the scripted expert."""

    instruction: str
    info: str
    source: str
    target: str
    short_names: tuple[str, str]  # source and target in the project's words
    placements: Placements
    grasp: GraspHint
    random: RandomLayouts = placement.RANDOM_TABLE
    set_up: WidowXSetUp = TABLE
    stage: str = "bridge_table_1_v1"
    photograph: str = "bridge_real_eval_1.png"
    lights: str = "table"
    z_margin: float = 0.02
    alone_on_target: bool = True  # the source may touch nothing but the target and the robot
    hidden_target: bool = False  # the photograph covers the target
    cut_by_stage: bool = False  # the visual meshes reach below the table's surface, which hides some of their pixels
    fixed: Mapping[str, tuple[float, float, float]] = field(
        default_factory=dict
    )  # {model: position in m} of what cannot move and the photograph covers
    target_rest: tuple[float, ...] | None = None  # x y z qw qx qy qz (m, world): where the original's target rests in every episode


SPECS: Mapping[str, PutOnSpec] = {
    "PutCarrotOnPlate": PutOnSpec(
        instruction="put carrot on plate",
        info="info_bridge_custom_v0.json",
        source="bridge_carrot_generated_modified",
        target="bridge_plate_objaverse_larger",
        short_names=("carrot", "plate"),
        placements=placement.CARROT,
        grasp=GraspHint(height=0.005, release_height=0.035),
    ),
    "PutSpoonOnTableCloth": PutOnSpec(
        instruction="put the spoon on the towel",
        info="info_bridge_custom_v0.json",
        source="bridge_spoon_generated_modified",
        target="table_cloth_generated_shorter",
        short_names=("spoon", "towel"),
        placements=placement.SPOON,
        grasp=GraspHint(height=0.004, release_height=0.02),
        alone_on_target=False,  # a spoon half on the towel counts
    ),
    "StackGreenCubeOnYellowCube": PutOnSpec(
        instruction="stack the green block on the yellow block",
        info="info_bridge_custom_baked_tex_v0.json",
        source="baked_green_cube_3cm",
        target="baked_yellow_cube_3cm",
        short_names=("green block", "yellow block"),
        placements=placement.CUBES,
        grasp=GraspHint(height=0.005, release_height=0.034, above_goal=0.004, symmetry=np.pi / 2),
        random=placement.RANDOM_CUBES,
        cut_by_stage=True,
    ),
    "PutEggplantInBasket": PutOnSpec(
        instruction="put eggplant into yellow basket",
        info="info_bridge_custom_v0.json",
        source="eggplant",
        target="dummy_sink_target_plane",
        short_names=("eggplant", "basket"),
        placements=placement.EGGPLANT,
        grasp=GraspHint(height=0.0, release_height=0.055, carry=0.07),
        random=placement.RANDOM_SINK,
        set_up=SINK,
        stage="bridge_table_1_v2",
        photograph="bridge_sink.png",
        lights="sink",
        fixed={"sink": (-0.16, 0.13, 0.88)},
        z_margin=0.06,
        alone_on_target=False,
        hidden_target=True,  # an invisible plane in the photographed basket
        # It bounces into the basket off the sink's edges, three times in 30 ms, and PhysX 5 leaves it 5 mm from where PhysX 4 does. The original's own resets differ by 0.8 mm; this is the median of the recorded ones.
        target_rest=(-0.1479313, 0.0224375, 0.9358518, 0.9978186, 0.0035312, 0.0648502, 0.0120061),
    ),
}
