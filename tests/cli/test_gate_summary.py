"""What `flexgate gate show` says of a gate in a few lines."""

from typing import Any

from gateway.cli.gate_summary import changed_models, models, notes, shortages, stages, summary

FIGURES: dict[str, Any] = {
    "outcome": "within-limits",
    "partly_unchecked": False,
    "rung": "optimal",
    "gap": 0.0,
    "cut_short": False,
    "shortage_mwh": None,
    "limited_bids": 3,
    "withheld_bids": 0,
    "bids": 20,
    "available_mwh": 40.0,
    "offered_mwh": 50.0,
    "overloads": [],
    "contracted_cut_mwh": 0.0,
    "cost": None,
    "cost_unconstrained": None,
    "shortages": [],
    "notes": [],
    "missing_grids": [],
    "models": [],
    "overloads_remaining": [],
}


def gate(**changes: Any) -> dict[str, Any]:
    return {
        "use": "prefix",
        "demand_rule": "keep-limits",
        "objective": "volume",
        "state": "published",
        "publish_by": "2026-03-01T22:10:00Z",
        "currency": "EUR",
        "delivery": {"start": "2026-03-01T23:00:00Z"},
        "mtu": "PT15M",
        "grid_operators": ["dso-west"],
        "runs": [{"figures": FIGURES}],
        **changes,
    }


def figures(**changes: Any) -> list[dict[str, Any]]:
    return [{"figures": {**FIGURES, **changes}}]


def test_a_gate_that_has_not_decided_says_what_is_to_come() -> None:
    assert summary(gate(state="open", runs=[])) == (
        "use prefix, volume: open, not decided yet",
        "to be published by 2026-03-01T22:10:00Z",
    )


def test_use_outcome_and_volume_are_named() -> None:
    assert summary(gate()) == (
        "use prefix, volume: within-limits (rung optimal)",
        "3 of 20 bids limited; 40.000 of 50.000 MWh available",
    )


def test_a_search_that_was_cut_short_is_named_with_its_gap() -> None:
    first, _ = summary(gate(runs=figures(rung="conservative", gap=0.354, cut_short=True)))
    assert first.endswith("within-limits (rung conservative, gap 35.4 %, cut short by the budget)")


def test_a_search_that_ended_without_proof_says_what_its_gap_is() -> None:
    first, _ = summary(gate(runs=figures(rung="best-found", gap=0.996, cut_short=False)))
    assert first.endswith(
        "(rung best-found, gap 99.6 %: the search ended; the gap is what could not be proven)"
    )


def test_withheld_bids_are_counted_beside_those_that_limits_hit() -> None:
    _, second = summary(gate(runs=figures(withheld_bids=2)))
    assert second.startswith("3 of 20 bids limited, 2 withheld; ")


def test_shortage_overload_and_cut_reserve_are_named_with_amounts() -> None:
    reported = figures(
        outcome="least-overload",
        shortage_mwh=1.25,
        shortage_up_mwh=1.25,
        shortage_down_mwh=0.0,
        partly_unchecked=True,
        overloads=[["south", "line 7", 2.0]],
        contracted_cut_mwh=0.5,
    )
    first, second = summary(gate(use="exact", demand_rule="meet-demand", runs=reported))
    assert first == (
        "use exact, meet-demand: least-overload (1.250 MWh up short), partly unchecked (rung optimal)"
    )
    assert second.endswith("south/line 7 overloaded by 2.000 MW; contracted reserve cut by 0.500 MWh")


def test_shortage_of_both_directions_is_distinguished() -> None:
    reported = figures(outcome="shortage", shortage_mwh=2.0, shortage_up_mwh=1.25, shortage_down_mwh=0.75)
    first, _ = summary(gate(use="exact", runs=reported))
    assert "shortage (1.250 MWh up, 0.750 MWh down short)" in first


def test_a_refused_gate_says_why_and_a_participant_sees_no_figures_of_others() -> None:
    reported = figures(outcome=None, rung="not-assessed", notes=["no system operator stated a demand"])
    assert list(notes(gate(use="exact", runs=reported))) == ["note: no system operator stated a demand"]
    assert list(notes(gate(runs=[]))) == []
    own = figures(limited_bids=None, contracted_cut_mwh=None)
    assert summary(gate(runs=own))[1] == "figures of all bids are for its TSOs and the operator"


def test_the_seconds_of_each_stage_of_the_last_run_are_reported() -> None:
    took = {"assemble": 0.26, "optimise": 12.0, "optimiser: total": 11.9, "explain": 3.04, "publish": 20.5}
    runs = [*figures(stage_seconds={"assemble": 99.0}), *figures(stage_seconds=took), {"figures": None}]
    assert list(stages(gate(runs=runs))) == [
        "seconds: assemble 0.3, optimise 12.0, explain 3.0, publish 20.5"
    ]
    assert list(stages(gate(runs=[]))) == []


