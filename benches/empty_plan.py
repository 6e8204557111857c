"""What an empty plan of production costs behind a fixed delay per call, beside boto3 making the same reads.

    python benches/empty_plan.py [--binary target/release/cn-infra] [--delay 50] [--runs 11]

Needs a Python with moto[server] 5.2.5 (the tests make one: target/tmp/moto-5.2.5/bin/python) and GNU time. moto is the account; the
proxy in front of it counts and delays. Production is applied from nothing without delay, then planned again and again.
Each run is a process of its own: its processor time and peak of memory are what the kernel says of that process.
"""

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BUCKET = "coralnet-production"


def reads():
    """The reads of an empty plan, in two rounds, as one would write them with boto3; the second needs the first."""
    import boto3

    ec2, rds, s3, sts = (boto3.client(service) for service in ("ec2", "rds", "s3", "sts"))
    aspects = ["tagging", "ownership_controls", "encryption", "versioning", "policy", "cors",
               "lifecycle_configuration", "acl"]
    found = {}

    def instances():
        pages = ec2.describe_instances(MaxResults=1000)["Reservations"]
        found["web"] = pages[0]["Instances"][0]["InstanceId"]

    def attribute(which):
        return lambda: ec2.describe_instance_attribute(InstanceId=found["web"], Attribute=which)

    def aspect(which):
        return lambda: getattr(s3, f"get_bucket_{which}")(Bucket=BUCKET)

    first = [
        sts.get_caller_identity,
        instances,
        lambda: ec2.describe_volumes(MaxResults=500),
        ec2.describe_addresses,
        lambda: ec2.describe_security_groups(MaxResults=1000),
        lambda: ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}]),
        lambda: rds.describe_db_instances(MaxRecords=100),
        lambda: s3.get_public_access_block(Bucket=BUCKET),
        *[aspect(which) for which in aspects],
    ]
    second = [attribute(which) for which in ("userData", "disableApiTermination", "instanceInitiatedShutdownBehavior")]
    return first, second


def peer(way):
    """Makes the reads, one after another or in a thread each."""
    for round_of_reads in reads():
        if way == "serial":
            for read in round_of_reads:
                read()
        else:
            with ThreadPoolExecutor(len(round_of_reads)) as threads:
                for future in [threads.submit(read) for read in round_of_reads]:
                    future.result()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def serve(*command):
    """Starts a server whose first argument is a free port, which ends with this process; returns the port."""
    port = free_port()
    command = [sys.executable, str(command[0]), str(port), *map(str, command[1:])]
    # The other end of its standard input is ours.
    servers.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return port
        except OSError:
            time.sleep(0.05)
    sys.exit(f"{command} does not answer")


servers = []


def client(port):
    """The environment variables of a client of a port."""
    nowhere = {"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}
    return os.environ | nowhere | {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-west-2", "AWS_EC2_METADATA_DISABLED": "true",
    }


def measured(command, env, directory):
    """Runs a command that must succeed: its wall and processor seconds, its peak of memory, what it said.

    GNU time starts it: what the kernel calls the peak of a process includes that of the one that started it, and this
    one is large.
    """
    peak = Path(directory, "peak")
    began = time.monotonic()
    process = subprocess.Popen(["time", "--format=%M", f"--output={peak}", *command], env=env, cwd=directory,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    if status != 0:
        sys.exit(f"{command} failed:\n{said}")
    cpu = usage.ru_utime + usage.ru_stime
    return {"wall": wall, "cpu": cpu, "rss": int(peak.read_text()) / 1024, "said": said}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--binary", type=Path, default=ROOT / "target/release/cn-infra")
    arguments.add_argument("--delay", type=float, default=50)
    arguments.add_argument("--runs", type=int, default=11)
    arguments = arguments.parse_args()
    infra = [str(arguments.binary.resolve()), "--environments", str(ROOT / "environments")]
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory, "calls")
        moto = serve(ROOT / "tests/moto/serve.py", "--prepare", "--attached")
        proxy = serve(HERE / "proxy.py", moto, arguments.delay, log)
        measured([*infra, "apply", "production", "--yes"], client(moto), directory)
        cases = {
            "cn-infra plan": [*infra, "plan", "production", "--detailed-exitcode"],
            "boto3, one after another": [sys.executable, __file__, "--peer", "serial"],
            "boto3, a thread for each": [sys.executable, __file__, "--peer", "threads"],
        }
        print(f"Empty plan of production, {arguments.delay:g} ms per call; median of {arguments.runs} runs (fastest–slowest)\n")
        print("| | calls | waves | connections | wall s | CPU s | peak RSS MB |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        runs = {case: [] for case in cases}
        # In turn, so that what else the machine does meets all.
        for _ in range(arguments.runs):
            for case, command in cases.items():
                log.write_text("")
                run = measured(command, client(proxy), directory)
                runs[case].append(run | {"calls": [json.loads(line) for line in log.read_text().splitlines()]})
        for case, of_case in runs.items():
            print(row(case, of_case))
        print("\nCalls of the last plan: " + ", ".join(sorted(f"{call['service']} {call['action']}" for call in runs["cn-infra plan"][-1]["calls"])))


def row(case, runs):
    def figure(name):
        figures = [run[name] for run in runs]
        return f"{statistics.median(figures):.2f} ({min(figures):.2f}–{max(figures):.2f})"

    def same(figures):
        return "–".join(map(str, sorted({min(figures), max(figures)}))) if figures else "–"

    waves = [int(match[1]) for run in runs if (match := re.search(r"in (\d+) waves", run["said"]))]
    calls = same([len(run["calls"]) for run in runs])
    connections = same([len({call["connection"] for call in run["calls"]}) for run in runs])
    peak = statistics.median(run["rss"] for run in runs)
    return f"| {case} | {calls} | {same(waves)} | {connections} | {figure('wall')} | {figure('cpu')} | {peak:.0f} |"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        peer(sys.argv[2])
    else:
        main()
