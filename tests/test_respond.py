"""Every unit of the frame gets one status, and the counts add up."""

import pandas as pd

from nldtib.records import respond


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {"unit": ["a", "b", "c", "d"], "size": ["small", "small", "large", "large"]}
    )


def records() -> pd.DataFrame:
    """Let unit a answer one year, b only begin, c be out of scope and d be silent."""
    return pd.DataFrame(
        {
            "unit": ["a", "a", "b", "b", "c", "c"],
            "in_scope": [True] * 4 + [False] * 2,
            "turnover": [None, 5.0, None, None, None, None],
        }
    )


def test_every_unit_gets_one_status():
    response = respond.status(frame(), records(), ["turnover"])

    assert dict(zip(response["unit"], response["status"], strict=True)) == {
        "a": "answered",
        "b": "not_usable",
        "c": "out_of_scope",
        "d": "silent",
    }


def test_the_ladder_adds_up_to_the_frame():
    response = respond.status(frame(), records(), ["turnover"])

    ladder = respond.ladder(response, frame()["size"]).set_index("group")

    assert ladder["approached"].to_dict() == {"large": 2, "small": 2, "total": 4}
    assert ladder.loc["total", list(respond.STATUSES)].sum() == 4
    assert ladder.loc["total", "rate"] == 25.0
