"""Measure several ways to do the same work, in turn, and print one line a figure.

    import measure
    measure.compare('render-users', {'carafe': [binary, ...], 'limit': [...], 'jinja2': [...]}, runs=7)

Each side is a command that does the whole work and ends. The sides take turns, so that a slow moment of the machine
falls on all of them; the medians of wall and CPU seconds are compared.
"""
import os
import statistics
import time


def once(command):
    """Wall and CPU seconds of one run; a run that fails ends the benchmark."""
    started = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ,
                         file_actions=[(os.POSIX_SPAWN_OPEN, 1, '/dev/null', os.O_WRONLY, 0)])
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        raise SystemExit('%s: status %d' % (' '.join(command), os.waitstatus_to_exitcode(status)))
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime


def line(name, values):
    """The line of one figure: the sides' values and how many times each other side's Carafe's is."""
    parts = ['%s=%.4g' % side for side in values.items()]
    parts += ['ratio_%s=%.2f' % (side, values['carafe'] / value) for side, value in values.items() if side != 'carafe' and value]
    return ' '.join([name, *parts])


def compare(name, sides, runs=5):
    """Run all sides `runs` times in turn, after one turn that does not count, and print a line for wall and one for CPU."""
    taken = {side: [] for side in sides}
    for turn in range(runs + 1):
        for side, command in sides.items():
            seconds = once(command)
            if turn:
                taken[side].append(seconds)
    for index, kind in enumerate(('wall', 'cpu')):
        print(line('%s-%s-s' % (name, kind), {s: statistics.median(t[index] for t in taken[s]) for s in sides}), flush=True)
