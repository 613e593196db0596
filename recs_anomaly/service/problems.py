"""What goes wrong, as RFC 9457 has it: no traceback, and no path, in an answer."""

import json
from http import HTTPStatus

from starlette.responses import Response

from recs_anomaly.exceptions import InputError, UnknownItemError, UnknownUserError
from recs_anomaly.recommend.serving.titles import TitleError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 1


class ProblemError(Exception):
    """A request that cannot be answered, and what to tell of it.

    Parameters
    ----------
    status : int
        Of HTTP.
    detail : str
        One sentence.
    **more : dict
        What else to tell: plain values.
    """

    def __init__(self, status: int, detail: str, **more: object) -> None:
        super().__init__(detail)
        self.status, self.detail, self.more = status, detail, more


def problem_of(error: Exception) -> ProblemError:
    """Tell what a mistake in a request comes to.

    Parameters
    ----------
    error : Exception

    Returns
    -------
    problem : ProblemError
        Of what is no mistake of the request's, no more than that it happened.
    """
    match error:
        case ProblemError():
            return error
        case UnknownUserError() | UnknownItemError() | TitleError():
            return ProblemError(404, str(error))
        case InputError():
            return ProblemError(400, str(error))
        case _:
            return ProblemError(500, "The request could not be answered.")


def problem_body(status: int, detail: str, **more: object) -> bytes:
    """Write a problem as JSON.

    Parameters
    ----------
    status : int
    detail : str
    **more : dict
        Further members.

    Returns
    -------
    body : bytes
    """
    fields = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **more,
    }
    return json.dumps(fields).encode()


def problem_headers(status: int) -> dict[str, str]:
    """Headers that belong to a problem.

    Parameters
    ----------
    status : int

    Returns
    -------
    headers : dict of str
        Those who came at a bad time are told when to come again, those without a token
        that there is one.
    """
    if status in (429, 503):
        return {"Retry-After": str(RETRY_AFTER_S)}
    return {"WWW-Authenticate": "Bearer"} if status == 401 else {}


def problem_response(problem: ProblemError, request_id: str) -> Response:
    """Answer with a problem.

    Parameters
    ----------
    problem : ProblemError
    request_id : str

    Returns
    -------
    response : Response
    """
    more = {"request_id": request_id, **problem.more}
    body = problem_body(problem.status, problem.detail, **more)
    return Response(body, problem.status, problem_headers(problem.status), MEDIA_TYPE)
