#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A dataset made by a job array of a real Slurm with one node on the loopback interface.

usage: slurm_test.py PROGRAM SOURCE_TREE. Ends with 77 (skipped) where Slurm is not installed.
The daemons, their keys and their state live in a temporary folder and end with the test.
"""
import contextlib
import filecmp
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
PHOTOS = 6
TASKS = 4


def slurm_conf(folder, host):
    return f"""ClusterName=situ
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmctldPort=16817
SlurmdPort=16818
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SwitchType=switch/none
ReturnToService=2
SlurmdParameters=config_overrides
MailProg=/bin/true
NodeName={host} NodeAddr=127.0.0.1 CPUs={TASKS} State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


@contextlib.contextmanager
def slurm(folder):
    """Runs the three daemons; gives the environment that reaches them."""
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o600)
    conf = folder / "slurm.conf"
    conf.write_text(slurm_conf(folder, socket.gethostname().split(".")[0]))
    environment = dict(os.environ, SLURM_CONF=str(conf))
    commands = [
        ["munged", "--foreground", "--force", f"--key-file={key}",
         f"--socket={folder}/munge.socket", f"--pid-file={folder}/munged.pid",
         f"--log-file={folder}/munged.log", f"--seed-file={folder}/seed"],
        ["slurmctld", "-D", "-i", "-f", str(conf)],
        ["slurmd", "-D", "-f", str(conf)],
    ]
    daemons = []
    try:
        for command in commands:
            daemons.append(subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL,
                                            stderr=subprocess.DEVNULL))
            time.sleep(1)
        yield environment
    except BaseException:
        for log in ("slurmctld.log", "slurmd.log"):
            if (folder / log).exists():
                print(log, (folder / log).read_text()[-3000:])
        raise
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
            daemon.wait(timeout=30)


def wait_until(what, condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"waited {seconds} s in vain for {what}")
        time.sleep(0.5)


def same(left, right):
    difference = filecmp.dircmp(left, right)
    if difference.left_only or difference.right_only or difference.funny_files:
        return False
    _, different, errors = filecmp.cmpfiles(left, right, difference.common_files, shallow=False)
    return not different and not errors and all(
        same(left / name, right / name) for name in difference.common_dirs)


def main(program, source_tree):
    for name in ("munged", "slurmctld", "slurmd", "sbatch"):
        if shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None:
            print(f"skipped: {name} is not installed (Debian: slurm-wlm, munge)")
            return SKIPPED
    if os.geteuid() != 0:
        print("skipped: Slurm's daemons are started as root here")
        return SKIPPED
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    os.environ["OMP_WAIT_POLICY"] = "passive"  # the tasks share the cores
    with tempfile.TemporaryDirectory(prefix="situ-slurm-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        photos = folder / "photos"
        photos.mkdir()
        photo = next((source_tree / "examples" / "leuven").glob("*.[jp][pn]g"))
        for number in range(PHOTOS):
            shutil.copy(photo, photos / f"photo_{number}{photo.suffix}")
        recipe = folder / "recipe.yaml"
        recipe.write_text("name: photos\nsource: {dataset: folder}\nplan: {variants: 2}\n"
                          "objects: [{name: dog, id: 1}, {name: suitcase, id: 2}]\n")
        command = [program, "generate", "--recipe", str(recipe), "--root", str(photos)]
        subprocess.run([*command, "--output", str(folder / "direct")], check=True)
        array = folder / "array"
        with slurm(folder) as environment:
            wait_until("the node", lambda: b"idle" in subprocess.run(
                ["sinfo", "-h", "-o", "%t"], env=environment, capture_output=True).stdout, 60)
            subprocess.run([*command, "--output", str(array), "--slurm", "--slurm-tasks",
                            str(TASKS), "--submit"], env=environment, cwd=folder, check=True)
            # One task is lost as soon as the run has begun.
            wait_until("the run", lambda: (array / "run" / "claims").exists() or
                       (array / "manifest.jsonl").exists(), 120)
            subprocess.run(["scancel", "--signal=KILL", "--full", "--name=situ-array",
                            "--state=RUNNING", "1_0"], env=environment, check=False)
            time.sleep(1)
            lost = subprocess.run(["scontrol", "show", "job", "1_0"], env=environment,
                                  capture_output=True, text=True).stdout
            wait_until("the tasks", lambda: not subprocess.run(
                ["squeue", "-h"], env=environment, capture_output=True).stdout.strip(), 300)
        if not same(folder / "direct", array):
            for log in sorted(folder.glob("slurm-*.out")):
                print(log.name, log.read_text()[-2000:])
            sys.exit("the array's dataset differs from the one that a single process made")
        killed = "one of them killed" if "ExitCode=0:9" in lost else "none killed in time"
        print(f"a job array of {TASKS} tasks, {killed}, made the same dataset")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
