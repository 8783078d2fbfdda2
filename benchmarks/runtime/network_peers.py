# SPDX-License-Identifier: Apache-2.0
"""Times networks in situ and in a Python package, in turn on the same machine with the same number of threads."""
import argparse
import json
import os
import pathlib
import statistics
import subprocess

from peers import ROOT, peer_python


def situ_seconds(program, benchmark, bf16, threads):
    command = [program, f"--benchmark_filter=^{benchmark}/bf16:{bf16}/", "--benchmark_format=json"]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    return json.loads(output)["benchmarks"][0]["real_time"] / 1000


def compare_networks(description, benchmarks, peer, package):
    """Prints a ratio for each network and dtype. benchmarks: from a name to situ's benchmark; peer: a script that
    takes name, dtype and threads and prints its seconds."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/release/benchmarks/situ_benchmarks")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--only", choices=sorted(benchmarks))
    parser.add_argument("--dtype", choices=("float32", "bfloat16"))
    parser.add_argument("--python", type=pathlib.Path, help=f"an interpreter that has {package}")
    arguments = parser.parse_args()
    python = arguments.python or peer_python()
    for name in [arguments.only] if arguments.only else benchmarks:
        for bf16, dtype in enumerate(("float32", "bfloat16")):
            if arguments.dtype not in (None, dtype):
                continue
            ours, theirs = [], []
            for _ in range(arguments.rounds):
                ours.append(situ_seconds(arguments.program, benchmarks[name], bf16, arguments.threads))
                command = [python, "-c", peer, name, dtype, str(arguments.threads)]
                theirs.append(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
            situ, other = statistics.median(ours), statistics.median(theirs)
            print(f"{name}, {dtype}: situ {situ:.2f} s, {package} {other:.2f} s, situ is {other / situ:.2f} times as "
                  f"fast (medians of {arguments.rounds} rounds)", flush=True)
