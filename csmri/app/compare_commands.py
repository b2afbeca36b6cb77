"""The commands around the comparison: compare, rerun, tune."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from csmri import datasets
from csmri.app import tuning_record
from csmri.app.calling import WANTED
from csmri.app.cases import CASES, MASKS, NOISE, parsed_case
from csmri.app.choice import METHODS, methods_at_hand, methods_named
from csmri.app.comparison import compare
from csmri.app.output import write_results
from csmri.app.plan import Test, every, standard_plan
from csmri.app.progress import progress
from csmri.app.repetition import PSNR_TOLERANCE, SSIM_TOLERANCE, repeat
from csmri.app.results_file import read_results
from csmri.app.table import as_rich
from csmri.app.tuning import SLICES as TUNING_SLICES
from csmri.app.tuning import tune
from csmri.app.volumes import FOLDS, PHANTOM, SCANS_VARIABLE, SLICES, volume
from csmri.app.writing import require_writable

TABLE_WIDTH = 158  # characters: narrower terminals wrap, files and pipes do not
SHOWN_CHANGES = 5
TUNING = "What tune wrote, instead of the tuning that ships."


def compare_command(
    output: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("results/compare"),
    methods: Annotated[
        str | None,
        typer.Option(
            help=f"Which methods, separated by commas: {', '.join(METHODS)}, MODULE:FUNCTION of "
            f"your own, which is called as f{WANTED} and returns the image, or a network's "
            ".safetensors file. All that ship by default."
        ),
    ] = None,
    masks: Annotated[
        str | None,
        typer.Option(
            help="Which masks instead of the standard tests, separated by commas, each "
            f"[KIND:]ACCELERATION[:CENTRE] of the kinds {', '.join(MASKS)}, or FILE.npy with a "
            "mask of your own, (W,) or (H, W)."
        ),
    ] = None,
    persons: Annotated[
        str | None,
        typer.Option(
            help="Whose slices instead of the standard tests, separated by commas: "
            f"{', '.join((*datasets.names(), PHANTOM))}, or NAME of a scan of your own, a file "
            "NAME.npy of magnitudes (slices, H, W) in the folder that the environment variable "
            f"{SCANS_VARIABLE} names."
        ),
    ] = None,
    slices: Annotated[str, typer.Option(help="How many slices of each person, or 'all'.")] = str(
        SLICES
    ),
    noise: Annotated[
        float | None, typer.Option(help="Noise on a sample, with --masks or --persons.")
    ] = None,
    tuning: Annotated[Path | None, typer.Option(help=TUNING, exists=True, dir_okay=False)] = None,
    full: Annotated[
        bool, typer.Option("--full", help="All slices out of distribution, and more masks.")
    ] = False,
) -> None:
    """Compare all methods on persons that they were not fitted to, in and out of distribution.

    Writes report.html, table.md, slices.csv, results.json and figures.
    """
    tests = _tests(masks, persons, slices, noise, full)
    records = None if tuning is None else tuning_record.load(tuning)
    if methods is None:
        chosen, notes = methods_at_hand(records)
    else:
        chosen, notes = methods_named(listed(methods), records), []
    require_writable(output)
    with progress() as watch:
        comparison = compare(chosen, tests, leave_out=methods is None, watch=watch, notes=notes)
    console = Console()
    if console.width < TABLE_WIDTH:
        console = Console(width=TABLE_WIDTH)
    console.print(as_rich(comparison))
    console.print()
    for path in write_results(comparison, output):
        console.print(f"wrote {escape(str(path))}", highlight=False, soft_wrap=True)


def rerun_command(
    results: Annotated[Path, typer.Argument(help="A results.json that compare wrote.")],
    psnr_tolerance: Annotated[
        float, typer.Option(help="Largest difference of PSNR that counts as the same, in dB.")
    ] = PSNR_TOLERANCE,
    ssim_tolerance: Annotated[
        float, typer.Option(help="Largest difference of SSIM that counts as the same.")
    ] = SSIM_TOLERANCE,
    tuning: Annotated[Path | None, typer.Option(help=TUNING, exists=True, dir_okay=False)] = None,
) -> None:
    """Make a comparison again and say whether it gave the same numbers; exits with 1 if not."""
    before = read_results(results)
    with progress() as watch:
        found = repeat(
            before,
            psnr_tolerance=psnr_tolerance,
            ssim_tolerance=ssim_tolerance,
            watch=watch,
            tuning=None if tuning is None else tuning_record.load(tuning),
        )
    console = Console(highlight=False, soft_wrap=True)
    for kind, lines in (("hash", found.hashes), ("version", found.versions)):
        for line in lines:
            console.print(f"other {kind}: {escape(line)}")
    console.print(
        f"{found.images} images; largest differences {found.largest_psnr:.2g} dB and "
        f"{found.largest_ssim:.2g} SSIM (tolerance {psnr_tolerance:g} dB, {ssim_tolerance:g})"
    )
    if found.is_same:
        console.print("[bold green]the same numbers[/]")
        return
    for change in found.changes[:SHOWN_CHANGES]:
        console.print(escape(str(change)))
    console.print(f"[bold red]other numbers[/] for {len(found.changes)} images")
    raise typer.Exit(1)


def tune_command(
    output: Annotated[Path, typer.Option(help="File of the records.")] = Path("results/tuned.json"),
    persons: Annotated[
        str, typer.Option(help="Whose slices to tune on, one fold each, separated by commas.")
    ] = ",".join(FOLDS),
) -> None:
    """Tune λ and the wavelets on each training person, for compare --tuning."""
    console = Console(highlight=False)
    volumes = [volume(person, TUNING_SLICES) for person in listed(persons)]
    require_writable(output.parent)
    records = [tune(person=person, cases=CASES, watch=console.print) for person in volumes]
    tuning_record.save(output, records)
    for record in records:
        for trial in record.best:
            console.print(
                f"best on {escape(record.person)} at {trial['case']}: {trial['method']} "
                f"{trial.get('wavelet', '')} λ {trial['weight']:.5f}, {trial['psnr']:.2f} dB"
            )
    console.print(f"wrote {escape(str(output))}")


def _tests(
    masks: str | None, persons: str | None, slices: str, noise: float | None, full: bool
) -> list[Test]:
    wanted = _slices(slices)
    if masks is None and persons is None:
        if noise is not None:
            raise ValueError("got --noise alone, expected it with --masks or --persons: add one")
        return standard_plan(wanted, full=full)
    if full:
        raise ValueError("got --full with --masks or --persons, which replace the standard tests")
    level = NOISE if noise is None else noise
    cases = [parsed_case(text, level) for text in listed(masks or "4,8")]
    volumes = [volume(person, wanted) for person in listed(persons or ",".join(reversed(FOLDS)))]
    tests = every(volumes, cases)
    for test in tests:
        if test.case.is_own:  # refused before any work where it does not fit
            test.case.mask(test.volume, test.volume.slices[0])
    return tests


def listed(text: str) -> list[str]:
    """The parts between commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _slices(text: str) -> int | None:
    if text == "all":
        return None
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"got --slices {text}, expected a number or 'all'") from None
