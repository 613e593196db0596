"""Pages: one HTML file each, which opens without a network."""

import json
from dataclasses import asdict

from jinja2 import Environment, PackageLoader, StrictUndefined

from recs_anomaly.reports.choices_summary import ChoicesSummary
from recs_anomaly.reports.recommend_parts import RecommendSummary
from recs_anomaly.reports.summaries import AnomalySummary

_PAGES = Environment(
    loader=PackageLoader("recs_anomaly.reports"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def anomaly_page(summary: AnomalySummary) -> str:
    """Set the anomaly report as HTML.

    Parameters
    ----------
    summary : AnomalySummary

    Returns
    -------
    page : str
        With its style, its script and its data inside.
    """
    plots = {
        "isTime": summary.is_time,
        "x": summary.x,
        "channels": [asdict(channel) for channel in summary.channels],
        "score": asdict(summary.score),
        "events": [
            {"number": each.number, "first": each.first, "last": each.last}
            for each in summary.events
        ],
    }
    return page_of(
        "anomaly.html",
        summary=summary,
        kind="Anomaly report",
        plots=for_script(plots),
    )


def recommend_page(summary: RecommendSummary) -> str:
    """Set the report about a recommender as HTML.

    Parameters
    ----------
    summary : RecommendSummary

    Returns
    -------
    page : str
        With its style inside; it needs no script.
    """
    return page_of("recommend.html", summary=summary, kind="Recommendation report")


def choices_page(summary: ChoicesSummary) -> str:
    """Set the report about lists learned from choices as HTML.

    Parameters
    ----------
    summary : ChoicesSummary

    Returns
    -------
    page : str
        With its style inside; it needs no script.
    """
    return page_of("choices.html", summary=summary, kind="Recommendation report")


def page_of(template: str, **values: object) -> str:
    """Set values as HTML.

    Parameters
    ----------
    template : str
        Name of a file in `templates`.
    **values : dict
        What it names.

    Returns
    -------
    page : str
    """
    return _PAGES.get_template(template).render(**values)


def for_script(data: object) -> str:
    """Write data as JSON that cannot end the script element it stands in.

    Parameters
    ----------
    data : object
        What JSON can say.

    Returns
    -------
    text : str
    """
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
