"""An agent that does what it is told, by REST and with nothing but the standard library: it counts, pauses, goes on, and answers.

    STATEWIRE_KEY=sw_report_... python3 instructions.py
"""

import http.client
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request

URL = os.environ.get("STATEWIRE_URL", "http://localhost:4800").rstrip("/")
KEY = os.environ.get("STATEWIRE_KEY")
AGENT = os.environ.get("STATEWIRE_AGENT", "counter-py")
PERIOD_S = 30
RETRY_S = 0.5
WAIT_S = 25  # A request is held for so long; the call may take a little longer.


class Counter:
    """The work."""

    def __init__(self):
        self.is_paused = False
        self.count = 0

    def obey(self, instruction):
        """Does what one instruction says; the answer is for whoever gave it."""
        kind = instruction["kind"]
        if kind == "message":
            return {"state": "done", "answer": f"understood: {instruction['text']}"}
        if kind == "maintenance":
            return {"state": "refused", "answer": "I only count"}
        self.is_paused = kind == "pause"
        return {"state": "done", "answer": f"{'paused' if self.is_paused else 'going on'} at {self.count}"}

    def report(self):
        phase = "idle" if self.is_paused else "running"
        fields = {"phase": phase, "activity": f"Counted to {self.count}", "periodMs": PERIOD_S * 1000}
        insist("/v1/reports", {"collection": "agents", "id": AGENT, **fields})


def request(method, path, body=None):
    """One request: HTTP status, 0 when nobody answered, and the answer."""
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    try:
        asked = urllib.request.Request(URL + path, data, headers, method=method)
        with urllib.request.urlopen(asked, timeout=WAIT_S + 10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code, {}
    except (OSError, ValueError, http.client.HTTPException):
        return 0, {}


def insist(path, body):
    """Says it until it is taken or refused for good: a server that is away is no reason to forget an answer."""
    while True:
        status, _ = request("POST", path, body)
        if status not in (0, 429) and status < 500:
            return status
        time.sleep(RETRY_S)


def listen(counter):
    handled = 0  # The newest instruction that this process has handled: each is handled once.
    while True:
        status, answer = request("GET", f"/v1/agents/{AGENT}/instructions?wait={WAIT_S}&after={handled}")
        if status != 200:
            time.sleep(RETRY_S)
        for instruction in answer.get("rows", []):
            path = f"/v1/agents/{AGENT}/instructions/{instruction['id']}/answer"
            handled = instruction["number"]
            # Durable before anything is done: killed from here on, the next process gets it again.
            if insist(path, {"state": "received"}) != 200:
                continue
            done = counter.obey(instruction)
            print(f"{instruction['kind']}: {done['state']}", flush=True)
            insist(path, done)
            counter.report()


def main():
    counter = Counter()
    counter.report()
    threading.Thread(target=listen, args=(counter,), daemon=True).start()
    rounds = 0
    while True:
        time.sleep(1)
        rounds += 1
        counter.count += not counter.is_paused
        if rounds % (PERIOD_S // 3) == 0:
            counter.report()


if __name__ == "__main__":
    if not KEY:
        sys.exit("set STATEWIRE_KEY to an API key with the scope report")
    main()
