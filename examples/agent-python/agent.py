"""A link checker that says what it does, by REST and with nothing but the standard library.

    STATEWIRE_KEY=sw_report_... python3 agent.py https://example.com/ https://example.org/missing

The work never waits for Statewire: what it says is merged, the newest winning, and sent by a thread of its own.
"""

import http.client
import json
import os
import random
import signal
import sys
import threading
import time
import urllib.error
import urllib.request

URL = os.environ.get("STATEWIRE_URL", "http://localhost:4800").rstrip("/")
KEY = os.environ.get("STATEWIRE_KEY")
# A key with the scope report cannot read, and whether somebody asked for the end has to be read.
READ_KEY = os.environ.get("STATEWIRE_READ_KEY")
AGENT = "link-checker-py"
SERVICE = os.environ.get("STATEWIRE_SERVICE", "website")

PERIOD_S = 30  # What is promised: a sign of life within it. Three are sent, so that two may be lost.
GAP_S = 0.1  # At least between two requests: ten a second are enough for people, and far from the server's limit.
ROUND_S = 2  # How soon a request to stop is seen.
CALL_S = 10  # The longest that a call may take.
WAIT_MAX_S = 5  # The longest pause between two attempts, unless the server asks for a longer one.
LAST_WORD_S = 10  # How long the last reports are tried before the program ends without them.


