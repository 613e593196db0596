"""scikit-learn's callbacks on what is trained pass by pass; before 1.9 there are none.

The task of a fit has one subtask for each pass over the rows. At the end of each, a
callback such as `sklearn.callback.ScoringMonitor` gets an estimator as if the fit had
stopped there, and may ask for that. Without callbacks nothing of this costs anything.
"""

import copy
from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, NamedTuple, TypeVar, cast

from recs_anomaly.base.documentation import DocumentationLink
from recs_anomaly.core.progress import Learned, Progress
from recs_anomaly.extras import told_of_extras

try:
    from sklearn import callback as _sklearn
except ImportError:  # scikit-learn before 1.9
    _sklearn = None

Method = TypeVar("Method", bound=Callable[..., Any])


class WithoutCallbacks:
    """Stands where `CallbackSupportMixin` would; `object` may not precede a base."""


# Offers `set_callbacks`, where scikit-learn has callbacks.
CallbackSupport: Any = (
    WithoutCallbacks if _sklearn is None else _sklearn.CallbackSupportMixin
)


def with_callbacks(method: Method) -> Method:
    """Tear a fit's callbacks down when it is over, however it ends."""
    told = told_of_extras()(method)
    if _sklearn is None:
        return told
    managed: Method = _sklearn.with_callbacks(told)
    return managed


def as_one_task(fit: Method) -> Method:
    """Show a fit to callbacks as one task, whose passes they do not see."""
    if _sklearn is None:
        return with_callbacks(fit)
    parameters = signature(fit)

    @wraps(fit)
    def followed(estimator: Any, *args: Any, **kwargs: Any) -> Any:
        bound = parameters.bind(estimator, *args, **kwargs).arguments
        given = FitData(bound["X"], bound.get("y")).named()
        task = estimator._init_callback_context()
        task.call_on_fit_task_begin(estimator=estimator, **given)
        fitted = fit(estimator, *args, **kwargs)
        task.call_on_fit_task_end(
            estimator=estimator, **given, reconstruction_attributes={}
        )
        return fitted

    return with_callbacks(cast(Method, followed))


class FitData(NamedTuple):
    """What a fit was given, for callbacks to score by."""

    X: object
    y: object = None
    sample_weight: object = None

    def named(self) -> dict[str, Any]:
        """Arguments of scikit-learn's hooks."""
        weight = self.sample_weight
        metadata = None if weight is None else {"sample_weight": weight}
        return {"X": self.X, "y": self.y, "metadata": metadata}


class FitTask:
    """The task of a fit, and a subtask for each pass, which callbacks follow."""

    def __init__(
        self,
        estimator: Any,
        n_passes: int,
        given: FitData,
        store: Callable[[Any, Any], object],
    ) -> None:
        self._estimator = estimator
        self._n_passes = n_passes
        self._given = given.named()
        self._store = store
        self._task = estimator._init_callback_context(max_subtasks=n_passes)

    def begin(self) -> None:
        """Tell the callbacks that the fit begins."""
        self._task.call_on_fit_task_begin(estimator=self._estimator, **self._given)
        self._begin_pass()

    def epoch(self, done: int, learned: Learned) -> bool:
        """Tell the callbacks of a pass; say whether one of them asks for the end."""
        is_over: bool = self._pass.call_on_fit_task_end(
            estimator=self._estimator,
            **self._given,
            reconstruction_attributes=lambda: self._as_if_fitted(learned()),
        )
        if done < self._n_passes and not is_over:
            self._begin_pass()
        return is_over

    def finished(self) -> None:
        """Tell the callbacks that the estimator is fitted."""
        self._task.call_on_fit_task_end(
            estimator=self._estimator, **self._given, reconstruction_attributes={}
        )

    def _begin_pass(self) -> None:
        if not self._n_passes:
            return
        self._pass = self._task.subcontext(task_name="epoch")
        self._pass.call_on_fit_task_begin(estimator=self._estimator, **self._given)

    def _as_if_fitted(self, learned: Any) -> dict[str, Any]:
        """Attributes of the estimator, had the fit ended with what was learned."""
        stopped = copy.copy(self._estimator)
        self._store(stopped, learned)
        attributes: dict[str, Any] = vars(stopped)
        return attributes


class IterativeMixin(DocumentationLink, CallbackSupport):
    """An estimator that is trained pass by pass, with a setting `verbose`."""

    verbose: int

    def _progress(self, n_passes: int, follower: FitTask | None = None) -> Progress:
        """Make the progress of a training, by default without callbacks."""
        name = type(self).__name__
        return Progress(name, n_passes, self.verbose, follower=follower)

    def _fit_progress(
        self, n_passes: int, given: FitData, store: Callable[[Any, Any], object]
    ) -> Progress:
        """Make that of a fit; `store` puts what was learned into an estimator."""
        has_callbacks = hasattr(self, "_init_callback_context")
        task = FitTask(self, n_passes, given, store) if has_callbacks else None
        return self._progress(n_passes, task)
