"""From the trial of lists learned from choices to what the report says of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from recs_anomaly.recommend.evaluation.choice_trial import (
    ChoiceExample,
    ChoiceTrial,
    choice_examples,
)
from recs_anomaly.recommend.evaluation.evaluate import MODEL_NAME
from recs_anomaly.recommend.evaluation.lists import LISTED
from recs_anomaly.reports.recommend_comparisons import (
    comparison,
    contenders,
    measures_table,
    model_and_best_rule,
    percent,
    verdict,
)
from recs_anomaly.reports.recommend_items import catalogue_share, popularity, tenths
from recs_anomaly.reports.recommend_parts import (
    Comparison,
    Contender,
    KeyFigure,
    Measures,
    Pair,
)
from recs_anomaly.reports.recommend_summary import LIST_COLUMNS
from recs_anomaly.text import counted

_RULE = "most chosen"


@dataclass(frozen=True)
class ListedChoice:
    """One item of a user's list.

    Attributes
    ----------
    title : str
    genres : str
    reason : str or None
        Title of what the user chose that speaks most for it.
    came_true : bool
        Whether the user has chosen it.
    """

    title: str
    genres: str
    reason: str | None
    came_true: bool


@dataclass(frozen=True)
class ChoosingUser:
    """One user's list.

    Attributes
    ----------
    user, why : str
    known : list of str
        Titles of the best known of the own choices.
    items : list of ListedChoice
    outcome : str
        How many came true.
    """

    user: str
    why: str
    known: list[str]
    items: list[ListedChoice]
    outcome: str


@dataclass(frozen=True)
class ChoicesSummary:
    """All that the report about choices says.

    Attributes
    ----------
    name : str
        Of the choices.
    sentence : str
        How good the lists are.
    figures : list of KeyFigure
    lists : Comparison
    measures : Measures
    tenths : list of Pair
        Shares of the choices and of the listed places that each tenth of the items
        has, the most chosen first.
    popularity : Measures
        What kind of items is listed.
    examples : list of ChoosingUser
    facts : list of (str, str)
        How it was measured: names and values.
    """

    name: str
    sentence: str
    figures: list[KeyFigure]
    lists: Comparison
    measures: Measures
    tenths: list[Pair]
    popularity: Measures
    examples: list[ChoosingUser]
    facts: list[tuple[str, str]]


def summarise_choices(trial: ChoiceTrial, name: str, how_hidden: str) -> ChoicesSummary:
    """Sum up the trial of lists.

    Parameters
    ----------
    trial : ChoiceTrial
    name : str
        What the choices are called.
    how_hidden : str
        How the hidden choices were chosen, in words.

    Returns
    -------
    summary : ChoicesSummary
    """
    gains = contenders(trial.measures, f"ndcg@{LISTED}", is_lower_better=False)
    found = contenders(trial.measures, f"precision@{LISTED}", is_lower_better=False)
    own, best = model_and_best_rule(found)
    model = trial.recommender.model
    return ChoicesSummary(
        name=name,
        sentence=f"{len(trial.hidden):,} choices were kept hidden. Of {LISTED} items "
        f"on a list, {LISTED * own.value:.1f} are among them; of the {_RULE}, "
        f"{LISTED * best.value:.1f}.",
        figures=_figures(trial, found),
        lists=comparison(
            "What people chose",
            f"nDCG@{LISTED}, all items ranked: further right is better.",
            gains,
            from_zero=True,
        ),
        measures=measures_table(
            trial.measures,
            gains,
            [each for each in LIST_COLUMNS if not each[0].startswith("liked ")],
        ),
        tenths=tenths(trial),
        popularity=popularity(trial, _RULE),
        examples=[_choosing_user(each) for each in choice_examples(trial)],
        facts=[
            (
                "Learned from",
                f"{len(trial.train):,} choices of {len(model.items_):,} items by "
                f"{len(model.users_):,} users",
            ),
            ("Kept hidden", f"{len(trial.hidden):,} choices, {how_hidden}"),
            (
                "Lists",
                f"{LISTED} of all items that a user had not chosen, for "
                f"{len(trial.task.users):,} users",
            ),
            ("Intervals", "95 %, from a bootstrap that draws users"),
        ],
    )


def _figures(trial: ChoiceTrial, found: Sequence[Contender]) -> list[KeyFigure]:
    own, best = model_and_best_rule(found)
    hits = contenders(trial.measures, f"hit_rate@{LISTED}", is_lower_better=False)
    some, of_rule = model_and_best_rule(hits)
    shown, most_chosen = (catalogue_share(trial, who) for who in (MODEL_NAME, _RULE))
    return [
        KeyFigure(
            "Found",
            f"{LISTED * own.value:.1f} of {LISTED}",
            verdict(own, best, is_lower_better=False),
            f"listed items are among the hidden choices; the {_RULE}: "
            f"{LISTED * best.value:.1f}",
        ),
        KeyFigure(
            "Anything found",
            percent(some.value),
            verdict(some, of_rule, is_lower_better=False),
            f"of users have a hidden choice on their list; of the {_RULE}: "
            + percent(of_rule.value),
        ),
        KeyFigure(
            "Catalogue shown",
            percent(shown),
            "none",
            f"of all items are on somebody's list; of the {_RULE}: "
            + percent(most_chosen),
        ),
    ]


def _choosing_user(example: ChoiceExample) -> ChoosingUser:
    items = [_listed(row) for row in example.listed.itertuples()]
    n_true = sum(item.came_true for item in items)
    return ChoosingUser(
        user=str(example.user_id),
        why=f"{example.why}: {example.n_choices:,}",
        known=example.known,
        items=items,
        outcome=f"{n_true or 'None'} of the {len(items)} listed "
        f"{'is' if n_true < 2 else 'are'} among the "
        f"{counted(example.n_hidden, 'choice')} kept hidden.",
    )


def _listed(row: Any) -> ListedChoice:
    return ListedChoice(
        title=str(row.title),
        genres=str(row.genres).replace("|", ", "),
        reason=None if pd.isna(row.because) else str(row.because),
        came_true=bool(row.came_true),
    )