def test_grids_without_a_model_and_what_is_overloaded_anyhow_are_named() -> None:
    reported = figures(missing_grids=["feeder"], overloads_remaining=[["south", "line 7"]])
    missing, beyond = notes(gate(runs=reported))
    assert missing == (
        "no model of feeder holds for this delivery: bids behind it are withheld unless its operator "
        "agreed otherwise"
    )
    assert beyond.startswith("south/line 7 is beyond its limit before any bid of this gate")
    _, beyond = notes(gate(use="exact", runs=reported))
    assert beyond.startswith("south/line 7 stays beyond its limit with what is accepted")


def test_a_grid_operator_without_any_model_is_not_named_as_a_grid() -> None:
    reported = figures(missing_grids=["dso-east"])
    assert list(notes(gate(grid_operators=["dso-east"], runs=reported))) == [
        "dso-east has no model that holds for this delivery"
    ]
    (unnamed,) = notes(gate(grid_operators=None, runs=reported))  # as a platform sees the gate
    assert unnamed.startswith("no model of dso-east holds for this delivery")


def test_what_is_beyond_its_limit_anyhow_is_named_beside_the_outcome_once() -> None:
    reported = figures(
        overloads=[["south", "line 7", 2.0]], overloads_remaining=[["south", "line 7"], ["south", "line 8"]]
    )
    first, _ = summary(gate(runs=reported))
    assert first == "use prefix, volume: within-limits, 1 element beyond a limit anyway (rung optimal)"


def test_the_cost_is_stated_beside_that_of_price_alone() -> None:
    _, second = summary(gate(runs=figures(cost=1693.254, cost_unconstrained=607.5)))
    assert second.endswith("; cost 1,693.25 EUR, 607.50 by price alone if all were divisible")


def test_a_shortage_states_how_much_of_it_would_be_without_any_grid() -> None:
    short = [{"mtu": mtu, "list_name": "Z", "direction": "up", "mw": 4.0, "anyway_mw": 2.0} for mtu in (0, 1)]
    first, _ = summary(
        gate(
            use="exact",
            runs=figures(shortage_mwh=2.0, shortage_up_mwh=2.0, shortage_down_mwh=0.0, shortages=short),
        )
    )
    assert "(2.000 MWh up short, 1.000 of it without any grid)" in first


def test_a_shortage_is_stated_by_list_and_stretch_of_time() -> None:
    def short(mtu: int, mw: float, anyway_mw: float = 0.0, name: str = "TEST-ZONE A01 up") -> dict[str, Any]:
        return {"mtu": mtu, "list_name": name, "direction": "up", "mw": mw, "anyway_mw": anyway_mw}

    found = [short(0, 2), short(1, 2), short(2, 3, 1), short(4, 3, 1), short(4, 5, name="TEST-ZONE A01 down")]
    up, down = ("short of TEST-ZONE A01 up, 2026-03-0", "short of TEST-ZONE A01 down, 2026-03-0")
    assert list(shortages(gate(runs=figures(shortages=found)))) == [
        f"{up}1T23:00Z to 2026-03-01T23:30Z: 2.000 MW",
        f"{up}1T23:30Z to 2026-03-01T23:45Z: 3.000 MW, 1.000 of it without the grid, too",
        f"{up}2T00:00Z to 2026-03-02T00:15Z: 3.000 MW, 1.000 of it without the grid, too",
        f"{down}2T00:00Z to 2026-03-02T00:15Z: 5.000 MW",
    ]
    assert list(shortages(gate(runs=[]))) == []


def used(**numbers: int) -> list[dict[str, Any]]:
    return [
        {"grid_id": grid, "model_id": number, "taken_at": f"2026-03-0{number}T21:00:00Z"}
        for grid, number in numbers.items()
    ]


def test_models_of_the_last_run_are_named_with_their_time_and_only_a_few() -> None:
    (line,) = models(gate(runs=figures(models=used(north=2, south=1))))
    assert line == (
        "decided with: north model 2 since 2026-03-02T21:00:00Z, south model 1 since 2026-03-01T21:00:00Z"
    )
    (line,) = models(gate(runs=figures(models=used(a=1, b=1, c=1, d=1, e=1, f=1, g=1))))
    assert "e model 1" in line
    assert line.endswith(" and 2 more (--json)")
    assert list(models(gate())) == []
    assert list(models(gate(runs=[]))) == []


def test_models_that_changed_between_two_runs_are_named_with_both() -> None:
    (before,) = figures(models=used(north=1, south=1, west=1))
    (now,) = figures(models=used(east=1, north=2, south=1))
    assert list(changed_models(now, before)) == [
        "east: model 1, before no model",
        "north: model 2, before 1",
        "west: no model, before 1",
    ]
