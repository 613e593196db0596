"""The story of the demo about denoising: pictures without their noise."""

from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recs_anomaly.cli._files import write_bytes
from recs_anomaly.cli._tables import Column, ShownTable, show_tables

if TYPE_CHECKING:
    from recs_anomaly.denoise.app.outcomes import Records
    from recs_anomaly.reports.demo import Chapter

_QUESTION = "What did this picture look like without the noise?"
_SHEET = "before-after.png"
_SIGMA = 25.0
# In the folder of the demo: the photographs, these with noise, these cleaned.
_ORIGINALS, _NOISY, _CLEAN = "originals", "noisy", "clean"
MADE = (_SHEET, _ORIGINALS, _NOISY, _CLEAN)


def tell_denoise(folder: Path) -> "Chapter":
    """Put noise on the two sample photographs, and take it out again.

    Parameters
    ----------
    folder : Path
        Where the pictures go.

    Returns
    -------
    chapter : Chapter
    """
    from recs_anomaly.cli._training import load_keras
    from recs_anomaly.denoise.applying import needs_keras
    from recs_anomaly.reports.demo import Chapter, Link

    click.echo(
        f"\n{click.style(_QUESTION, bold=True)}\n\n"
        f"Two photographs get noise of strength {_SIGMA:.0f} of 255. The denoiser is "
        "not told how much it is."
    )
    _make_noisy(folder)
    if needs_keras():
        load_keras()
    records = _cleaned(folder)
    table = records.table()
    _show(table.to_dict("records"))
    sheet = records.sheet()
    if sheet is not None:
        write_bytes(folder / _SHEET, sheet)
    command = f"recs-anomaly denoise {folder / _NOISY} cleaned --compare sheet.png"
    click.echo(f"\nThe same with pictures of your own:\n  {command}")
    means = table[["psnr_before", "psnr"]].mean()
    return Chapter(
        _QUESTION,
        f"On average {means['psnr'] - means['psnr_before']:.1f} dB nearer to the "
        "originals than the noisy pictures.",
        [
            Link(_SHEET, "Before and after"),
            *(
                Link(f"{_CLEAN}/{name}", f"{name}, cleaned")
                for name in table["file"].tolist()
            ),
        ],
        [command],
        _SHEET,
    )


def _make_noisy(folder: Path) -> None:
    from recs_anomaly.datasets import load_sample_images, make_noise
    from recs_anomaly.denoise.app.pictures import png_of

    for name in (_ORIGINALS, _NOISY, _CLEAN):
        (folder / name).mkdir(exist_ok=True)
    for seed, (name, photo) in enumerate(load_sample_images().items()):
        noisy = make_noise("gaussian", photo, _SIGMA, random_state=seed)
        write_bytes(folder / _ORIGINALS / f"{name}.png", png_of(photo))
        write_bytes(folder / _NOISY / f"{name}.png", png_of(noisy))


def _cleaned(folder: Path) -> "Records":
    from recs_anomaly import ImageDenoiser
    from recs_anomaly.denoise.app.folder import clean_all, plan_cleaning
    from recs_anomaly.denoise.app.outcomes import Records

    plan = plan_cleaning(folder / _NOISY, folder / _CLEAN)
    records = Records(folder / _ORIGINALS)
    denoiser = ImageDenoiser.from_pretrained("color")
    outcomes = clean_all(
        denoiser, plan.tasks, write_bytes, is_new_run=True, are_compared=True
    )
    for outcome in outcomes:
        records.add(outcome)
    return records


def _show(pictures: list[dict[Hashable, Any]]) -> None:
    columns = [
        Column("picture"),
        Column("noise found", is_number=True),
        Column("PSNR before", is_number=True),
        Column("after", is_number=True),
        Column("SSIM before", is_number=True),
        Column("after", is_number=True),
    ]
    rows = [
        [
            each["file"],
            f"{each['sigma']:.1f}",
            f"{each['psnr_before']:.1f} dB",
            f"{each['psnr']:.1f} dB",
            f"{each['ssim_before']:.2f}",
            f"{each['ssim']:.2f}",
        ]
        for each in pictures
    ]
    click.echo()
    show_tables([ShownTable("How near to the originals", columns, rows)])
