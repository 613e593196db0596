"""Answers of the denoiser over HTTP: a picture in, one of the same kind out."""

from io import BytesIO
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Path, Query, Request, Response
from PIL import Image, UnidentifiedImageError

from recs_anomaly.denoise.app.pictures import FORMATS, read_picture
from recs_anomaly.exceptions import InputError
from recs_anomaly.service.bodies import as_file
from recs_anomaly.service.models import DENOISER, Models
from recs_anomaly.service.problems import ProblemError
from recs_anomaly.service.work import Threads

# What pictures begin with, what files of them are called, and their media type.
KINDS = {
    b"\x89PNG\r\n\x1a\n": (".png", "image/png"),
    b"\xff\xd8\xff": (".jpg", "image/jpeg"),
    b"II*\x00": (".tif", "image/tiff"),
    b"MM\x00*": (".tif", "image/tiff"),
    b"\x93NUMPY": (".npy", "application/octet-stream"),
}
MAX_PAGES = 1_000
PICTURE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {kind: PICTURE for _, kind in KINDS.values()},
    }
}
DenoiserName = Annotated[
    str,
    Path(description="NAME, or NAME@VERSION.", examples=["denoiser"], max_length=130),
]


class DenoiseRoutes:
    """Answers of denoisers.

    Parameters
    ----------
    models : Models
    threads : Threads
        One alone: a network takes all cores, and much memory.
    max_pixels : int
        Of a picture.
    """

    def __init__(self, models: Models, threads: Threads, max_pixels: int) -> None:
        self._models, self._threads = models, threads
        self._max_pixels = max_pixels

    def router(self) -> APIRouter:
        """Make the routes.

        Returns
        -------
        router : APIRouter
        """
        router = APIRouter(prefix="/v1/denoisers/{model}", tags=["denoise"])
        responses: Any = {
            200: {
                "description": "The clean picture; X-Noise-Sigma says how strong the "
                "noise was, in its own range.",
                "content": _BODY["requestBody"]["content"],
            }
        }
        router.post(
            "/clean",
            summary="Take the noise out of a picture",
            openapi_extra=_BODY,
            responses=responses,
            response_class=Response,
        )(self.clean)
        return router

    async def clean(
        self,
        model: DenoiserName,
        request: Request,
        sigma: Annotated[
            float | None,
            Query(ge=0, allow_inf_nan=False, description="Of the noise, if known."),
        ] = None,
    ) -> Response:
        """Take the noise out of a PNG, TIFF, JPEG or NPY file.

        The answer is a file of the same format, size and depth.
        """
        found = self._models.get(model, DENOISER)
        body = await request.body()
        return await self._threads.run(
            _cleaned, found.model, body, sigma, self._max_pixels
        )


def _cleaned(denoiser: Any, body: bytes, sigma: float | None, limit: int) -> Response:
    suffix, media_type = kind_of(body)
    refuse_large(body, suffix, limit)
    if sigma is not None:
        known = type(denoiser)(**{**denoiser.get_params(), "sigma": sigma})
        known.model_ = denoiser.model_
        denoiser = known
    with as_file(body, suffix) as path:
        picture = read_picture(path)
    sigmas = denoiser.estimate_sigma(picture.pages)
    cleaned = denoiser.predict(picture.pages)
    is_same = all(map(np.array_equal, picture.pages, cleaned))
    content = body if is_same else picture.encoded(cleaned)
    headers = {"X-Noise-Sigma": f"{float(np.max(sigmas)):.6g}"}
    return Response(content, headers=headers, media_type=media_type)


def kind_of(body: bytes) -> tuple[str, str]:
    """Tell what a picture is by what it begins with.

    Parameters
    ----------
    body : bytes

    Returns
    -------
    suffix, media_type : str

    Raises
    ------
    ProblemError
        415 if it is none that can be cleaned.
    """
    for start, kind in KINDS.items():
        if body.startswith(start):
            return kind
    names = ", ".join(sorted({*FORMATS.values()}))
    raise ProblemError(415, f"A picture must be one of {names}.")


def refuse_large(body: bytes, suffix: str, limit: int) -> None:
    """Refuse a picture that would be too large, before it is decoded.

    Parameters
    ----------
    body : bytes
    suffix : str
    limit : int
        Pixels of all its pages.

    Raises
    ------
    ProblemError
        413 if it has more.
    InputError
        If it is damaged.
    """
    if suffix == ".npy":
        return  # it says no more than there is, or is refused when it is read
    n_pixels = 0
    try:
        with Image.open(BytesIO(body)) as opened:
            for page in range(MAX_PAGES + 1):
                n_pixels += opened.width * opened.height
                if n_pixels > limit or page == MAX_PAGES:
                    break
                try:
                    opened.seek(page + 1)
                except EOFError:
                    return
    except Image.DecompressionBombError:
        pass
    except UnidentifiedImageError:
        if suffix != ".tif":
            raise InputError("the picture is damaged.") from None
        return  # what Pillow cannot read is read only if it is not compressed
    except Exception as error:
        raise InputError("the picture is damaged.") from error
    raise ProblemError(413, f"A picture may have {limit:,} pixels.")
