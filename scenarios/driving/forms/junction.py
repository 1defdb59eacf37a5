"""Forms whose roads meet in one junction: crossings with and without lights, T, and the aisles of a car park."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from scenarios.driving.forms.layout import Layout, Prop, Wish, straight_line
from scenarios.driving.roads.curves import transform, wrap
from scenarios.driving.roads.network import Crosswalk, RoadNetwork

ARM = 280.0


@dataclass(frozen=True)
class Arm:
    """A two-way road that ends in the junction: direction outwards [rad], lanes each way."""

    name: str
    angle: float
    lanes: int


@dataclass(frozen=True)
class JunctionShape:
    """How arms meet: lane width [m], kerb radius [m], speed limit [m/s], length of the arms [m]; lights; crosswalks on every arm."""

    width: float
    kerb: float
    speed: float
    length: float = ARM
    lights: bool = False
    crosswalks: bool = False
    walkways: bool = True


def build_junction(arms: list[Arm], shape: JunctionShape) -> tuple[RoadNetwork, dict[str, Crosswalk]]:
    """The lane graph of `arms` around the origin: roads `<arm>.in` and `<arm>.out`, every turn that right-hand traffic allows but U-turns; and the crosswalk of each arm."""
    network, zebras = RoadNetwork(), dict[str, Crosswalk]()
    reach = max(arm.lanes for arm in arms) * shape.width + shape.kerb + (5.0 if shape.crosswalks else 0.0)
    mouths: list[shapely.Polygon] = []
    for arm in arms:
        out = np.array([np.cos(arm.angle), np.sin(arm.angle)])
        near, far = tuple(out * reach), tuple(out * (reach + shape.length))
        widths = [shape.width] * arm.lanes
        network.add_road(f"{arm.name}.in", straight_line(far, near), widths, shape.speed)
        network.add_road(f"{arm.name}.out", straight_line(near, far), widths, shape.speed)
        half, pose = arm.lanes * shape.width, (0.0, 0.0, arm.angle)
        mouths.append(shapely.Polygon(transform(np.array([[-0.5, half], [reach, half], [reach, -half], [-0.5, -half]]), pose)))
        for side in (1.0, -1.0) if shape.walkways else ():
            strip = np.array(
                [
                    [reach, side * (half + 0.6)],
                    [reach + shape.length, side * (half + 0.6)],
                    [reach + shape.length, side * (half + 3.0)],
                    [reach, side * (half + 3.0)],
                ]
            )
            network.walkways.append(shapely.Polygon(transform(strip, pose)))
        if shape.crosswalks:
            near_r, far_r = reach - 4.6, reach - 1.2
            corners = np.array([[near_r, half], [far_r, half], [far_r, -half], [near_r, -half]])
            line = np.array([[reach - 2.9, -half - 1.4], [reach - 2.9, half + 1.4]])
            zebras[arm.name] = Crosswalk(shapely.Polygon(transform(corners, pose)), transform(line, pose))
            network.crosswalks.append(zebras[arm.name])
    for source in arms:
        for target in arms:
            if source.name != target.name:
                _connect(network, source, target, shape)
    whole = shapely.union_all(mouths)
    whole = shapely.buffer(shapely.buffer(whole, shape.kerb, quad_segs=8), -shape.kerb, quad_segs=8)
    network.close_junction("crossing", shapely.Polygon(whole.exterior))
    return network, zebras


def turn_between(source: Arm, target: Arm) -> str:
    """What someone does who comes in by `source` and leaves by `target`."""
    change = wrap(target.angle - source.angle - np.pi)
    return "straight" if abs(change) < 0.6 else ("left" if change > 0 else "right")


def _connect(network: RoadNetwork, source: Arm, target: Arm, shape: JunctionShape) -> None:
    turn = turn_between(source, target)
    if turn == "straight":
        pairs = [(lane, lane) for lane in range(min(source.lanes, target.lanes))]
    elif turn == "left":
        pairs = [(0, 0)]
    else:
        pairs = [(source.lanes - 1, target.lanes - 1)]
    for first, last in pairs:
        light = f"light.{source.name}" if shape.lights else ""
        strip = network.connect("crossing", f"{source.name}.in.{first}", f"{target.name}.out.{last}", turn, light)
        if shape.lights or shape.crosswalks:
            network.add_stop(strip.key)


def junction_layout(form: str, arms: list[Arm], shape: JunctionShape, gives_way: bool, props: tuple[Prop, ...] = ()) -> Layout:
    """The layout for an ego that comes in by the arm `west`; `oncoming` comes in by `east`, if there is one, `crossing` by the arms to the side."""
    network, zebras = build_junction(arms, shape)
    west = next(arm for arm in arms if arm.name == "west")
    ego: dict[str, tuple] = {}
    for target in arms:
        if target.name == "west":
            continue
        turn = turn_between(west, target)
        lanes = [strip.source for strip in network.strips.values() if strip.road == f"west.in>{target.name}.out"]
        ego[turn] = tuple(network.follow(lane, [turn]) for lane in lanes)
    oncoming = [network.follow(strip.source, ["straight"]) for strip in network.strips.values() if strip.road == "east.in>west.out"]
    sides = [arm for arm in arms if arm.name in ("north", "south")]
    crossing = [
        network.follow(strip.source, [strip.turn])
        for arm in sides
        for strip in network.strips.values()
        if strip.road.startswith(f"{arm.name}.in>") and (strip.turn == "straight" or len(arms) == 3)
    ]
    focus = next(iter(ego.values()))[0].entry()
    assert focus is not None
    return Layout(
        form,
        network,
        ego,
        focus,
        oncoming=tuple(oncoming),
        crossing=tuple(crossing),
        props=props,
        signalised=shape.lights,
        gives_way=gives_way,
        walked=tuple(zebras.values()),
    )


def _tilt(rng: np.random.Generator) -> float:
    return float(rng.uniform(-0.2, 0.2))


def signalised_crossing(rng: np.random.Generator, wish: Wish) -> Layout:
    """Four arms of one to three lanes each way, lights and crosswalks."""
    main, side = wish.draw_lanes(rng, 1, 3), int(rng.integers(1, 3))
    tilt = _tilt(rng)
    arms = [
        Arm("west", np.pi, main),
        Arm("south", -np.pi / 2 + tilt, side),
        Arm("east", _tilt(rng) / 2, main),
        Arm("north", np.pi / 2 + tilt, side),
    ]
    shape = JunctionShape(
        float(rng.uniform(3.3, 3.6)), float(rng.uniform(6.0, 8.5)), float(rng.choice([11.1, 13.9])), lights=True, crosswalks=True
    )
    return junction_layout("signalised_crossing", arms, shape, gives_way=False)


def unsignalised_crossing(rng: np.random.Generator, wish: Wish) -> Layout:
    """Four arms without lights; the ego's road has the right of way or has to give it."""
    main = 1 if wish.gives_way else wish.draw_lanes(rng, 1, 2)
    tilt = _tilt(rng)
    arms = [
        Arm("west", np.pi, main),
        Arm("south", -np.pi / 2 + tilt, 1),
        Arm("east", _tilt(rng) / 2, main),
        Arm("north", np.pi / 2 + tilt, 1),
    ]
    shape = JunctionShape(
        float(rng.uniform(3.3, 3.6)),
        float(rng.uniform(7.5, 9.5)),
        float(rng.choice([8.3, 11.1])),
        crosswalks=wish.crosswalk or rng.random() < 0.5,
    )
    return junction_layout("unsignalised_crossing", arms, shape, gives_way=wish.gives_way)


