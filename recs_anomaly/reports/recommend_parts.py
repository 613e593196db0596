"""What the report about a recommender says, as plain values: the page only sets them.

Intervals, low to high, hold the true value with 95 % probability. Shares and
probabilities are from 0 to 1.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class KeyFigure:
    """One number to remember.

    Attributes
    ----------
    label : str
    value : str
    verdict : {"better", "worse", "even", "none"}
        Beside the best simple rule, where there is one to compare with.
    note : str
        What the number means, and what the rule has.
    """

    label: str
    value: str
    verdict: str
    note: str


@dataclass(frozen=True)
class Contender:
    """The model or a simple rule in a comparison.

    Attributes
    ----------
    name : str
    is_model : bool
    value : float
    low, high : float
    """

    name: str
    is_model: bool
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """The model beside simple rules, on one scale.

    Attributes
    ----------
    title : str
    hint : str
        How to read it.
    low, high : float
        Ends of the scale.
    contenders : list of Contender
        Best first.
    """

    title: str
    hint: str
    low: float
    high: float
    contenders: list[Contender]


@dataclass(frozen=True)
class Measures:
    """A table of measures, a row a predictor.

    Attributes
    ----------
    names : list of str
    rows : list of (str, list of str)
        Predictor, and its measures as they are shown.
    model : str
        The predictor that is the model.
    """

    names: list[str]
    rows: list[tuple[str, list[str]]]
    model: str


@dataclass(frozen=True)
class ReliabilityPoint:
    """How often something happened that was said to have some probability.

    Attributes
    ----------
    probability : float
        Mean of what was said.
    frequency : float
        Share of what happened.
    low, high : float
    n_ratings : int
    """

    probability: float
    frequency: float
    low: float
    high: float
    n_ratings: int


@dataclass(frozen=True)
class Pair:
    """Two shares that should be equal, or are worth comparing.

    Attributes
    ----------
    label : str
    first : float
    second : float
    """

    label: str
    first: float
    second: float


@dataclass(frozen=True)
class GroupSummary:
    """How some users are served.

    Attributes
    ----------
    who : str
    n_users : int
    error : Contender
        RMSE of their predictions.
    gain : Contender
        nDCG of their lists.
    marks : str
        What is clearly worse than for all, beyond chance; "" if nothing is.
    """

    who: str
    n_users: int
    error: Contender
    gain: Contender
    marks: str


@dataclass(frozen=True)
class ListedItem:
    """One item of a user's list.

    Attributes
    ----------
    rank : int
    title : str
    genres : str
    mean, low, high : float
        Expected rating, and the interval that holds it with 90 % probability.
    p_like : float
    reason : (str, str) or None
        Title and rating of what the user rated that speaks most for it.
    came_true : str or None
        The hidden rating of it, if there is one.
    """

    rank: int
    title: str
    genres: str
    mean: float
    low: float
    high: float
    p_like: float
    reason: tuple[str, str] | None
    came_true: str | None


@dataclass(frozen=True)
class ExampleSummary:
    """One user's list.

    Attributes
    ----------
    user : str
    why : str
        What makes the user worth looking at.
    about : str
        How many ratings there are, and how high.
    best : list of (str, str)
        Titles that the user rated highest, and the ratings.
    items : list of ListedItem
    outcome : str
        How many came true.
    """

    user: str
    why: str
    about: str
    best: list[tuple[str, str]]
    items: list[ListedItem]
    outcome: str


@dataclass(frozen=True)
class RecommendSummary:
    """All that the report says.

    Attributes
    ----------
    name : str
        Of the ratings.
    sentence : str
        How good the model is, in two or three sentences.
    scale : (float, float)
        Lowest and highest rating.
    figures : list of KeyFigure
    predictions : Comparison
    lists : list of Comparison
    prediction_measures, list_measures : Measures
    reliability : list of ReliabilityPoint
    calibration : str
        What the points say, in words.
    intervals : list of Pair
        Promised and held.
    levels : list of Pair
        Observed and predicted shares of each rating.
    tenths : list of Pair
        Shares of the ratings and of the listed places that each tenth of the items
        has, the most rated first.
    popularity : Measures
        What kind of items is listed.
    groups : list of GroupSummary
        Worst served first.
    overall_error, overall_gain : Comparison
        RMSE and nDCG of all users, on the scales of the groups.
    worst : str
        Who is served worst, in words.
    examples : list of ExampleSummary
    facts : list of (str, str)
        How it was measured: names and values.
    """

    name: str
    sentence: str
    scale: tuple[float, float]
    figures: list[KeyFigure]
    predictions: Comparison
    lists: list[Comparison]
    prediction_measures: Measures
    list_measures: Measures
    reliability: list[ReliabilityPoint]
    calibration: str
    intervals: list[Pair]
    levels: list[Pair]
    tenths: list[Pair]
    popularity: Measures
    groups: list[GroupSummary]
    overall_error: Comparison
    overall_gain: Comparison
    worst: str
    examples: list[ExampleSummary]
    facts: list[tuple[str, str]]
