#!/usr/bin/env python3
"""Runs the jobs of a Picasso replay again.

    PICASSO_URL=https://studio.example PICASSO_API_KEY=... python3 replay.py [replay.json]

Reads the JSON that this script was published with (replay.json beside it, unless another file is named), makes a new
project for each of its projects, starts its jobs in order and waits for each. Needs Python 3.8 and nothing else.
Ends with 0 when every job that could be replayed made all of its pictures.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

FORMAT = "picasso-replay/1"
# Seconds: a request; a job in all (the API's own limit is half an hour); between two looks at a job.
REQUEST_S, JOB_S, LOOK_S = 60, 45 * 60, 1.0
ATTEMPTS = 6


class Refused(Exception):
    """The API said no."""


def call(method, path, body=None, key=None):
    """One request; again where the API, or the way to it, says that this may help."""
    base = os.environ["PICASSO_URL"].rstrip("/")
    data = None if body is None else json.dumps(body).encode()
    headers = {"X-Api-Key": os.environ["PICASSO_API_KEY"], "Content-Type": "application/json"}
    if key:
        headers["Idempotency-Key"] = key
    for attempt in range(1, ATTEMPTS + 1):
        request = urllib.request.Request(base + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=REQUEST_S) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            if error.code not in (429, 502, 503, 504) or attempt == ATTEMPTS:
                raise Refused(f"{error.code} {text[:300]}") from None
            wait = error.headers.get("Retry-After", "")
            wait = float(wait) if wait.isdigit() else 2.0**attempt
        except OSError as error:
            if attempt == ATTEMPTS:
                raise Refused(str(error)) from None
            wait = 2.0**attempt
        time.sleep(min(wait, 120.0))
    raise Refused("no answer")


def finished(job):
    """The job, once it's over."""
    until = time.monotonic() + JOB_S
    while True:
        shown = call("GET", f"/api/jobs/{job}")
        if shown["state"] == "complete":
            return shown
        if time.monotonic() > until:
            raise Refused(f"job {job} isn't over after {JOB_S // 60} minutes")
        time.sleep(LOOK_S)


def replay(job, project, run, made):
    """One job; the pictures it made, and a word on it. `made` leads from old pictures to new ones."""
    if job["body"] is None:
        return 0, 0, f"left out: {job['missing']}"
    body = dict(job["body"], sessionId=f"replay-{run}")
    start = job["startsWith"]
    if start is not None:
        if start not in made:
            return 0, 0, "left out: the picture that it begins with wasn't made again"
        body["startImageUrl"] = made[start]
    key = f"replay-{run}-{len(made)}-{uuid.uuid4().hex}"
    started = call("POST", f"/api/projects/{project}/jobs", body, key)
    shown = finished(started["jobId"])
    new = {
        (variant["provider"], variant["variantIndex"] + job["firstVariant"]): variant["progressionId"]
        for variant in shown["variants"]
        if variant.get("progressionId") and variant.get("supersededBy") is None
    }
    for picture in job["pictures"]:
        found = new.get((picture["provider"], picture["variantIndex"]))
        if found:
            made[picture["id"]] = found
    wanted = len(body["providers"]) * body["variants"]
    return len(new), wanted, f"{shown['id']}: {len(new)} of {wanted} pictures, {shown['passed']} passed"


def main():
    for name in ("PICASSO_URL", "PICASSO_API_KEY"):
        if not os.environ.get(name):
            sys.exit(f"{name} isn't set: it says {'where the API is' if name.endswith('URL') else 'who asks'}")
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), "replay.json")
    with open(sys.argv[1] if len(sys.argv) > 1 else beside, encoding="utf-8") as file:
        plan = json.load(file)
    if plan.get("format") != FORMAT:
        sys.exit(f"this script reads {FORMAT}")
    run, bad = uuid.uuid4().hex[:12], 0
    for old in plan["projects"]:
        about = {"name": (old["name"][:190] + " (replay)").strip(), "description": old["description"]}
        project = call("POST", "/api/projects", about)["id"]
        print(f"project {project} replays {old['id']}: {len(old['jobs'])} jobs", flush=True)
        made, pictures, missed, left_out = {}, 0, 0, 0
        for number, job in enumerate(old["jobs"], 1):
            try:
                got, wanted, said = replay(job, project, run, made)
            except Refused as refused:
                got, wanted, said = 0, 1, f"failed: {refused}"
            pictures, missed, left_out = pictures + got, missed + wanted - got, left_out + (wanted == 0)
            print(f"  {number}/{len(old['jobs'])} {said}", flush=True)
        print(f"project {project}: {pictures} pictures made, {missed} missed, {left_out} jobs left out", flush=True)
        bad += missed
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
