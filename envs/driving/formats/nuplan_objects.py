"""Stand-ins for the few nuPlan classes that synthetic scenes pickle, and what they mean in our terms.

They hold the pickled state and nothing else; none of nuPlan's code runs. Names, attributes and which classes have slots: nuplan-devkit's nuplan/common/actor_state and nuplan/common/maps/maps_datatypes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from envs.driving.errors import FormatError
from envs.driving.scene import AGENT_NAMES, OBJECT_NAMES, Boxes, Floats, TrafficLights

RED = 2
"""TrafficLightStatusType.RED; everything else is green to NAVSIM."""


class NuplanObject:
    """The state of one pickled object. ``slotted``: the original class has ``__slots__``; ``is_enum``: it is made from its value."""

    module: ClassVar[str]
    slotted: ClassVar[bool] = False
    is_enum: ClassVar[bool] = False

    def __new__(cls, *values: Any) -> NuplanObject:
        made = object.__new__(cls)
        made.state = {"value": values[0]} if values else {}
        return made

    def __init__(self, *values: Any) -> None:
        self.state: dict[str, Any]

    def __setstate__(self, state: Any) -> None:
        parts = state if isinstance(state, tuple) else (state,)
        for part in parts:
            if isinstance(part, dict):
                self.state.update(part)

    @classmethod
    def holding(cls, **state: Any) -> NuplanObject:
        made = cls()
        made.state = state
        return made

    def get(self, name: str) -> Any:
        """An attribute. Raises FormatError when it was not pickled."""
        if name not in self.state:
            raise FormatError(f"a pickled {type(self).__name__} has no {name}", "it was written by an unknown version: write it again")
        return self.state[name]


class TimePoint(NuplanObject):
    module = "nuplan.common.actor_state.state_representation"
    slotted = True


class StateSE2(NuplanObject):
    module = "nuplan.common.actor_state.state_representation"
    slotted = True


class Point2D(NuplanObject):
    module = "nuplan.common.actor_state.state_representation"
    slotted = True


class StateVector2D(NuplanObject):
    module = "nuplan.common.actor_state.state_representation"
    slotted = True


class ProgressStateSE2(NuplanObject):
    module = "nuplan.common.actor_state.state_representation"
    slotted = True


class OrientedBoxPointType(NuplanObject):
    module = "nuplan.common.actor_state.oriented_box"
    is_enum = True


class Waypoint(NuplanObject):
    module = "nuplan.common.actor_state.waypoint"


class PredictedTrajectory(NuplanObject):
    module = "nuplan.planning.simulation.trajectory.predicted_trajectory"


class OrientedBox(NuplanObject):
    module = "nuplan.common.actor_state.oriented_box"


class Dimension(NuplanObject):
    module = "nuplan.common.actor_state.oriented_box"


class SceneObjectMetadata(NuplanObject):
    module = "nuplan.common.actor_state.scene_object"


class TrackedObjectType(NuplanObject):
    module = "nuplan.common.actor_state.tracked_objects_types"
    is_enum = True


class Agent(NuplanObject):
    module = "nuplan.common.actor_state.agent"


class StaticObject(NuplanObject):
    module = "nuplan.common.actor_state.static_object"


class TrackedObjects(NuplanObject):
    module = "nuplan.common.actor_state.tracked_objects"


class DetectionsTracks(NuplanObject):
    module = "nuplan.planning.simulation.observation.observation_type"


class TrafficLightStatusType(NuplanObject):
    module = "nuplan.common.maps.maps_datatypes"
    is_enum = True


class TrafficLightStatusData(NuplanObject):
    module = "nuplan.common.maps.maps_datatypes"


class TrafficLightStatuses(NuplanObject):
    module = "nuplan.common.maps.maps_datatypes"


class Geometry:
    """A shapely polygon that an OrientedBox had computed before it was pickled: taken and left unread, since the box says it all."""

    def __init__(self, *arguments: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        pass


GEOMETRIES = (("shapely.io", "from_wkb"), ("shapely", "from_wkb"), ("shapely.geometry.polygon", "Polygon"))

STAND_INS: Mapping[tuple[str, str], type[NuplanObject]] = {(kind.module, kind.__name__): kind for kind in NuplanObject.__subclasses__()}


def boxes_of(tracks: Any) -> Boxes:
    """The boxes of a DetectionsTracks, global frame. Raises FormatError."""
    objects = tracks.get("tracked_objects").get("tracked_objects")
    n = len(objects)
    xyz, size, heading, velocity = np.zeros((n, 3)), np.zeros((n, 3)), np.zeros(n), np.zeros((n, 3))
    names, track_tokens, tokens = [], [], []
    for i, thing in enumerate(objects):
        box, about = thing.get("_box"), thing.get("_metadata")
        centre = box.get("_center")
        xyz[i, :2] = centre.get("x"), centre.get("y")
        heading[i] = centre.get("heading")
        size[i] = box.get("_length"), box.get("_width"), box.get("_height")
        kind = thing.get("_tracked_object_type").get("value")
        if not isinstance(kind, int) or not 0 <= kind < len(OBJECT_NAMES):
            raise FormatError(f"a pickled object has the type {kind!r}", f"types are 0 to {len(OBJECT_NAMES) - 1}")
        names.append(OBJECT_NAMES[kind])
        if names[-1] in AGENT_NAMES:
            speed = thing.get("_velocity")
            velocity[i, :2] = speed.get("_x"), speed.get("_y")
        track_tokens.append(str(about.get("track_token")))
        tokens.append(str(about.get("token")))
    return Boxes(xyz, size, heading, velocity, tuple(names), tuple(track_tokens), tuple(tokens))


def tracks_of(boxes: Boxes, time_us: int) -> NuplanObject:
    """The DetectionsTracks of global ``boxes``."""
    time = TimePoint.holding(time_us=int(time_us))
    things = []
    for i, name in enumerate(boxes.names):
        x, y, heading = float(boxes.xyz[i, 0]), float(boxes.xyz[i, 1]), float(boxes.heading[i])
        length, width, height = (float(side) for side in boxes.size[i])
        shared = {
            "_metadata": SceneObjectMetadata.holding(
                timestamp_us=int(time_us),
                token=boxes.instance_tokens[i],
                track_id=None,
                track_token=boxes.track_tokens[i],
                category_name=None,
            ),
            "instance_token": None,
            "_tracked_object_type": TrackedObjectType(OBJECT_NAMES.index(name)),
            "_box": OrientedBox.holding(_center=StateSE2.holding(heading=heading, x=x, y=y), _length=length, _width=width, _height=height),
        }
        if name in AGENT_NAMES:
            ahead = {"_initial_time_stamp": time, "_predictions": [], "_past_trajectory": None}
            things.append(Agent.holding(**ahead, **shared, _velocity=_vector(boxes.velocity[i, :2]), _angular_velocity=None))
        else:
            things.append(StaticObject.holding(**shared, predictions=None, past_trajectory=None, velocity=_vector(np.zeros(2))))
    return DetectionsTracks.holding(tracked_objects=TrackedObjects.holding(tracked_objects=things))


def lights_of(statuses: Any) -> TrafficLights:
    """The lights of a TrafficLightStatuses."""
    return tuple((str(light.get("lane_connector_id")), light.get("status").get("value") == RED) for light in statuses.get("traffic_lights"))


def statuses_of(lights: TrafficLights, time_us: int) -> NuplanObject:
    """The TrafficLightStatuses of ``lights``; what is not red is green."""
    time = TimePoint.holding(time_us=int(time_us))
    return TrafficLightStatuses.holding(
        traffic_lights=[
            TrafficLightStatusData.holding(status=TrafficLightStatusType(RED if red else 0), lane_connector_id=int(name), timestamp=time)
            for name, red in lights
        ]
    )


def _vector(xy: Floats) -> NuplanObject:
    return StateVector2D.holding(_x=float(xy[0]), _y=float(xy[1]), _array=np.array(xy, np.float64))
