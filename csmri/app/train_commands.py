"""The commands around training: train networks, and evaluate them on files."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import TaskID
from rich.table import Table

from csmri import datasets
from csmri.app.evaluation import Evaluation, evaluate, zero_filled
from csmri.app.networks import learned_package
from csmri.app.progress import bars, progress
from csmri.app.train_files import FilesTraining, train_files
from csmri.app.writing import require_writable
from csmri.formats.writing import write_atomically

Numbers = Annotated[str, typer.Option(help="Numbers, separated by commas.")]


def train_command(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Which shipped networks to train again. All by default."),
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder of the weights.")] = Path("trained"),
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of fastMRI's .h5 files to train on, in place of what ships."),
    ] = None,
    validation: Annotated[
        Path | None, typer.Option(help="With --data: files of others, to watch the PSNR.")
    ] = None,
    network: Annotated[
        str, typer.Option(help="With --data: unrolled, unet, primal_dual, wavelet_thresholds.")
    ] = "unrolled",
    steps: Annotated[int, typer.Option(help="With --data: the budget in steps.")] = 1000,
    minutes: Annotated[
        float | None,
        typer.Option(help="With --data: the budget in minutes; such a run cannot be repeated."),
    ] = None,
    optimizer: Annotated[str, typer.Option(help="With --data: adam, rmsprop or sgd.")] = "adam",
    learning_rate: Annotated[float, typer.Option(help="With --data: the peak.")] = 1e-3,
    batch_size: Annotated[
        int, typer.Option(help="With --data: images in a batch, of all processes together.")
    ] = 1,
    averaging: Annotated[
        float | None, typer.Option(help="With --data: decay of averaged weights, 0.999 say.")
    ] = None,
    masks: Annotated[
        str,
        typer.Option(help="With --data: random, equispaced, equispaced_fraction or magic."),
    ] = "random",
    accelerations: Numbers = "4,8",
    center_fractions: Numbers = "0.08,0.04",
    seed: Annotated[int, typer.Option(help="With --data: of weights and examples.")] = 0,
    tensorboard: Annotated[
        Path | None, typer.Option(help="With --data: a folder for TensorBoard.")
    ] = None,
) -> None:
    """Train networks; a run that was interrupted goes on where it was.

    A run with other data or options is refused beside the state of an earlier one: give it another
    --output. Without --data the shipped networks are trained again, by their recipes. With it, one
    network is trained on fastMRI's files; started by torchrun, several processes train it together.
    """
    if data is None:
        _train_shipped(names, output)
        return
    if names:
        raise ValueError(
            f"got the shipped networks {', '.join(names)} with --data, expected one or the other; "
            "choose the kind of network by --network"
        )
    wanted = FilesTraining(
        data,
        validation,
        network=network,
        steps=steps,
        minutes=minutes,
        masks=masks,
        accelerations=_numbers("accelerations", accelerations),
        center_fractions=_numbers("center-fractions", center_fractions),
        optimizer=optimizer,
        learning_rate=learning_rate,
        batch_size=batch_size,
        averaging=averaging,
        seed=seed,
    )
    path = output / f"{network}.safetensors"
    is_first = os.environ.get("RANK", "0") == "0"  # of the processes that torchrun started
    if is_first:
        require_writable(output)
    with bars() as shown:
        task = shown.add_task(network, total=steps if minutes is None else round(60 * minutes))

        def watch(seen: Any) -> None:
            done = seen.step if minutes is None else round(seen.seconds)
            shown.update(task, completed=done, description=_described(network, seen))

        faults = train_files(
            wanted,
            path,
            log=path.with_suffix(".csv"),
            tensorboard=tensorboard,
            callback=watch,
        )
    if is_first:
        _tell(faults)
        Console(highlight=False).print(f"wrote {escape(str(path))}")


def evaluate_command(
    data: Annotated[Path, typer.Option(help="Folder of fully sampled fastMRI .h5 files.")],
    networks: Annotated[
        str,
        typer.Option(help="Networks that ship, or files of csmri train, separated by commas."),
    ] = "unrolled",
    output: Annotated[Path, typer.Option(help="Folder of the scores.")] = Path("results/evaluate"),
    masks: Annotated[
        str, typer.Option(help="random, equispaced, equispaced_fraction or magic.")
    ] = "random",
    acceleration: Annotated[float, typer.Option()] = 4,
    center_fraction: Annotated[float, typer.Option()] = 0.08,
    allow_seen: Annotated[
        bool, typer.Option(help="Judge networks on persons they were trained on all the same.")
    ] = False,
) -> None:
    """Judge networks on fastMRI's files, by volume, with its masks and its measures.

    Writes evaluation.json and volumes.csv. Files that cannot be read are passed over and named.
    """
    learned = learned_package("what evaluate judges")
    choice = learned.FastMRIMasks(masks, (acceleration,), (center_fraction,))
    persons = learned.FastMRISlices(data).persons
    methods: dict[str, Any] = {"zero-filled": zero_filled}
    for name in filter(None, (part.strip() for part in networks.split(","))):
        methods[name] = _network(learned, name, persons, allow_seen)
    require_writable(output)
    with progress() as watch:
        evaluation = evaluate(methods, data, masks=choice, watch=watch)
    console = Console(highlight=False)
    console.print(_table(evaluation))
    _tell(evaluation.faults)
    for path, content in (
        (output / "evaluation.json", evaluation.as_json()),
        (output / "volumes.csv", evaluation.as_csv()),
    ):
        write_atomically(path, content)
        console.print(f"wrote {escape(str(path))}")


def _network(learned: Any, name: str, persons: Sequence[str], allow_seen: bool) -> Any:
    """A network by name or file; a refusal names the option in place of the argument."""
    source = name if name in learned.SHIPPED else Path(name)
    try:
        return learned.load(source, evaluate_on=persons, allow_seen=allow_seen)
    except ValueError as error:
        raise ValueError(str(error).replace("allow_seen=True", "--allow-seen")) from error


def _train_shipped(names: list[str] | None, output: Path) -> None:
    learned = learned_package("what train makes")
    unknown = sorted(set(names or ()) - set(learned.RECIPES))
    if unknown:
        raise ValueError(
            f"got the networks {', '.join(unknown)}, expected some of {', '.join(learned.RECIPES)}"
        )
    require_writable(output)
    output.mkdir(parents=True, exist_ok=True)
    with bars() as shown:
        for name in names or learned.RECIPES:
            recipe = learned.RECIPES[name]
            task = shown.add_task(name, total=recipe.schedule.total)

            def watch(seen: Any, task: TaskID = task, name: str = name) -> None:
                shown.update(task, completed=seen.step, description=_described(name, seen))

            path = output / f"{name}.safetensors"
            learned.train(
                recipe,
                path,
                held_out=tuple(who for who in datasets.names() if who not in recipe.persons),
                resume=path.with_suffix(".state"),
                callback=watch,
            )
            shown.console.print(f"wrote {escape(str(path))}", highlight=False)


def _described(name: str, seen: Any) -> str:
    """What stands beside the bar."""
    judged = f", {seen.metrics['psnr']:.2f} dB" if "psnr" in seen.metrics else ""
    return f"{name}, step {seen.step}, loss {seen.loss:.4f}{judged}"


def _table(evaluation: Evaluation) -> Table:
    table = Table("method", "volumes", "NMSE", "PSNR (dB)", "SSIM", "ms a slice")
    for method, found in evaluation.means().items():
        volumes = sum(score.method == method for score in evaluation.scores)
        table.add_row(
            escape(method),
            str(volumes),
            f"{found['nmse']:.4f}",
            f"{found['psnr']:.2f}",
            f"{found['ssim']:.4f}",
            f"{1000 * found['seconds']:.0f}",
        )
    return table


def _tell(faults: dict[str, str]) -> None:
    """Name the files that were passed over, on standard error."""
    if not faults:
        return
    console = Console(stderr=True, highlight=False)
    console.print(f"[bold yellow]passed over {len(faults)} file(s):[/]")
    for fault in faults.values():
        console.print(f"  {fault}", soft_wrap=True, markup=False)


def _numbers(option: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(
            f"got --{option} {text}, expected numbers separated by commas: 4,8 for instance"
        ) from None
