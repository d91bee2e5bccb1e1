"""What the project's own checks share: saying results in the Test Anything Protocol, and reading them."""
import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GCC, GXX, CLANG = '/usr/bin/gcc', '/usr/bin/g++', '/usr/bin/clang-14'


class Tap:
    """Prints a line for each result and, at the end, how many there were."""

    def __init__(self):
        self.count = self.failed = 0

    def result(self, good, name, detail='', skip=None):
        self.count += 1
        if not good and skip is None:
            self.failed += 1
        print('%s %d - %s%s' % ('ok' if good or skip is not None else 'not ok', self.count, name,
                                '' if skip is None else ' # SKIP ' + skip))
        if not good and detail:
            for line in detail.rstrip().split('\n')[:25]:
                print('#   ' + line)
        return good

    def end(self):
        print('1..%d' % self.count)
        return 1 if self.failed else 0


def run(command, **options):
    """Run a command; its status and both outputs as one text. A command that is not there or hangs has failed."""
    options.setdefault('timeout', 120)
    options.setdefault('cwd', ROOT)
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              **options)
    except subprocess.TimeoutExpired as error:
        return 124, (error.output or b'').decode('utf-8', 'replace') + '\nno end after %d s' % options['timeout']
    except OSError as error:
        return 127, str(error)
    return done.returncode, done.stdout.decode('utf-8', 'replace')


RESULT = re.compile(r'^(not )?ok\b\s*\d*\s*-?\s*(.*?)(?:\s*#\s*(SKIP|TODO)\b\s*(.*))?$', re.I)
PLAN = re.compile(r'^1\.\.(\d+)')


class Result:
    """One test that ran: its name, 'passed', 'failed' or 'skipped', and what it said."""

    def __init__(self, name, status, detail=''):
        self.name, self.status, self.detail = name, status, detail


def parse(text, status):
    """The results in a TAP text that ended with `status`. A missing or wrong plan is a failure of its own."""
    results, plan = [], None
    for line in text.split('\n'):
        found, planned = RESULT.match(line), PLAN.match(line)
        if found:
            skipped = (found.group(3) or '').upper() == 'SKIP'
            state = 'skipped' if skipped else 'failed' if found.group(1) else 'passed'
            results.append(Result(found.group(2), state, found.group(4) or ''))
        elif planned:
            plan = int(planned.group(1))
        elif line.startswith('#') and results and results[-1].status == 'failed':
            results[-1].detail += line[1:].rstrip() + '\n'
    if plan != len(results):
        results.append(Result('the run as a whole', 'failed',
                              'ended with status %d after %d results of %s\n%s' % (status, len(results), plan, text[-1500:])))
    elif status != 0 and not any(r.status == 'failed' for r in results):
        results.append(Result('the run as a whole', 'failed', 'status %d\n%s' % (status, text[-1500:])))
    return results
