"""What it costs that every bucket has a host of its own: an empty plan of 500 buckets over TLS.

    python3 benches/many_hosts.py [--binary target/release/cn-infra] [--runs 5]

Needs Python 3.11, openssl and GNU time. A proxy ends TLS for every host of AWS with a certificate of its own and answers in
place of S3: 50 ms per call, and 20 ms for each of the two round trips that open a connection. Virtual-hosted style is
compared with path style, which puts all buckets on one host.
"""

import argparse
import asyncio
import re
import ssl
import statistics
import subprocess
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUCKETS, CALL, ROUND_TRIP = 500, 0.050, 0.020
TAGS = {"project": "scale", "environment": "wide", "address": "bucket.b{}"}
BLOCK = "".join(f"<{switch}>true</{switch}>" for switch in
                ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"))
IDENTITY = "<GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult>"
# The command takes endpoints on loopback for stand-ins that know path style alone, and goes by this prefix.
PATH_STYLE = {"AWS_ENDPOINT_URL_S3": "https://localhost.us-west-2.amazonaws.com"}


def policy(n):
    return ('{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Principal": '
            '{"AWS": "arn:aws:iam::123456789012:root"}, "Resource": "arn:aws:s3:::wide-bucket-%d/*"}]}' % n)


def environment(directory):
    text = '[environment]\nname = "wide"\nproject = "scale"\naccount = "123456789012"\nregion = "us-west-2"\n'
    for n in range(BUCKETS):
        text += f'[bucket.b{n}]\nname = "wide-bucket-{n}"\npublic_access_block = true\npolicy_file = "{n}.json"\n'
        (directory / f"{n}.json").write_text(policy(n))
    (directory / "wide.toml").write_text(text)


def certificate(directory):
    """An authority, and a certificate of it for every host of the region."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

    (directory / "names").write_text("subjectAltName=DNS:*.s3.us-west-2.amazonaws.com,DNS:*.us-west-2.amazonaws.com\n")
    key = ["-newkey", "rsa:2048", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=benchmark")
    openssl("req", *key, "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=amazonaws.com")
    openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-extfile", "names", "-out", "cert.pem")


def answer(head, form):
    if action := re.search(r"Action=(\w+)", form):
        result = IDENTITY if action[1] == "GetCallerIdentity" else f"<{action[1]}Result/>"
        return f"<{action[1]}Response>{result}</{action[1]}Response>"
    n, query = re.search(r"wide-bucket-(\d+)", head)[1], head.split(" ")[1]
    if "policy" in query:
        return policy(int(n))
    if "publicAccessBlock" in query:
        return f"<PublicAccessBlockConfiguration>{BLOCK}</PublicAccessBlockConfiguration>"
    tags = "".join(f"<Tag><Key>cn-infra:{key}</Key><Value>{value.format(n)}</Value></Tag>" for key, value in TAGS.items())
    return f"<Tagging><TagSet>{tags}</TagSet></Tagging>"


class Server:
    """The proxy, in a thread of its own."""

    def __init__(self, directory):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(directory / "cert.pem", directory / "key.pem")
        self.connections = self.calls = self.port = 0
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self.serve(ready)), daemon=True).start()
        ready.wait()

    async def serve(self, ready):
        server = await asyncio.start_server(self.connection, "127.0.0.1", 0, backlog=4096)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await server.serve_forever()

    async def connection(self, reader, writer):
        self.connections += 1
        try:
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(2 * ROUND_TRIP)
            # What follows is TLS's.
            writer.transport.pause_reading()
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            await writer.start_tls(self.context)
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin1")
                length = re.search(r"(?i)\r\ncontent-length: (\d+)", head)
                form = (await reader.readexactly(int(length[1]) if length else 0)).decode()
                await asyncio.sleep(CALL)
                self.calls += 1
                body = answer(head, form).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            writer.close()


def plan(binary, directory, server, style):
    env = style | {
        "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_EC2_METADATA_DISABLED": "true",
        "HTTPS_PROXY": f"http://127.0.0.1:{server.port}", "SSL_CERT_FILE": str(directory / "ca.pem"),
    }
    server.connections = server.calls = 0
    command = [str(binary), "--environments", str(directory), "plan", "wide", "--detailed-exitcode"]
    # GNU time starts it: the kernel's peak of a process includes that of the one that started it, and this one is large.
    timed = ["/usr/bin/time", "--format=%e %U %S %M", "--output=taken", *command]
    ended = subprocess.run(timed, env=env, cwd=directory, capture_output=True, text=True)
    if ended.returncode != 0:
        raise SystemExit(f"the plan failed, or is not empty:\n{ended.stdout}{ended.stderr}")
    wall, user, system, peak = map(float, (directory / "taken").read_text().split())
    return server.calls, server.connections, wall, user + system, peak / 1024


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--binary", type=Path, default=ROOT / "target/release/cn-infra")
    arguments.add_argument("--runs", type=int, default=5)
    arguments = arguments.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        directory = Path(directory)
        environment(directory)
        certificate(directory)
        server = Server(directory)
        print(f"Empty plan of {BUCKETS} buckets over TLS; median of {arguments.runs} runs\n")
        print("| | calls | connections | wall s | CPU s | peak RSS MB |\n| --- | --- | --- | --- | --- | --- |")
        for name, style in [("a host for each bucket", {}), ("path style", PATH_STYLE)]:
            runs = [plan(arguments.binary.resolve(), directory, server, style) for _ in range(arguments.runs)]
            calls, connections, wall, cpu, peak = (statistics.median(figures) for figures in zip(*runs))
            print(f"| {name} | {calls} | {connections} | {wall:.2f} | {cpu:.2f} | {peak:.0f} |")


if __name__ == "__main__":
    main()
