"""Answers of recommenders over HTTP."""

from collections.abc import Hashable, Sequence
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from recs_anomaly.exceptions import UnknownItemError
from recs_anomaly.recommend.serving.titles import TitleError
from recs_anomaly.service.list_maker import Id, ListMaker, ListOptions
from recs_anomaly.service.models import RECOMMENDER, Models, ServedModel
from recs_anomaly.service.plain import JSON, json_bytes
from recs_anomaly.service.work import Threads, Together

MAX_LISTED = 1_000
MAX_USERS, MAX_PAIRS, MAX_OWN, MAX_NAMED = 1_000, 10_000, 5_000, 50_000
MAX_FEATURES, MAX_TEXT = 1_000, 10_000

ModelName = Annotated[
    str, Path(description="NAME, or NAME@VERSION.", examples=["films"], max_length=130)
]
UserPath = Annotated[str, Path(description="Id of a user.", examples=["196"])]
ItemPath = Annotated[str, Path(description="Id or title of an item.", examples=["50"])]
Number = Annotated[int, Query(ge=1, le=MAX_LISTED, description="How many to list.")]
RankBy = Literal["both", "watch", "like"]
AnyId = Annotated[int | str, Field(union_mode="left_to_right")]
Feature = (
    bool
    | Annotated[int, Field(ge=-(2**63), lt=2**63)]
    | Annotated[float, Field(allow_inf_nan=False)]
    | Annotated[str, Field(max_length=MAX_TEXT)]
)
Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Rows = list[dict[str, Any]]
Wish = tuple[ListMaker, Hashable, ListOptions]


class _Asked(BaseModel):
    """What a list may hold."""

    model_config = ConfigDict(extra="forbid")

    n: Annotated[int, Field(ge=1, le=MAX_LISTED)] = 10
    rank_by: RankBy = "both"
    exclude_seen: bool = True
    items: Annotated[
        list[AnyId] | None,
        Field(max_length=MAX_NAMED, description="Choose among these only."),
    ] = None
    exclude: Annotated[
        list[AnyId] | None, Field(max_length=MAX_NAMED, description="Leave these out.")
    ] = None
    novelty: Share = 0.0
    diversity: Share = 0.0
    reasons: Annotated[
        bool, Field(description="Name what speaks most for each item.")
    ] = False

    def options(self) -> ListOptions:
        """Give them as a ListMaker takes them."""
        fields = {name: getattr(self, name) for name in ListOptions._fields}
        for name in ("items", "exclude"):
            fields[name] = None if fields[name] is None else tuple(fields[name])
        return ListOptions(**fields)


class UsersAsked(_Asked):
    """Lists for known users."""

    users: Annotated[list[AnyId], Field(min_length=1, max_length=MAX_USERS)]


class OwnRating(BaseModel):
    """What somebody thinks of an item."""

    model_config = ConfigDict(extra="forbid")

    item: Annotated[AnyId, Field(description="Id or title.")]
    rating: Annotated[float, Field(allow_inf_nan=False)]


class OwnAsked(_Asked):
    """A list for somebody by their own ratings, choices or features."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"ratings": [{"item": "Toy Story (1995)", "rating": 5}]}]
        },
    )

    ratings: Annotated[list[OwnRating], Field(max_length=MAX_OWN)] = []
    choices: Annotated[list[AnyId], Field(max_length=MAX_OWN)] = []
    user_features: Annotated[
        dict[str, Feature] | None,
        Field(
            max_length=MAX_FEATURES,
            description="What is known of the person, by the columns that the model "
            "has learned from.",
        ),
    ] = None

    @model_validator(mode="after")
    def _tells_something(self) -> Self:
        if not (self.ratings or self.choices or self.user_features):
            raise ValueError(
                "ratings or choices must name an item, or user_features a column"
            )
        return self


class PairsAsked(BaseModel):
    """Ratings of pairs of a user and an item."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"pairs": [[196, 50]]}]}
    )

    pairs: Annotated[
        list[tuple[AnyId, AnyId]], Field(min_length=1, max_length=MAX_PAIRS)
    ]
    coverage: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.9


