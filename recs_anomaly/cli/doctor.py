"""``recs-anomaly doctor``: whether this installation works, piece by piece."""

from typing import TYPE_CHECKING

import click

from recs_anomaly.cli._output import form_option, show

if TYPE_CHECKING:
    from recs_anomaly.cli._checkup import Finding

_LIGHT = (
    " {n_absent} need an extra: this installation loads models and asks them, and\n"
    "pip install 'recs-anomaly[train]' brings what fitting networks and cleaning "
    "pictures take."
)


@click.command(
    short_help="Check the installation, each model included.",
    epilog="Example: recs-anomaly doctor --json > for-the-bug-report.json",
)
@form_option("json", "Print JSON when all is done.")
def doctor(form: str | None) -> None:
    """Check the installation: versions, backend, data home, each model for a moment.

    Takes half a minute, most of it for loading Keras. Nothing is downloaded, and
    nothing is left behind. What needs an extra that is not installed is told so, and is
    no failure. The exit code is 1 if something does not work.
    """
    from recs_anomaly.cli._checkup import check_up
    from recs_anomaly.cli._versions import versions

    known, findings = versions(), []
    if form is None:
        for name, version in known.items():
            click.echo(f"{name} {version}")
        click.echo()
    for finding in check_up():
        findings.append(finding)
        if form is None:
            click.echo(
                f"{_state(finding):7}{finding.name:27}{finding.told} "
                f"({finding.seconds:.1f} s)"
            )
    n_absent = sum(finding.is_absent for finding in findings)
    n_failed = sum(not finding.is_well for finding in findings) - n_absent
    show(
        form,
        {"versions": known, "checks": findings, "n_failed": n_failed},
        f"\n{n_failed} of {len(findings)} checks failed."
        + (_LIGHT.format(n_absent=n_absent) if n_absent else ""),
    )
    raise SystemExit(1 if n_failed else 0)


def _state(finding: "Finding") -> str:
    if finding.is_absent:
        return "absent"
    return "ok" if finding.is_well else "FAILED"
