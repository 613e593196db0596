"""``recs-anomaly doctor``: whether this installation works, piece by piece."""

import click

from recs_anomaly.cli._formats import show_json


@click.command(
    short_help="Check the installation, each model included.",
    epilog="Example: recs-anomaly doctor --json > for-the-bug-report.json",
)
@click.option("--json", "is_json", is_flag=True, help="Print JSON when all is done.")
def doctor(is_json: bool) -> None:
    """Check the installation: versions, backend, data home, each model for a moment.

    Takes half a minute, most of it for loading Keras. Nothing is downloaded, and
    nothing is left behind. The exit code is 1 if something does not work.
    """
    from recs_anomaly.cli._checkup import check_up
    from recs_anomaly.cli._versions import versions

    known, findings = versions(), []
    if not is_json:
        for name, version in known.items():
            click.echo(f"{name} {version}")
        click.echo()
    for finding in check_up():
        findings.append(finding)
        if not is_json:
            state = "ok" if finding.is_well else "FAILED"
            click.echo(
                f"{state:7}{finding.name:27}{finding.told} ({finding.seconds:.1f} s)"
            )
    n_failed = sum(not finding.is_well for finding in findings)
    if is_json:
        checks = [finding._asdict() for finding in findings]
        show_json({"versions": known, "checks": checks, "n_failed": n_failed})
    else:
        click.echo(f"\n{n_failed} of {len(findings)} checks failed.")
    raise SystemExit(1 if n_failed else 0)