class RecommendRoutes:
    """Answers of recommenders.

    Parameters
    ----------
    models : Models
    threads : Threads
    """

    def __init__(self, models: Models, threads: Threads) -> None:
        self._models, self._threads = models, threads
        self._lists: Together[Wish, Rows] = Together(threads, _lists)

    def router(self) -> APIRouter:
        """Make the routes.

        Returns
        -------
        router : APIRouter
        """
        router = APIRouter(prefix="/v1/recommenders/{model}", tags=["recommend"])
        get, post = router.get, router.post
        get("", summary="What it knows")(self.describe)
        get("/users", summary="Some users")(self.some_users)
        get("/items", summary="Find items by title")(self.find_items)
        get("/users/{user}/recommendations", summary="List for a user")(self.for_user)
        get("/users/{user}/items/{item}/reasons", summary="Why")(self.reasons)
        get("/items/{item}/similar", summary="Items like one")(self.similar)
        post("/recommendations", summary="Lists for users")(self.for_users)
        post("/recommendations/own", summary="List for somebody new")(self.for_own)
        post("/predictions", summary="Ratings of pairs")(self.predictions)
        return router

    async def describe(self, model: ModelName) -> Response:
        """Say what a recommender knows."""
        found = self._models.get(model, RECOMMENDER)
        return _answered(found, found.model.described())

    async def some_users(self, model: ModelName, n: Number = 10) -> Response:
        """List the first few users."""
        found = self._models.get(model, RECOMMENDER)
        return _answered(found, {"users": found.model.some_users(n)})

    async def find_items(
        self,
        model: ModelName,
        search: Annotated[str, Query(max_length=200, examples=["toy"])] = "",
        n: Number = 20,
    ) -> Response:
        """Find items by a part of their titles."""
        found = self._models.get(model, RECOMMENDER)
        rows = await self._threads.run(found.model.found, search, n)
        return _answered(found, {"items": rows})

    async def for_user(
        self,
        model: ModelName,
        user: UserPath,
        n: Number = 10,
        rank_by: RankBy = "both",
        exclude_seen: bool = True,
        reasons: bool = False,
    ) -> Response:
        """List what a user would choose and like."""
        found = self._models.get(model, RECOMMENDER)
        maker: ListMaker = found.model
        user_id = maker.user(user)
        options = ListOptions(n, rank_by, exclude_seen, reasons=reasons)
        question = user_id, options
        content = maker.remembered.find(question)
        if content is None:
            rows = await self._lists.ask((maker, user_id, options))
            content = _content(found, {"user_id": user_id, "items": rows})
            maker.remembered.keep(question, content)
        return Response(content, media_type=JSON)

    async def for_users(self, model: ModelName, asked: UsersAsked) -> Response:
        """List what each of some users would choose and like."""
        found = self._models.get(model, RECOMMENDER)
        maker: ListMaker = found.model
        users = [maker.user(each) for each in asked.users]
        lists = await self._threads.run(_many_lists, maker, users, asked)
        return _answered(found, {"lists": lists})

    async def for_own(self, model: ModelName, asked: OwnAsked) -> Response:
        """List what somebody new would choose and like."""
        found = self._models.get(model, RECOMMENDER)
        answer = await self._threads.run(_own_list, found.model, asked)
        return _answered(found, answer)

    async def similar(
        self, model: ModelName, item: ItemPath, n: Number = 10
    ) -> Response:
        """List the items that are most like one."""
        found = self._models.get(model, RECOMMENDER)

        def asked(maker: ListMaker) -> dict[str, Any]:
            item_id = maker.item(item)
            return {"item_id": item_id, "items": maker.similar(item_id, n)}

        return _answered(found, await self._threads.run(asked, found.model))

    async def reasons(
        self, model: ModelName, user: UserPath, item: ItemPath, n: Number = 3
    ) -> Response:
        """Name the ratings of a user that move a recommendation most."""
        found = self._models.get(model, RECOMMENDER)

        def asked(maker: ListMaker) -> dict[str, Any]:
            user_id, item_id = maker.user(user), maker.item(item)
            rows = maker.reasons(user_id, item_id, n)
            return {"user_id": user_id, "item_id": item_id, "reasons": rows}

        return _answered(found, await self._threads.run(asked, found.model))

    async def predictions(self, model: ModelName, asked: PairsAsked) -> Response:
        """Predict ratings, each with an interval that holds it."""
        found = self._models.get(model, RECOMMENDER)
        rows = await self._threads.run(
            found.model.predictions, asked.pairs, asked.coverage
        )
        return _answered(found, {"predictions": rows})


def _lists(wishes: list[Wish]) -> list[Rows | Exception]:
    """Make lists for users, those of one recommender in one go."""
    lists: list[Rows | Exception] = [[] for _ in wishes]
    for maker in {id(maker): maker for maker, *_ in wishes}.values():
        places = [place for place, wish in enumerate(wishes) if wish[0] is maker]
        found = maker.lists([wishes[place][1:] for place in places])
        for place, rows in zip(places, found, strict=True):
            lists[place] = rows
    return lists


def _many_lists(
    maker: ListMaker, users: Sequence[Hashable], asked: UsersAsked
) -> list[dict[str, Any]]:
    options = asked.options()
    answers = []
    lists = maker.lists([(user, options) for user in users])
    for user, rows in zip(users, lists, strict=True):
        if isinstance(rows, Exception):
            raise rows
        answers.append({"user_id": user, "items": rows})
    return answers


def _own_list(maker: ListMaker, asked: OwnAsked) -> dict[str, Any]:
    given = [(each.item, each.rating) for each in asked.ratings]
    named: list[tuple[Id, float | None]] = [*given]
    named += [(each, None) for each in asked.choices]
    ratings: dict[Hashable, float | None] = {}
    unknown = []
    for name, rating in named:
        try:
            ratings[maker.item(name)] = rating
        except TitleError as error:
            unknown.append({"item": name, "detail": str(error)})
    if not ratings and unknown:
        raise UnknownItemError(f"No item is known: {unknown[0]['detail']}")
    rows = maker.own(ratings, asked.options(), asked.user_features)
    return {"taken": list(ratings), "unknown": unknown, "items": rows}


def _content(found: ServedModel, answer: dict[str, Any]) -> bytes:
    return json_bytes({"model": found.label, **answer})


def _answered(found: ServedModel, answer: dict[str, Any]) -> Response:
    return Response(_content(found, answer), media_type=JSON)
