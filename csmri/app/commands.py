"""The commands: they read options, call one library function, and write what it returns."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

import csmri
from csmri.app.compare_commands import compare_command, rerun_command, tune_command
from csmri.app.file_commands import doctor_command, reconstruct_command
from csmri.app.train_commands import evaluate_command, train_command

app = typer.Typer(
    help="Compressed-sensing MRI.", no_args_is_help=True, pretty_exceptions_enable=False
)


def run() -> None:
    """Run the command that ``sys.argv`` names; errors of use end with their message alone."""
    try:
        app()
    except (ValueError, OSError, ImportError) as error:
        console = Console(stderr=True, highlight=False)
        console.print(f"[bold red]csmri:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(1)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(csmri.__version__)
        raise typer.Exit


@app.callback()
def door(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, help="Print the version.")
    ] = False,
) -> None:
    """Compressed-sensing MRI: reconstruct, compare, tune, train."""


app.command("reconstruct")(reconstruct_command)
app.command("doctor")(doctor_command)
app.command("compare")(compare_command)
app.command("rerun")(rerun_command)
app.command("tune")(tune_command)
app.command("train")(train_command)
app.command("evaluate")(evaluate_command)