def t_junction(rng: np.random.Generator, wish: Wish) -> Layout:
    """Three arms. The ego comes along the through road with the side road on its left or right, or along the side road, which gives way."""
    main = wish.draw_lanes(rng, 1, 2)
    kind = "stem" if wish.gives_way else "left" if wish.two_way else str(rng.choice(["left", "right"]))
    shape = JunctionShape(
        float(rng.uniform(3.3, 3.6)),
        float(rng.uniform(7.5, 9.5)),
        float(rng.choice([8.3, 11.1])),
        crosswalks=wish.crosswalk or rng.random() < 0.4,
    )
    if kind == "stem":
        arms = [Arm("west", np.pi, 1), Arm("south", -np.pi / 2 + _tilt(rng), 1), Arm("north", np.pi / 2, 1)]
    else:
        side = Arm("north", np.pi / 2 + _tilt(rng), 1) if kind == "left" else Arm("south", -np.pi / 2 + _tilt(rng), 1)
        arms = [Arm("west", np.pi, main), Arm("east", 0.0, main), side]
    return junction_layout("t_junction", arms, shape, gives_way=kind == "stem")


def car_park(rng: np.random.Generator, wish: Wish) -> Layout:
    """Aisles of a car park that meet at right angles, with vehicles in the bays on both sides; 15 km/h."""
    length, width, deep = 120.0, float(rng.uniform(3.0, 3.3)), 5.2
    shape = JunctionShape(width, 6.0, 4.2, length, walkways=False)
    arms = [Arm("west", np.pi, 1), Arm("south", -np.pi / 2, 1), Arm("east", 0.0, 1), Arm("north", np.pi / 2, 1)]
    if rng.random() < 0.5:
        arms.pop(int(rng.choice([1, 3])))
    props: list[Prop] = []
    areas: list[shapely.Polygon] = []
    reach = width + shape.kerb
    for arm in arms:
        for side in (1.0, -1.0):
            first = reach + 4.0
            rows = np.array(
                [
                    [reach - 1.0, side * (width - 0.05)],
                    [reach + length - 4.0, side * (width - 0.05)],
                    [reach + length - 4.0, side * (width + deep)],
                    [reach - 1.0, side * (width + deep)],
                ]
            )
            areas.append(shapely.Polygon(transform(rows, (0.0, 0.0, arm.angle))))
            for place in np.arange(first + 1.4, reach + length - 6.0, 2.8):
                taken, shift, length_m, turned = rng.random(), rng.uniform(-0.25, 0.25), rng.uniform(4.1, 4.8), rng.random()
                if taken < 0.55:
                    spot = transform(
                        np.array([[place, side * (width + deep / 2 + 0.1 + shift), side * np.pi / 2 + (np.pi if turned < 0.5 else 0.0)]]),
                        (0.0, 0.0, arm.angle),
                    )[0]
                    props.append(Prop("vehicle", (float(spot[0]), float(spot[1]), wrap(float(spot[2]))), (float(length_m), 1.85, 1.6)))
    layout = junction_layout("car_park", arms, shape, gives_way=False, props=tuple(props))
    layout.network.carparks.extend(areas)
    return layout
