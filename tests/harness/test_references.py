"""SIMPLER's published numbers: they agree with each other, and reproduce the published rank agreement."""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import mean
from typing import Any

import pytest
import yaml

from harness.cli.references import references_command
from harness.errors import ConfigError
from harness.references import agreement, load_references

SIMPLER = load_references("simpler")

# Computed once by SIMPLER's own code from its own numbers (reference of this project, D8): mmrv(sim, real), mmrv(real, sim), Pearson.
PUBLISHED = {
    "pick_coke_can": (0.031, 0.062, 0.975),
    "move_near": (0.111, 0.003, 0.856),
    "open_drawer": (0.000, 0.000, 0.983),
    "close_drawer": (0.123, 0.113, 0.771),
    "place_apple_in_closed_top_drawer": (0.000, 0.011, 0.969),
    "put_spoon_on_table_cloth": (0.0, 0.0, 0.827),
    "put_carrot_on_plate": (0.111, 0.009, 0.571),
    "stack_green_cube_on_yellow_cube": (0.0, 0.0, 1.000),
    "put_eggplant_in_basket": (0.0, 0.0, 0.989),
}


def values(task: str, setting: str, source: str = "simpler_env") -> dict[str, float]:
    return SIMPLER.values(task, setting, source)


@pytest.mark.parametrize("task", PUBLISHED)
def test_reproduces_the_published_rank_agreement(task):
    found = agreement(task, values(task, "visual_matching"), values(task, "real"))
    assert found is not None
    assert (found.mmrv, found.mmrv_swapped, found.pearson) == pytest.approx(PUBLISHED[task], abs=5.01e-4)


def test_the_real_coke_can_is_the_mean_of_its_orientations():
    for checkpoint, whole in values("pick_coke_can", "real").items():
        parts = [values(f"pick_coke_can_{way}", "real", "simpler_env_tools")[checkpoint] for way in ("horizontal", "vertical", "standing")]
        assert whole == pytest.approx(mean(parts), abs=5.01e-4)


@pytest.mark.parametrize("task", ["pick_coke_can", "move_near"])
def test_the_third_party_table_repeats_the_original_where_they_overlap(task):
    third = values(task, "visual_matching", "spatialvla")
    for checkpoint, value in values(task, "visual_matching").items():
        assert third[checkpoint] == pytest.approx(value, abs=5.01e-4)


def test_drawers_are_the_mean_of_open_and_close_but_for_the_correction_that_says_so():
    third = values("drawer", "visual_matching", "spatialvla")
    opened, closed = values("open_drawer", "visual_matching"), values("close_drawer", "visual_matching")
    off = {c for c in opened if abs(third[c] - (opened[c] + closed[c]) / 2) > 0.0015}
    assert off == {"rt-1-x"}
    assert any("RT-1-X's drawers are 59.7" in correction for correction in SIMPLER.corrections)


def test_means_of_four_are_those_of_their_cells():
    google = ["pick_coke_can", "move_near", "drawer", "place_apple_in_closed_top_drawer"]
    widowx = ["put_spoon_on_table_cloth", "put_carrot_on_plate", "stack_green_cube_on_yellow_cube", "put_eggplant_in_basket"]
    for whole, tasks, setting in (
        ("google_mean_of_4_tasks", google, "visual_matching"),
        ("google_mean_of_4_tasks", google, "variant_aggregation"),
        ("widowx_mean_of_4_tasks", widowx, "visual_matching"),
    ):
        parts = [values(task, setting, "internvla_m1")["internvla-m1"] for task in tasks]
        assert values(whole, setting, "internvla_m1")["internvla-m1"] == pytest.approx(mean(parts), abs=5.01e-4)


def test_the_two_checkpoints_of_one_method_are_apart():
    for setting, m1, st4vla in (("visual_matching", 0.807, 0.846), ("variant_aggregation", 0.760, 0.759)):
        assert values("google_mean_of_4_tasks", setting, "internvla_m1") == {"internvla-m1": m1}
        assert values("google_mean_of_4_tasks", setting, "st4vla")["st4vla"] == st4vla


def test_the_pooled_ablation_is_the_mean_of_three_settings():
    parts = [values("google_mean_of_4_tasks", s, "st4vla")["st4vla"] for s in ("visual_matching", "variant_aggregation")]
    parts.append(values("widowx_mean_of_4_tasks", "visual_matching", "st4vla")["st4vla"])
    assert values("mean_of_three_settings", "pooled", "st4vla")["st4vla-prompt-unified"] == pytest.approx(mean(parts), abs=5.01e-4)


