"""Train the shipped networks again.

    python -m learned.train_shipped [unrolled] [unet] [--directory trained]
                                    [--gpu STEPS] [--helpers 4]

Writes NAME.safetensors and, every so often, NAME.state (NAME.gpu.state) to go on from after an
interruption. One thread each, about an hour a network on a CPU with bfloat16 instructions. With
--gpu the recipes are those for a GPU, for so many steps of 16 images, and helper processes draw the
examples.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from learned.recipes import train
from learned.shipped import RECIPES, on_gpu
from learned.training import Progress


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the networks that are named, all by default."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(RECIPES))
    parser.add_argument("--directory", type=Path, default=Path("trained"), help="where to write")
    parser.add_argument("--gpu", type=int, metavar="STEPS", help="train on a GPU, so many steps")
    parser.add_argument("--helpers", type=int, default=4, help="processes that draw for the GPU")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(RECIPES))
    if unknown:
        parser.error(f"got {', '.join(unknown)}; expected names among {', '.join(RECIPES)}")
    options.directory.mkdir(parents=True, exist_ok=True)
    for name in options.names or RECIPES:
        path = options.directory / f"{name}.safetensors"
        recipe, where = RECIPES[name], {}
        if options.gpu is not None:
            recipe = on_gpu(recipe, options.gpu)
            where = {"device": "cuda", "helpers": options.helpers, "save_every": 500}
        state = path.with_suffix(".state" if options.gpu is None else ".gpu.state")
        train(recipe, path, resume=state, callback=reporter(name), **where)
        sys.stdout.write(f"{name}: written to {path}\n")


def reporter(name: str, every: int = 50) -> Callable[[Progress], None]:
    """Return a callback that writes a line every so many steps."""
    losses: list[float] = []

    def report(progress: Progress) -> None:
        losses.append(progress.loss)
        if progress.step % every == 0:
            mean = sum(losses[-every:]) / len(losses[-every:])
            sys.stdout.write(
                f"{name}: step {progress.step} of {progress.steps}, mean loss {mean:.5f}, "
                f"{progress.seconds:.0f} s\n"
            )
            sys.stdout.flush()

    return report


if __name__ == "__main__":
    main()
