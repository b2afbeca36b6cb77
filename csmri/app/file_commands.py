"""The commands that take files: reconstruct and doctor."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from csmri import formats
from csmri.app import doctor, pipeline
from csmri.app.forecast import Forecast, forecast
from csmri.formats.axes import NAMES as AXES
from csmri.formats.writing import write_atomically
from solvers.driver import thread_count

Inputs = Annotated[
    list[Path], typer.Argument(help="Files of k-space, or folders of them.", metavar="IN...")
]
Axes = Annotated[
    str | None,
    typer.Option(
        help="For .npy, .npz, .mat: what their axes are, such as coil,phase,readout; of "
        f"{', '.join(AXES)}, and phase2 in place of readout. By default the last ones of "
        f"{','.join(AXES)}."
    ),
]
Mask = Annotated[
    str | None, typer.Option(help="A .npy mask, or 'nonzero': what is not 0 was measured.")
]


def reconstruct_command(
    inputs: Inputs,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help=f"A file ending in {', '.join(formats.IMAGE_SUFFIXES)}; or a folder, of a name "
            "without a suffix, as for several inputs.",
        ),
    ],
    method: Annotated[str, typer.Option(help="One of " + ", ".join(pipeline.METHODS) + ".")] = "tv",
    weight: Annotated[
        float | None, typer.Option(help="λ in units of the noise σ; by default from the data.")
    ] = None,
    maps: Annotated[str, typer.Option(help="Coil sensitivities by espirit or walsh.")] = "espirit",
    coils: Annotated[int, typer.Option(help="Compress to as many coils; 0 keeps all.")] = 12,
    whiten: Annotated[
        bool, typer.Option(help="Make the coils' noise white, by the noise scan.")
    ] = True,
    remove_oversampling: Annotated[bool, typer.Option(help="Cut the readout's surplus.")] = True,
    iterations: Annotated[int, typer.Option(help="The most a solver makes.")] = 200,
    axes: Axes = None,
    mask: Mask = None,
    format: Annotated[
        str, typer.Option(help="Suffix of the files in an output folder.")
    ] = ".nii.gz",
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    workers: Annotated[
        int | None, typer.Option(help="Worker processes of Dask on this machine.")
    ] = None,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler.")] = None,
) -> None:
    """Reconstruct raw files into images; a run that was broken off does only what is missing."""
    console = Console(stderr=True, highlight=False)
    recipe = pipeline.Recipe(
        method=method,
        weight=weight,
        maps=maps,
        virtual_coils=coils,
        whiten=whiten,
        remove_oversampling=remove_oversampling,
        iterations=iterations,
        device=device,
    )
    reading = pipeline.Reading(None if axes is None else formats.axes_named(axes), mask)
    wanted = pipeline.targets(inputs, output, format)
    if scheduler is not None and workers is not None:
        raise ValueError("got --workers and --scheduler, expected one of them")
    if workers is not None:
        pipeline.require_workers(workers)
    if scheduler is None:
        pipeline.library_for(device)  # refuses what is not there before any slice is read
    expected = _expected(wanted, recipe, reading, workers)
    if expected is not None and scheduler is None:
        console.print(str(expected))
    if scheduler is not None:
        engine = pipeline.dask_scheduler(scheduler)
    elif workers is not None:
        engine = pipeline.dask_workers(expected.at_once if expected else workers)
    else:
        engine = pipeline.threads(expected.at_once if expected else 1)
    with time_left() as watch:
        outcome = pipeline.reconstruct(wanted, recipe, engine, reading=reading, watch=watch)
    report(outcome, console)


def doctor_command(
    file: Annotated[Path, typer.Argument(help="A file of k-space.")],
    plot: Annotated[
        Path | None, typer.Option(help="Write a picture of k-space, mask and coils here.")
    ] = None,
    axes: Axes = None,
    mask: Mask = None,
) -> None:
    """Say what is in a file and what looks wrong with it; ends with 1 where something does."""
    reading = pipeline.Reading(None if axes is None else formats.axes_named(axes), mask)
    scan = reading.open(file)
    examination = doctor.examine(scan)
    console = Console(highlight=False, soft_wrap=True)
    width = max(len(name) for name in examination.facts)
    for name, text in examination.facts.items():
        console.print(f"{name:>{width}}  {escape(text)}")
    console.print()
    for finding in examination.findings:
        console.print(f"[bold red]{escape(finding.name)}[/]: {escape(finding.seen)}")
        console.print(f"    [green]remedy[/]: {escape(finding.remedy)}")
    if examination.sound:
        console.print("[bold green]nothing looks wrong[/]")
    if plot is not None:
        write_atomically(plot, doctor.picture_png(scan))
        console.print(f"wrote {escape(str(plot))}")
    if not examination.sound:
        raise typer.Exit(1)


def report(outcome: pipeline.Outcome, console: Console) -> None:
    """Say what a run left; ends with 1 where a slice failed."""
    for where, why in outcome.faults:
        console.print(f"[bold red]failed[/] {escape(where)}: {escape(why)}", soft_wrap=True)
    kept = f", {outcome.resumed} kept from before" if outcome.resumed else ""
    console.print(f"{outcome.done} slices reconstructed{kept}, {len(outcome.faults)} failed")
    for path in outcome.written:
        console.print(f"wrote {escape(str(path))}", soft_wrap=True)
    if outcome.faults:
        raise typer.Exit(1)


@contextmanager
def time_left() -> Iterator[Callable[[int, int, str], None]]:
    """A bar with the time left: gives the function ``watch(done, total, what)`` that moves it."""
    console = Console(stderr=True)
    with (
        _said_how_to_go_on(console),
        Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
            console=console,
            transient=True,
        ) as shown,
    ):
        task: Any = shown.add_task("")

        def watch(done: int, total: int, what: str) -> None:
            shown.update(task, completed=done, total=total, description=escape(what))

        yield watch


@contextmanager
def _said_how_to_go_on(console: Console) -> Iterator[None]:
    """A word on an interrupt: nothing that is finished is lost."""
    try:
        yield
    except KeyboardInterrupt:
        console.print("interrupted; finished slices are kept: the same command again goes on")
        raise


def _expected(
    wanted: list[pipeline.Target],
    recipe: pipeline.Recipe,
    reading: pipeline.Reading,
    workers: int | None,
) -> Forecast | None:
    """The forecast for all inputs by the largest; None where none can be read."""
    slices, largest = 0, None
    for target in wanted:
        try:
            scan = reading.open(target.source)
        except formats.FileError:
            continue  # told when its turn comes
        slices += scan.slices
        shape = scan.shape[-3:]
        largest = shape if largest is None or shape > largest else largest
    if largest is None:
        return None
    coils, rows, columns = largest
    count = thread_count() if workers is None else workers
    return forecast((coils, rows, columns), slices, recipe, count)
