"""Runs a console script that belongs to a service package which is not installed.

  console_script.py DISTRIBUTION SCRIPT ARGUMENTS... [, ARGUMENTS...]

One set of arguments runs in this process, so a daemon keeps its process id. Several sets run one after the other, each in
a fork: the imports, which are most of a management command's time, are paid once.
"""
import importlib.metadata
import os
import sys
import traceback


def load(distribution, script):
    if distribution == 'nova':
        import nova.cmd  # noqa: F401  its monkey patching must precede every other import of nova
    for entry in importlib.metadata.distribution(distribution).entry_points:
        if entry.group == 'console_scripts' and entry.name == script:
            return entry.load()
    sys.exit('the distribution %s has no console script %s' % (distribution, script))


def argument_sets(words):
    sets = [[]]
    for word in words:
        if word == ',':
            sets.append([])
        else:
            sets[-1].append(word)
    return sets


def run(main, script, arguments):
    """Returns the exit status the script would have had as a program of its own."""
    sys.argv = [script] + arguments
    try:
        status = main()
    except SystemExit as stop:
        status = stop.code
    except Exception:
        traceback.print_exc()
        status = 1
    if isinstance(status, str):
        print(status, file=sys.stderr)
        status = 1
    return status or 0


def run_in_fork(main, script, arguments):
    print('+', script, *arguments, flush=True)
    child = os.fork()
    if child == 0:
        status = run(main, script, arguments)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(distribution, script, *words):
    entry, sets = load(distribution, script), argument_sets(words)
    if len(sets) == 1:
        return run(entry, script, sets[0])
    for arguments in sets:
        status = run_in_fork(entry, script, arguments)
        if status:
            return status
    return 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
