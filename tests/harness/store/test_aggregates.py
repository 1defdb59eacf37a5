"""Published aggregates on synthetic episodes, worked out by hand."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness.aggregates import Aggregate, compute_aggregates, plan_aggregates
from harness.display import print_summary
from harness.episode import Episode
from harness.errors import ConfigError
from harness.scenario import Scenario
from harness.statistics import macro, wilson
from harness.store.tables import summarise
from harness.suite import Suite, expand_suite

SPEC: dict[str, Any] = {
    "name": "toy/google_vm",
    "common": {"env": "toy/Bare-v0", "max_steps": 80, "tags": {"robot": "google", "setting": "visual_matching"}},
    "entries": [
        {
            "tags": {"task": "coke", "robot": "google", "setting": "visual_matching"},
            "axes": [
                {"key": "options.orientation", "values": ["lr", "up"], "tag": "orientation"},
                {"key": "options.urdf", "values": [0, 1], "tag": "variant"},
                {"key": "seed", "range": [0, 4]},
            ],
        },
        *(
            {
                "tags": {"task": task, "robot": "google", "setting": "visual_matching"},
                "options": {"task": task},
                "axes": [{"key": "options.urdf", "values": [0, 1], "tag": "variant"}, {"key": "seed", "range": [0, count]}],
            }
            for task, count in (("near", 4), ("open", 2), ("close", 2), ("apple", 1))
        ),
    ],
    "aggregates": [
        {"name": "coke", "where": {"task": "coke"}, "mean_over": ["orientation", "variant"], "episodes": 16},
        {"name": "near", "where": {"task": "near"}, "mean_over": ["variant"]},
        {"name": "open drawer", "where": {"task": "open"}, "mean_over": ["variant"]},
        {"name": "close drawer", "where": {"task": "close"}, "mean_over": ["variant"]},
        {"name": "drawer", "of": ["open drawer", "close drawer"]},
        {"name": "apple", "where": {"task": "apple"}, "mean_over": ["variant"]},
        {"name": "mean of 3 tasks", "of": ["coke", "near", "drawer"]},
        {"name": "mean of 4 tasks", "of": ["coke", "near", "drawer", "apple"]},
    ],
}


def episode(scenario: Scenario, won: bool | None, once: bool | None = None) -> Episode:
    outcome = "error" if won is None else "success" if won else "failure"
    return Episode(
        scenario_id=scenario.id,
        scenario=scenario,
        agent="tester",
        agent_seed=0,
        outcome=outcome,
        success_last=won,
        success_any=won if once is None else once,
    )


def wins(suite: Suite, first: dict[tuple[Any, ...], int]) -> list[Episode]:
    """In each (task, orientation, variant) the first so many seeds succeed."""
    return [episode(s, s.seed < first.get((s.task, s.tags.get("orientation"), s.tags["variant"]), 0)) for s in suite.scenarios]


def figures(suite: Suite, episodes: list[Episode], success: Any = "last") -> dict[str, dict[str, Any]]:
    return {figure["name"]: figure for figure in compute_aggregates(suite.aggregates, episodes, success)}


WINS = {
    ("coke", "lr", 0): 4,  # 1.00
    ("coke", "lr", 1): 1,  # 0.25 -> lr 0.625
    ("coke", "up", 0): 0,
    ("coke", "up", 1): 1,  # 0.25 -> up 0.125; coke 0.375
    ("near", None, 0): 3,
    ("near", None, 1): 2,  # 0.625
    ("open", None, 0): 1,
    ("open", None, 1): 0,  # 0.25
    ("close", None, 0): 2,
    ("close", None, 1): 1,  # 0.75 -> drawer 0.5
    ("apple", None, 0): 1,
    ("apple", None, 1): 0,  # 0.5
}


def test_the_published_means():
    suite = expand_suite(SPEC)
    rates = {name: figure["rate"] for name, figure in figures(suite, wins(suite, WINS)).items()}
    assert rates == pytest.approx(
        {
            "coke": 0.375,
            "near": 0.625,
            "open drawer": 0.25,
            "close drawer": 0.75,
            "drawer": 0.5,
            "apple": 0.5,
            "mean of 3 tasks": (0.375 + 0.625 + 0.5) / 3,
            "mean of 4 tasks": (0.375 + 0.625 + 0.5 + 0.5) / 4,
        }
    )


def test_groups_weigh_the_same_whatever_their_size():
    scenarios = [Scenario(env="e", seed=s, max_steps=1, tags={"variant": "big" if s < 9 else "small"}) for s in range(10)]
    planned = plan_aggregates([{"name": "m", "where": {}, "mean_over": ["variant"]}, {"name": "micro", "where": {}}], scenarios)
    mean, micro = compute_aggregates(planned, [episode(s, s.seed >= 9) for s in scenarios], "last")
    assert mean["rate"] == pytest.approx(0.5)  # 0 of 9 and 1 of 1
    assert micro["rate"] == pytest.approx(0.1)


def test_nesting_order_matters_where_groups_are_not_crossed():
    # Variant a has two orientations, b has one: mean over variants first outermost, then the other way round.
    tags = [("a", "lr", True), ("a", "up", False), ("b", "lr", False)]
    scenarios = [Scenario(env="e", seed=i, max_steps=1, tags={"variant": v, "orientation": o}) for i, (v, o, _) in enumerate(tags)]
    episodes = [episode(s, won) for s, (_, _, won) in zip(scenarios, tags)]
    planned = plan_aggregates(
        [
            {"name": "v", "where": {}, "mean_over": ["variant", "orientation"]},
            {"name": "o", "where": {}, "mean_over": ["orientation", "variant"]},
        ],
        scenarios,
    )
    by_variant, by_orientation = compute_aggregates(planned, episodes, "last")
    assert by_variant["rate"] == pytest.approx((0.5 + 0) / 2)
    assert by_orientation["rate"] == pytest.approx((0.5 + 0) / 2)
    episodes[1] = episode(scenarios[1], True)
    by_variant, by_orientation = compute_aggregates(planned, episodes, "last")
    assert by_variant["rate"] == pytest.approx((1 + 0) / 2)
    assert by_orientation["rate"] == pytest.approx((0.5 + 1) / 2)


def test_success_at_any_step_is_given_beside_the_result():
    suite = expand_suite(SPEC)
    episodes = [episode(s, False, once=s.task == "near") for s in suite.scenarios]
    near = figures(suite, episodes)["near"]
    assert (near["rate"], near["any"]) == (0.0, 1.0)
    assert figures(suite, episodes, "any")["near"]["rate"] == 1.0


def test_interval_is_that_of_the_macro_mean_where_groups_weigh_the_same():
    suite = expand_suite(SPEC)
    near = figures(suite, wins(suite, WINS))["near"]
    same = macro([wilson(3, 4), wilson(2, 4)])
    assert same is not None
    assert (near["low"], near["high"]) == pytest.approx((same.low, same.high))


def test_errors_are_left_out_and_make_the_figure_incomplete():
    suite = expand_suite(SPEC)
    episodes = [episode(s, None if s.seed == 0 else True) for s in suite.scenarios if s.task == "near"]
    near = figures(suite, episodes)["near"]
    assert (near["rate"], near["errors"], near["episodes"], near["expected"], near["complete"]) == (1.0, 2, 8, 8, False)


def test_a_mean_of_figures_waits_for_all_of_them():
    suite = expand_suite(SPEC)
    found = figures(suite, [e for e in wins(suite, WINS) if e.scenario.task in ("coke", "near", "open")])
    assert found["close drawer"]["rate"] is None
    assert found["drawer"]["rate"] is None
    assert found["mean of 3 tasks"]["rate"] is None
    assert found["mean of 3 tasks"]["complete"] is False
    assert found["coke"]["complete"] is True


def test_a_limited_suite_says_how_much_is_missing():
    suite = expand_suite(SPEC).limited(2)
    coke = figures(suite, [episode(s, True) for s in suite.scenarios])["coke"]
    assert (coke["rate"], coke["episodes"], coke["expected"], coke["complete"]) == (1.0, 2, 16, False)


def test_hash_is_that_of_the_scenarios_alone():
    plain = expand_suite({key: value for key, value in SPEC.items() if key != "aggregates"})
    suite = expand_suite(SPEC)
    assert plain.aggregates == ()
    assert suite.hash == plain.hash
    assert [s.id for s in suite.scenarios] == [s.id for s in plain.scenarios]
    assert suite.limited(1).hash != suite.hash  # although the hash was asked for before


@pytest.mark.parametrize(
    ("aggregates", "message"),
    [
        ([{"name": "a", "wehre": {}}], "unknown key 'wehre' .*did you mean where"),
        ([{"name": "a"}], "either `where` or `of`"),
        ([{"name": "a", "where": {}, "of": ["b"]}], "either `where` or `of`"),
        ([{"where": {}}], "name: Field required"),
        ([{"name": "a", "where": {}}, {"name": "a", "where": {}}], "aggregate a is there twice"),
        ([{"name": "a", "where": {"tsk": "coke"}}], "no scenario has the tag 'tsk' .*did you mean task"),
        ([{"name": "a", "where": {"task": "cok"}}], "selects nothing"),
        ([{"name": "a", "where": {"task": "near"}, "mean_over": ["orientation"]}], "8 of its 8 scenarios lack the tag 'orientation'"),
        ([{"name": "a", "where": {"task": "near"}, "episodes": 60}], "takes 8 scenarios, not 60"),
        ([{"name": "a", "where": {"task": "near"}}, {"name": "b", "of": ["aa"]}], "no aggregate 'aa' above it .*did you mean a"),
        ([{"name": "b", "of": ["a"]}, {"name": "a", "where": {"task": "near"}}], "no aggregate 'a' above it"),
    ],
)
def test_says_what_is_wrong(aggregates, message):
    with pytest.raises(ConfigError, match=message):
        expand_suite({**SPEC, "aggregates": aggregates})


def mixed(aggregates: list[dict[str, Any]] | None = None, **more: Any) -> Suite:
    """One task in two settings."""
    entries = [
        {"env": "toy/Bare-v0", "max_steps": 5, "seed": i, "tags": {"task": "near", "robot": "google", "setting": setting}}
        for i, setting in enumerate(["visual_matching", "variant_aggregation"])
    ]
    return expand_suite({"name": "toy/both", "entries": entries, "aggregates": aggregates or [], **more})


def test_settings_are_never_pooled():
    each = [{"name": s, "where": {"setting": s}} for s in ("visual_matching", "variant_aggregation")]
    assert len(mixed(each).aggregates) == 2
    with pytest.raises(ConfigError, match="all pools setting variant_aggregation, visual_matching"):
        mixed([*each, {"name": "all", "of": ["visual_matching", "variant_aggregation"]}])
    with pytest.raises(ConfigError, match="all pools setting"):
        mixed([{"name": "all", "where": {"task": "near"}}])
    assert len(mixed([{"name": "all", "where": {"task": "near"}}], never_pool=["robot"]).aggregates) == 1


def manifest(suite: Suite) -> dict[str, Any]:
    return {
        "name": "run",
        "agent": {"name": "tester"},
        "suite": {
            "name": suite.name,
            "scenarios": len(suite.scenarios),
            "tasks": suite.tasks(),
            "aggregates": [a.model_dump() for a in suite.aggregates],
            "never_pool": suite.never_pool,
            "mixes": suite.mixes,
        },
    }


def shown(summary: dict[str, Any]) -> str:
    out = io.StringIO()
    print_summary(summary, Path("nowhere"), Console(file=out, width=130))
    return out.getvalue()


def test_a_suite_that_mixes_settings_gets_no_figure_over_all():
    suite = mixed([{"name": s, "where": {"setting": s}} for s in ("visual_matching", "variant_aggregation")])
    summary = summarise([episode(s, True) for s in suite.scenarios], manifest(suite), "last")
    assert summary["mixes"] == "setting variant_aggregation, visual_matching"
    for group in (summary["overall"], summary["tasks"]["near"]):
        assert (group["episodes"], group["errors"], group["success"]["n"], group["success"]["rate"]) == (2, 0, 0, None)
    assert summary["overall"]["macro"] is None
    assert [figure["rate"] for figure in summary["aggregates"]] == [1.0, 1.0]
    assert "no figure over all: the suite mixes setting variant_aggregation, visual_matching" in shown(summary)


def test_summary_and_closing_table():
    suite = expand_suite(SPEC)
    summary = summarise(wins(suite, WINS)[:-1], manifest(suite), "last")
    assert summary["mixes"] is None
    assert summary["overall"]["success"]["n"] == 33
    assert [figure["name"] for figure in summary["aggregates"]][:2] == ["coke", "near"]
    table = shown(summary)
    assert "as published" in table
    coke = next(line for line in table.splitlines() if "  coke" in line)
    assert "37.5 %" in coke
    assert "1 of 2" in next(line for line in table.splitlines() if "  apple" in line)


def test_a_run_from_before_there_were_aggregates_is_still_read():
    suite = expand_suite(SPEC)
    old = manifest(suite)
    for key in ("aggregates", "never_pool", "mixes"):
        del old["suite"][key]
    assert summarise(wins(suite, WINS), old, "last")["aggregates"] == []
    assert Aggregate(**suite.aggregates[0].model_dump()) == suite.aggregates[0]
