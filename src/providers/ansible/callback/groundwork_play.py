"""Tells Groundwork what became of each host, as JSON lines in a file.

What a play prints is for people and changes with Ansible's version and settings; these lines are for the program that
started it. One line an event: `failed`, `unreachable`, and `stats` at the end.
"""

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
    name: groundwork_play
    type: aggregate
    short_description: writes failures and the recap as JSON lines
    description:
      - Appends one JSON object a line to the file that the variable GROUNDWORK_PLAY_RECORD names.
"""

LONGEST_MESSAGE = 2000
COUNTERS = {
    "ok": "ok",
    "changed": "changed",
    "unreachable": "dark",
    "failed": "failures",
    "skipped": "skipped",
    "rescued": "rescued",
    "ignored": "ignored",
}


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "groundwork_play"
    CALLBACK_NEEDS_ENABLED = False

    def __init__(self):
        super().__init__()
        path = os.environ.get("GROUNDWORK_PLAY_RECORD")
        self.disabled = path is None
        self._file = None if path is None else open(path, "a", encoding="utf-8")
        self._item_message = {}

    def v2_runner_item_on_failed(self, result):
        self._item_message[self._key(result)] = self._message(result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        message = self._item_message.pop(self._key(result), None) or self._message(result)
        if not ignore_errors:
            self._tell("failed", result, message)

    def v2_runner_on_unreachable(self, result):
        self._tell("unreachable", result, self._message(result))

    def v2_playbook_on_stats(self, stats):
        hosts = {
            host: {ours: getattr(stats, theirs, {}).get(host, 0) for ours, theirs in COUNTERS.items()}
            for host in sorted(stats.processed)
        }
        self._write({"event": "stats", "hosts": hosts})

    def _key(self, result):
        return (result._host.get_name(), result._task._uuid)

    def _message(self, result):
        facts = result._result
        if result._task.no_log or facts.get("_ansible_no_log"):
            return "not shown, because the task says no_log"
        for name in ("msg", "stderr", "module_stderr", "stdout", "module_stdout"):
            text = facts.get(name)
            if text:
                detail = facts.get("stderr") if name == "msg" else None
                return ": ".join(str(part).strip() for part in (text, detail) if part)[:LONGEST_MESSAGE]
        return "no message"

    def _tell(self, event, result, message):
        host, task = result._host.get_name(), result._task.get_name()
        self._write({"event": event, "host": host, "task": task, "message": message})

    def _write(self, line):
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
