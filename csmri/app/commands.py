"""The commands: they read options, call one library function, and write what it returns."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

import csmri
from csmri.app import tuning_record
from csmri.app.cases import CASES, OTHER_ANATOMY, SLICES, UNSEEN_PERSON, Case, volume
from csmri.app.comparison import compare
from csmri.app.figure import comparison_png
from csmri.app.file_commands import doctor_command, reconstruct_command
from csmri.app.methods import METHODS, methods_named
from csmri.app.networks import learned_package
from csmri.app.records import Comparison
from csmri.app.report import as_json
from csmri.app.table import as_markdown, as_rich
from csmri.app.tuning import tune
from csmri.app.writing import write_atomically

TABLE_WIDTH = 158  # characters: narrower terminals wrap, files and pipes do not

SHIPPED_RECORD = Path(tuning_record.__file__).with_name(tuning_record.SHIPPED)

app = typer.Typer(
    help="Compressed-sensing MRI.", no_args_is_help=True, pretty_exceptions_enable=False
)


def run() -> None:
    """Run the command that ``sys.argv`` names; errors of use end with their message alone."""
    try:
        app()
    except (ValueError, OSError, ImportError) as error:
        Console(stderr=True, highlight=False).print(f"[bold red]csmri:[/] {error}", soft_wrap=True)
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


@app.command("compare")
def compare_command(
    output: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("results/compare"),
    methods: Annotated[str, typer.Option(help="Which methods, separated by commas.")] = ",".join(
        METHODS
    ),
    slices: Annotated[str, typer.Option(help="How many slices of each person, or 'all'.")] = str(
        SLICES
    ),
    persons: Annotated[str, typer.Option(help="Whose slices, separated by commas.")] = ",".join(
        (UNSEEN_PERSON, *OTHER_ANATOMY)
    ),
    accelerations: Annotated[
        str, typer.Option(help="Which accelerations, separated by commas.")
    ] = ",".join(str(case.acceleration) for case in CASES),
) -> None:
    """Compare all methods on a person that none of them was fitted to.

    Writes results.json, table.md and comparison.png, and a figure for each further person.
    """
    volumes = [volume(person, _slices(slices)) for person in _listed(persons)]
    cases = [_case(text) for text in _listed(accelerations)]
    chosen = methods_named(_listed(methods))
    with _progress() as progress:
        task = progress.add_task("")

        def watch(done: int, total: int, what: str) -> None:
            progress.update(task, completed=done, total=total, description=what)

        comparison = compare(chosen, volumes, cases, watch=watch)
    console = Console()
    if console.width < TABLE_WIDTH:
        console = Console(width=TABLE_WIDTH)
    console.print(as_rich(comparison))
    console.print()
    for path in write_results(comparison, output):
        console.print(f"wrote {path}", highlight=False)


@app.command("tune")
def tune_command(
    output: Annotated[
        Path, typer.Option(help="Where to write the record; the shipped one by default.")
    ] = SHIPPED_RECORD,
) -> None:
    """Tune λ and the wavelet on the training person, and write the record that compare reads."""
    console = Console(highlight=False)
    record = tune(watch=console.print)
    record.save(output)
    for trial in record.best:
        console.print(
            f"best at {trial['case']}: {trial['method']} {trial.get('wavelet', '')} "
            f"λ {trial['weight']:.5f}, {trial['psnr']:.2f} dB"
        )
    console.print(f"wrote {output}")


@app.command("train")
def train_command(
    names: Annotated[
        list[str] | None, typer.Argument(help="Which networks: unrolled, unet. All by default.")
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder of the weights.")] = Path("trained"),
) -> None:
    """Train the shipped networks again; a run that was interrupted goes on where it was."""
    learned = learned_package("what train makes")
    unknown = sorted(set(names or ()) - set(learned.RECIPES))
    if unknown:
        raise ValueError(
            f"got the networks {', '.join(unknown)}, expected some of {', '.join(learned.RECIPES)}"
        )
    output.mkdir(parents=True, exist_ok=True)
    with _progress() as progress:
        for name in names or learned.RECIPES:
            task = progress.add_task(name, total=learned.RECIPES[name].schedule.steps)

            def watch(seen: Any, task: TaskID = task, name: str = name) -> None:
                text = f"{name}, loss {seen.loss:.4f}"
                progress.update(task, completed=seen.step, description=text)

            path = output / f"{name}.safetensors"
            learned.train(
                learned.RECIPES[name],
                path,
                held_out=(UNSEEN_PERSON, *OTHER_ANATOMY),
                resume=path.with_suffix(".state"),
                callback=watch,
            )
            progress.console.print(f"wrote {path}", highlight=False)


def write_results(comparison: Comparison, folder: Path) -> list[Path]:
    """Write results.json, table.md and the figures, each whole or not at all.

    Everything is made before anything is written. The first person's figure is comparison.png,
    the others carry their names.
    """
    first, *others = [volume.person for volume in comparison.volumes]
    contents: dict[str, Any] = {
        "comparison.png": comparison_png(comparison, person=first),
        **{f"comparison_{who}.png": comparison_png(comparison, person=who) for who in others},
        "table.md": as_markdown(comparison),
        "results.json": as_json(comparison),
    }
    for name, content in contents.items():
        write_atomically(folder / name, content)
    return [folder / name for name in contents]


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _slices(text: str) -> int | None:
    if text == "all":
        return None
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"got --slices {text}, expected a number or 'all'") from None


def _case(text: str) -> Case:
    known = {str(case.acceleration): case for case in CASES}
    if text not in known:
        raise ValueError(
            f"got --accelerations {text}, expected some of {', '.join(known)}: "
            "those that the methods were tuned at"
        )
    return known[text]


def _progress() -> Progress:
    return Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
        transient=True,
    )
