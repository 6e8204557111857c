"""proxy.py PORT UPSTREAM_PORT DELAY_MS LOG: a counting, delaying proxy in front of an AWS stand-in on loopback.

Each call becomes a JSON line in LOG: when it came, its service and action, the status, how many were in flight, and
the number of the connection it came on. It ends when its standard input closes.
"""

import http.client
import http.server
import itertools
import json
import os
import re
import sys
import threading
import time
from urllib.parse import parse_qs, urlsplit

PORT, UPSTREAM, DELAY = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000
HOP_BY_HOP = {"connection", "content-length", "transfer-encoding", "expect"}
connections = itertools.count(1)
lock = threading.Lock()
in_flight = 0


def name(handler, body):
    """The service by the signature's scope; the action by the form (EC2, RDS, STS), or method and query (S3)."""
    scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", handler.headers.get("Authorization", ""))
    service = scope[1] if scope else "?"
    if service == "s3":
        return service, f"{handler.command} ?{urlsplit(handler.path).query.split('=')[0].split('&')[0]}"
    return service, parse_qs(body.decode()).get("Action", [handler.path])[0]


class Handler(http.server.BaseHTTPRequestHandler):
    """One per connection, with a connection of its own to the stand-in."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self):
        super().setup()
        self.number = next(connections)
        self.upstream = http.client.HTTPConnection("127.0.0.1", UPSTREAM)

    def finish(self):
        self.upstream.close()
        super().finish()

    def relay(self):
        global in_flight
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with lock:
            in_flight += 1
            flying = in_flight
        arrived = time.time()
        time.sleep(DELAY)
        headers = {key: value for key, value in self.headers.items() if key.lower() not in HOP_BY_HOP}
        self.upstream.request(self.command, self.path, body or None, headers)
        answer = self.upstream.getresponse()
        content = answer.read()
        with lock:
            in_flight -= 1
            service, action = name(self, body)
            call = {"at": round(arrived, 3), "service": service, "action": action, "status": answer.status,
                    "in_flight": flying, "connection": self.number}
            log.write(json.dumps(call) + "\n")
        self.send_response_only(answer.status)
        for key, value in answer.getheaders():
            if key.lower() not in HOP_BY_HOP:
                self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = relay

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    log = open(sys.argv[4], "a", buffering=1, encoding="utf-8")
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
    server.serve_forever()
