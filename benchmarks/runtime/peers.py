#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times situ against diffusers on the same model folder, machine, precision and steps, and prints the ratio.

    benchmarks/runtime/peers.py --program build/release/benchmarks/situ_benchmarks --model models/mini-inpainter

Installs diffusers into .venv-peers at the first run. Both sides run in float32 with the same number of threads,
model loading not counted; each figure is the median of its rounds, and the rounds alternate.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ["torch==2.13.0", "diffusers==0.42.*", "transformers==5.23.*", "accelerate", "pillow"]

PEER = """
import json, sys, time
import numpy, PIL.Image, torch
from diffusers import StableDiffusionInpaintPipeline
folder, steps, rounds, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
torch.set_num_threads(threads)
pipeline = StableDiffusionInpaintPipeline.from_pretrained(folder, dtype=torch.float32)
pipeline.set_progress_bar_config(disable=True)
size = pipeline.unet.config.sample_size * pipeline.vae_scale_factor
generator = numpy.random.default_rng(1)
image = PIL.Image.fromarray(generator.integers(0, 256, (size, size, 3), dtype=numpy.uint8))
mask = numpy.zeros((size, size), numpy.uint8)
mask[size // 4:, size // 4:3 * size // 4] = 255
mask = PIL.Image.fromarray(mask)
seconds = []
for _ in range(rounds + 1):
    start = time.perf_counter()
    pipeline(prompt="A good photo of a dog", image=image, mask_image=mask, height=size, width=size,
             num_inference_steps=steps, generator=torch.Generator().manual_seed(1))
    seconds.append(time.perf_counter() - start)
print(json.dumps(seconds[1:]))
"""


def peer_python():
    python = ROOT / ".venv-peers/bin/python"
    if not python.exists():
        print("installing diffusers into .venv-peers (about 2 minutes)", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", ROOT / ".venv-peers"], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return python


def situ_seconds(program, model, threads):
    environment = {**os.environ, "SITU_BENCHMARK_MODEL": str(model), "OMP_NUM_THREADS": str(threads)}
    command = [program, "--benchmark_filter=^inpaint", "--benchmark_format=json"]
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    run = json.loads(output)["benchmarks"][0]
    if run.get("error_occurred"):
        sys.exit(run["error_message"])
    return run["real_time"] / 1000


def peer_seconds(python, model, steps, threads):
    command = [python, "-c", PEER, str(model), str(steps), "3", str(threads)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return statistics.median(json.loads(output.strip().splitlines()[-1]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/release/benchmarks/situ_benchmarks")
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "models/mini-inpainter")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    if not (arguments.model / "model_index.json").exists():
        sys.exit(f"{arguments.model}: no model folder there; give one with --model")
    python = peer_python()
    ours, theirs = [], []
    for _ in range(arguments.rounds):
        ours.append(situ_seconds(arguments.program, arguments.model, arguments.threads))
        theirs.append(peer_seconds(python, arguments.model, 25, arguments.threads))
    situ, diffusers = statistics.median(ours), statistics.median(theirs)
    print(f"inpainting, 25 steps, float32, {arguments.threads} threads: situ {situ:.2f} s, diffusers {diffusers:.2f} s, "
          f"situ is {diffusers / situ:.2f} times as fast (medians of {arguments.rounds} rounds)")


if __name__ == "__main__":
    main()