class Reporter(threading.Thread):
    """Sends what is said, in order, until it is taken."""

    def __init__(self, on_gone):
        super().__init__(daemon=True)
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._ending = threading.Event()
        self._news = {}
        self._alive = {}
        self._seq = 0
        self._on_gone = on_gone
        self._ends_at = None

    def say(self, collection, id, **fields):
        """Says something of a record. Fields that were not sent yet are replaced, steps are replaced by their id."""
        with self._lock:
            known = self._news.setdefault((collection, id), {})
            if "steps" in fields:
                steps = {step["id"]: step for step in known.get("steps", []) + fields["steps"]}
                fields["steps"] = list(steps.values())[-50:]
            known.update(fields)
        self._wake.set()

    def keep_alive(self, collection, id, **fields):
        """Repeats this as often as promised; without fields it only renews the lease of a run."""
        with self._lock:
            self._alive[(collection, id)] = fields

    def drop(self, collection, id):
        """Does not repeat it any more."""
        with self._lock:
            self._alive.pop((collection, id), None)

    def close(self):
        """Sends the rest and ends."""
        with self._lock:
            self._alive.clear()
        self._ends_at = time.monotonic() + LAST_WORD_S
        self._ending.set()
        self._wake.set()
        self.join()

    def run(self):
        beat_at = 0
        while True:
            is_last = self._ends_at is not None
            with self._lock:
                if time.monotonic() >= beat_at:
                    beat_at = time.monotonic() + PERIOD_S / 3
                    for name, fields in self._alive.items():
                        self._news[name] = {**fields, **self._news.get(name, {})}
                reports = [self._numbered(name, fields) for name, fields in self._news.items()]
                self._news = {}
            if reports:
                self._deliver(reports)
            elif is_last:
                return
            if not is_last:
                time.sleep(GAP_S)
                self._wake.wait(max(0, min(ROUND_S, beat_at - time.monotonic())))
                self._wake.clear()

    def _numbered(self, name, fields):
        # A repeat with the same number changes nothing: so after a timeout everything may be sent again.
        # Milliseconds, because the number must not start over with the program.
        self._seq = max(self._seq + 1, time.time_ns() // 1_000_000)
        return {"collection": name[0], "id": name[1], "seq": self._seq, **fields}

    def _deliver(self, reports):
        attempt = 0
        while True:
            status, retry_after, answer = request("POST", "/v1/reports", KEY, reports)
            if status == 200:
                refused = [(r, a) for r, a in zip(reports, answer["results"]) if not a["ok"]]
                if not any(a["code"] in ("overloaded", "unavailable") for _, a in refused):
                    for report, why in refused:
                        print(f"{report['collection']}/{report['id']}: {why['code']}: {why['message']}", file=sys.stderr)
                        if why["code"] == "gone":
                            self._on_gone()
                    return
            elif 400 <= status < 500 and status != 429:
                # The same words would be refused again: say so, and go on with the work.
                print(f"{status} {answer.get('code')}: {answer.get('detail')}", file=sys.stderr)
                return
            # Backoff with full jitter, so that many agents do not come back in the same second.
            backoff = random.uniform(0, min(WAIT_MAX_S, 0.5 * 2 ** min(attempt, 10)))
            again_at = time.monotonic() + max(retry_after, backoff)
            attempt += 1
            # Returns early when the program ends meanwhile: then there is not all the time in the world.
            self._ending.wait(again_at - time.monotonic())
            if self._ends_at is not None and again_at > self._ends_at:
                print("the last reports were not taken", file=sys.stderr)
                return
            time.sleep(max(0, again_at - time.monotonic()))


def request(method, path, key, body=None):
    """One request: HTTP status (0 when nobody answered), seconds of Retry-After, and the answer."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(
            urllib.request.Request(URL + path, data, headers, method=method), timeout=CALL_S
        ) as answer:
            return answer.status, 0, json.load(answer)
    except urllib.error.HTTPError as error:
        after = error.headers.get("Retry-After", "")
        try:
            problem = json.load(error)
        except (OSError, ValueError):
            problem = {}
        return error.code, int(after) if after.isdecimal() else 0, problem
    except (OSError, ValueError, http.client.HTTPException):
        return 0, 0, {}


def is_asked_to_stop(run):
    status, _, row = request("GET", f"/v1/executions/{run}", READ_KEY)
    return status == 200 and row.get("cancelRequested") is True


def check(address):
    """Fetches an address: milliseconds, what is wrong with it or None, and whether somebody answered at all."""
    started = time.monotonic()
    problem, answered = None, True
    try:
        with urllib.request.urlopen(address, timeout=CALL_S) as answer:
            answer.read(1)
    except urllib.error.HTTPError as error:
        problem = f"HTTP {error.code}"
    except (OSError, ValueError, http.client.HTTPException) as error:
        problem, answered = str(getattr(error, "reason", error)), False
    return round((time.monotonic() - started) * 1000), problem, answered


class Terminated(Exception):
    """SIGTERM or Ctrl-C."""


def terminate(*_):
    # Once: what follows is the saying goodbye, and that has a limit of its own.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise Terminated


def main(addresses):
    signal.signal(signal.SIGTERM, terminate)
    signal.signal(signal.SIGINT, terminate)
    stop = threading.Event()
    reporter = Reporter(on_gone=stop.set)
    run = f"{AGENT}-{time.time_ns() // 1_000_000}"
    present = {"name": "Link checker (Python)", "phase": "running", "periodMs": PERIOD_S * 1000, "currentExecution": run}
    reporter.keep_alive("agents", AGENT, **present)
    reporter.say("agents", AGENT, **present, activity=f"Checking {len(addresses)} links")
    # The lease ends when the program dies without a word: the run is then lost, as of that moment.
    reporter.say(
        "executions",
        run,
        agent=AGENT,
        title=f"Check {len(addresses)} links",
        state="running",
        total=len(addresses),
        unit="links",
        leaseMs=PERIOD_S * 1000,
    )
    reporter.keep_alive("executions", run)
    reporter.start()
    if READ_KEY:
        threading.Thread(target=watch, args=(run, stop), daemon=True).start()

    calls = errors = broken = 0
    end, code = {"state": "succeeded"}, 0
    try:
        for number, address in enumerate(addresses, 1):
            if stop.is_set():
                end = {"state": "canceled"}
                break
            step = {"id": str(number), "title": address[:300], "startedAt": time.time_ns() // 1_000_000}
            reporter.say("executions", run, stage=address[:128], steps=[{**step, "state": "running"}])
            ms, problem, answered = check(address)
            calls, errors, broken = calls + 1, errors + (not answered), broken + (problem is not None)
            state = "succeeded" if problem is None else "failed"
            step = {**step, "state": state, "endedAt": time.time_ns() // 1_000_000}
            reporter.say("executions", run, done=number, message=problem or "fine", steps=[step])
            # How it looks from here. Totals: a report that is lost then costs nothing.
            reporter.say(
                "connections",
                f"{AGENT}:{SERVICE}",
                phase="connected" if answered else "failed",
                latencyMs=ms,
                calls=calls,
                errors=errors,
            )
        else:
            end["message"] = f"{broken} of {len(addresses)} are broken"
    except Terminated:
        end, code = {"state": "canceled", "reason": {"code": "terminated", "text": "The agent was ended."}}, 143
    except Exception as error:
        # Whoever watches sees why it ended; this program still fails.
        end = {"state": "failed", "reason": {"code": "error", "text": str(error)[:500]}}
        raise
    finally:
        reporter.drop("executions", run)
        reporter.say("executions", run, **end)
        reporter.drop("agents", AGENT)
        reporter.say("agents", AGENT, phase="offline", currentExecution=None)
        reporter.close()
    print(f"{end['state']}: {calls} checked, {broken} broken")
    return code


def watch(run, stop):
    while True:
        if is_asked_to_stop(run):
            stop.set()
        time.sleep(ROUND_S)


if __name__ == "__main__":
    if not KEY or len(sys.argv) < 2:
        sys.exit("set STATEWIRE_KEY to an API key with the scope report, and give addresses to check")
    sys.exit(main(sys.argv[1:]))
