"""run.py ENDPOINT [--moto] [NAME…]: runs the checks beside it against a served account, each in a fresh one.
run.py --list: tells their names, one a line.

A check is a public function of a module beside this one; it takes the account (`sandbox.Aws`) and has a docstring.
NAME is part of a check's name, `module.function`; without one, all run. One JSON line per check goes to stdout:
{"check": "ec2_addresses.an_address_moves_in_one_call", "ok": true}, or "ok": false and "why".
Exits 1 if one failed, 2 if no check has such a name.
"""

import argparse
import importlib
import inspect
import json
import pathlib
import signal
import sys
import traceback

sys.dont_write_bytecode = True  # the checks lie in a source tree

from sandbox import Aws  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
NOT_CHECKS = {"run", "sandbox"}


class Hung(BaseException):
    """The check took too long. No Exception, since botocore would wrap that and carry on."""


def checks():
    """All checks as (name, function), in the order of the files and of the functions within."""
    for path in sorted(HERE.glob("*.py")):
        if path.stem not in NOT_CHECKS:
            module = importlib.import_module(path.stem)
            for name, function in vars(module).items():
                if inspect.isfunction(function) and function.__module__ == path.stem and not name.startswith("_"):
                    assert function.__doc__, f"{path.stem}.{name} does not say what it proves"
                    yield f"{path.stem}.{name}", function


def run(check, aws, limit):
    """Runs one check in a fresh account; returns why it failed, or None."""
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        aws.reset()
        check(aws)
    except (Exception, Hung) as error:
        return why(error)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return None


def why(error):
    """The error in one line, with the line of the check where it happened."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if pathlib.Path(f.filename).parent == HERE]
    frames = [f for f in frames if pathlib.Path(f.filename).stem not in NOT_CHECKS] or frames
    at = f"{pathlib.Path(frames[-1].filename).name}:{frames[-1].lineno}: {frames[-1].line}" if frames else "run.py"
    return f"{type(error).__name__}: {error} (at {at})" if str(error) else f"{type(error).__name__} (at {at})"


def hung(*_):
    raise Hung("not done in time")


def main():
    parser = argparse.ArgumentParser(description="Runs the checks of AWS's behaviour against a served account.")
    parser.add_argument("endpoint", nargs="?", help="such as http://127.0.0.1:4566")
    parser.add_argument("--list", action="store_true", help="runs nothing, tells the names of all checks")
    parser.add_argument("--limit", type=float, default=60, help="seconds that one check may take")
    parser.add_argument("--moto", action="store_true", help="the endpoint is moto's server")
    parser.add_argument("name", nargs="*", help="part of a check's name")
    options = parser.parse_intermixed_args()

    if options.list:
        print(*(name for name, _ in checks()), sep="\n")
        return 0
    if not options.endpoint:
        parser.error("the endpoint is missing")
    chosen = [(n, f) for n, f in checks() if not options.name or any(part in n for part in options.name)]
    if not chosen:
        print(f"error: no check is named like {' or '.join(options.name)}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGALRM, hung)
    aws = Aws(options.endpoint, options.moto)
    failed = 0
    for name, check in chosen:
        reason = run(check, aws, options.limit)
        failed += reason is not None
        outcome = {"check": name, "ok": True} if reason is None else {"check": name, "ok": False, "why": reason}
        print(json.dumps(outcome, ensure_ascii=False), flush=True)
    print(f"{len(chosen) - failed} of {len(chosen)} checks pass", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
