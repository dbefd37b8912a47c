"""Where each file lies; users and dvc.yaml know the paths, so they are written out here."""

from pathlib import Path

from stages.lib.core.places import Places


def test_the_files_of_a_study_stand_where_users_and_dvc_yaml_expect_them() -> None:
    places = Places(Path("top"))
    files = [places.plans, places.replicates, places.chosen, places.grids, places.chapters]
    assert list(map(str, files)) == [
        "top/data/plans",
        "top/data/plans/replicates.json",
        "top/data/chosen",
        "top/data/grids",
        "top/data/chapters",
    ]
    files = [places.pictures, places.page, places.text, places.points("test")]
    assert list(map(str, files)) == [
        "top/plots/figures",
        "top/report/index.html",
        "top/report/report.md",
        "top/data/test.csv",
    ]


def test_the_files_of_a_stage_bear_its_name() -> None:
    places = Places(Path("top"))
    ways = [
        places.plan,
        places.draws,
        places.trained,
        places.unfinished,
        places.model,
        places.summary,
        places.checkpoints,
    ]
    assert [str(way("one")) for way in [*ways, places.metrics, places.live_plot]] == [
        "top/data/plans/one.json",
        "top/data/draws/one",
        "top/data/trained/one",
        "top/data/unfinished/one",
        "top/models/one.keras",
        "top/models/one.txt",
        "top/models/one",
        "top/metrics/one.json",
        "top/plots/one/live_plot.png",
    ]
    assert str(places.draws("own_sweep", "0")) == "top/data/draws/own_sweep/0"
    assert str(places.table("one", "curves")) == "top/plots/one/curves.csv"


def test_a_stage_runs_in_the_top_folder_of_its_study() -> None:
    assert Places().metrics("one") == Path("metrics/one.json")