def test_every_record_names_its_source_and_third_parties_are_marked():
    records = SIMPLER.records()
    assert len(records) > 150
    assert all(0 <= r.value <= 1 for r in records)
    openvla = {r.source for r in records if r.checkpoint == "openvla"}
    assert openvla == {"spatialvla", "vla_evaluation_harness"}
    assert all(SIMPLER.sources[source].third_party for source in openvla)
    assert not SIMPLER.sources["simpler_env"].third_party
    assert not any(r.checkpoint == "rt-2-x" and r.task == "drawer" and r.setting == "variant_aggregation" for r in records)  # not given


def test_prints_one_task(capsys):
    references_command("simpler", "coke", [], [])
    shown = capsys.readouterr().out
    assert "mmrv(sim, real)" in shown
    row = next(line for line in shown.splitlines() if "pick_coke_can " in line)
    assert [cell.strip() for cell in row.strip("│┃|").split("│")] == ["pick_coke_can", "6", "0.031", "0.062", "0.975"]
    assert "Source: SpatialVLA's README (third-party)" in shown
    assert "eggplant" not in shown


def test_sets_runs_beside_it(tmp_path, capsys):
    for name, coke, near in (("a", 0.9, 0.2), ("b", 0.3, 0.4)):
        (tmp_path / name).mkdir()
        summary: dict[str, Any] = {
            "tasks": {"pick_coke_can": {"success": {"rate": 0.0}}, "move_near": {"success": {"rate": near}}},
            "aggregates": [{"name": "pick_coke_can", "rate": coke}, {"name": "open_drawer", "rate": None}],
        }
        (tmp_path / name / "summary.json").write_text(json.dumps(summary))
    references_command("simpler", None, [f"rt-1-converged={tmp_path / 'a'}", f"rt-1-x={tmp_path / 'b'}"], [])
    shown = capsys.readouterr().out
    beside, ranking = shown.split("Your runs, in %")[1].split("your runs against real")
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in beside.splitlines() if line.startswith("│")]
    assert rows[0] == ["rt-1-converged", "pick_coke_can", "90.0", "85.7", "85.3"]
    assert len(rows) == 4
    # Real: 0.853 and 0.760 for the can, 0.633 and 0.450 for near; the runs order the can right and near wrong.
    assert "0.000" in next(line for line in ranking.splitlines() if "pick_coke_can" in line)
    assert "0.183" in next(line for line in ranking.splitlines() if "move_near" in line)


@pytest.mark.parametrize(
    ("name", "task", "runs", "message"),
    [
        ("simplr", None, [], "did you mean simpler"),
        ("simpler", "spon", [], "no task 'spon' .*did you mean spoon"),
        ("simpler", None, ["rt-1-x"], "write CHECKPOINT=RUN_FOLDER"),
        ("simpler", None, ["rt-1-x=nowhere"], "no summary there"),
    ],
)
def test_says_what_is_wrong(name, task, runs, message):
    with pytest.raises(ConfigError, match=message):
        references_command(name, task, runs, [])


def test_your_own_file_and_what_is_wrong_with_it(tmp_path):
    (tmp_path / "references").mkdir()
    path = tmp_path / "references" / "mine.yaml"
    data: dict[str, Any] = {
        "name": "mine",
        "settings": {"real": ""},
        "tasks": {"lift": {"robot": "arm"}},
        "sources": {"us": {"where": "our lab"}},
        "tables": [{"source": "us", "setting": "real", "tasks": ["lift"], "rows": {"p": [0.5]}}],
    }
    path.write_text(yaml.safe_dump(data))
    assert load_references("mine", [tmp_path]).values("lift", "real", "us") == {"p": 0.5}
    for table, message in (
        ({"source": "uz"}, "unknown source 'uz', did you mean us"),
        ({"tasks": ["lifd"]}, "unknown task 'lifd', did you mean lift"),
        ({"rows": {"p": [0.5, 0.6]}}, "p has 2 values for 1 tasks"),
        ({"rows": {"p": [50]}}, "outside 0 to 1"),
    ):
        path.write_text(yaml.safe_dump({**data, "tables": [{**data["tables"][0], **table}]}))
        with pytest.raises(ConfigError, match=message):
            load_references("mine", [tmp_path])
    path.write_text("{")
    with pytest.raises(ConfigError, match=r"mine\.yaml"):
        load_references("mine", [tmp_path])


def test_command_line():
    code = "from harness.cli import main; import sys; sys.argv = ['gauntlet', 'references', 'simpler', '--task', 'eggplant']; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "0.989" in done.stdout
