"""Every command, option and argument explains itself, and the README names it."""

import click
import pytest

from tests.gates.tree import ROOT, commands

COMMANDS = commands()


@pytest.mark.parametrize("words", COMMANDS)
def test_command_has_help(words: str) -> None:
    command = COMMANDS[words]
    assert command.help
    assert command.get_short_help_str(limit=200).endswith((".", "…")), (
        "the first sentence is what the group's list of commands shows"
    )


@pytest.mark.parametrize("words", COMMANDS)
def test_options_have_help_and_arguments_stand_in_the_text(words: str) -> None:
    command = COMMANDS[words]
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{parameter.opts} has no help"
        else:
            assert parameter.human_readable_name in (command.help or "")


@pytest.mark.parametrize("words", COMMANDS)
def test_command_ends_its_help_with_an_example(words: str) -> None:
    command = COMMANDS[words]
    if not isinstance(command, click.Group):
        example = " ".join((command.epilog or "").split())
        assert f"Example: recs-anomaly {words}" in example


@pytest.mark.parametrize("words", COMMANDS)
def test_readme_names_the_command(words: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"recs-anomaly {words}".strip() in readme
