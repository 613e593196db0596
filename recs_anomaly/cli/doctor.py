"""``recs-anomaly doctor``: whether this installation works, piece by piece."""

import click

from recs_anomaly.cli._output import form_option, show


@click.command(
    short_help="Check the installation, each model included.",
    epilog="Example: recs-anomaly doctor --json > for-the-bug-report.json",
)
@form_option("json", "Print JSON when all is done.")
def doctor(form: str | None) -> None:
    """Check the installation: versions, backend, data home, each model for a moment.

    Takes half a minute, most of it for loading Keras. Nothing is downloaded, and
    nothing is left behind. The exit code is 1 if something does not work.
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
            state = "ok" if finding.is_well else "FAILED"
            click.echo(
                f"{state:7}{finding.name:27}{finding.told} ({finding.seconds:.1f} s)"
            )
    n_failed = sum(not finding.is_well for finding in findings)
    show(
        form,
        {"versions": known, "checks": findings, "n_failed": n_failed},
        f"\n{n_failed} of {len(findings)} checks failed.",
    )
    raise SystemExit(1 if n_failed else 0)
