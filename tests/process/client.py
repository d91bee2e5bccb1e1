"""A started example as a process, and a client that uses it as a browser would."""
import html
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'scripts'))


def free_port(start=[21000 + os.getpid() % 5000]):
    """A free port below the range from which the kernel takes outgoing ones."""
    while True:
        start[0] += 1
        with socket.socket() as probe:
            try:
                probe.bind(('127.0.0.1', start[0]))
                return start[0]
            except OSError:
                continue


class Server:
    """One process of an example on an empty SQLite file. Use it in a `with`: the process never outlives it."""

    def __init__(self, binary, before=(), wait=20, options=()):
        self.folder = tempfile.TemporaryDirectory(prefix='carafe-process.')
        self.port = free_port()
        self.database = os.path.join(self.folder.name, 'users.db')
        self.log_path = os.path.join(self.folder.name, 'log')
        self.log = open(self.log_path, 'wb')
        env = {**os.environ, 'SECRET_KEY': 'a key for tests only, of enough bytes', 'LC_ALL': 'C.UTF-8'}
        self.process = subprocess.Popen(
            [*before, binary, 'run', '--port', str(self.port), '--db', 'sqlite:///' + self.database, *options],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=env, cwd=self.folder.name)
        self.started = self.wait_for_port(wait)

    def wait_for_port(self, seconds):
        end = time.time() + seconds
        while time.time() < end and self.process.poll() is None:
            try:
                socket.create_connection(('127.0.0.1', self.port), 1).close()
                return True
            except OSError:
                time.sleep(0.03)
        return False

    def stop(self, number=signal.SIGTERM, seconds=30):
        """Send a signal and wait; the exit status, or None when it had to be killed."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None

    def output(self):
        self.log.flush()
        return open(self.log_path, encoding='utf-8', errors='replace').read()

    def resident(self):
        """Kilobytes of memory that the process has in RAM."""
        status = open('/proc/%d/status' % self.process.pid, encoding='ascii').read()
        return int(re.search(r'VmRSS:\s*(\d+)', status).group(1))

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.folder.cleanup()


class Client:
    """One keep-alive connection with a cookie jar of one name each."""

    def __init__(self, port, timeout=60):
        self.connection = http.client.HTTPConnection('127.0.0.1', port, timeout=timeout)
        self.cookies = {}

    def request(self, method, path, fields=None, headers=None):
        """The status and the text of one answer."""
        sent = dict(headers or {})
        if self.cookies:
            sent['Cookie'] = '; '.join('%s=%s' % c for c in self.cookies.items())
        body = None
        if fields is not None:
            body = urllib.parse.urlencode(fields)
            sent['Content-Type'] = 'application/x-www-form-urlencoded'
        self.connection.request(method, path, body, sent)
        answer = self.connection.getresponse()
        for value in answer.headers.get_all('Set-Cookie') or ():
            name, _, rest = value.partition('=')
            self.cookies[name] = rest.split(';')[0]
        return answer.status, answer.read().decode('utf-8', 'replace')

    def token(self):
        status, page = self.request('GET', '/add')
        found = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', page)
        return html.unescape(found.group(1)) if status == 200 and found else None

    def add_user(self, name, email, token=None):
        return self.request('POST', '/add', {'csrf_token': token or self.token(), 'name': name, 'email': email})

    def close(self):
        self.connection.close()


def mixed_load(port, count, seed):
    """`count` requests of every kind; the statuses that were not expected, as texts."""
    client, wrong, token = Client(port), [], None
    # What is asked for, and the statuses it may have.
    steps = (
        lambda n: (client.request('GET', '/')[0], (200,)),
        lambda n: (client.request('GET', '/add')[0], (200,)),
        lambda n: (client.request('POST', '/add', {'csrf_token': token, 'name': '', 'email': 'x'})[0], (200,)),
        lambda n: (client.request('POST', '/add', {'name': 'no token', 'email': 'a@example.com'})[0], (200, 400)),
        lambda n: (client.request('GET', '/no-such-page-%d' % n)[0], (404,)),
        lambda n: (client.request('HEAD', '/')[0], (200,)),
        lambda n: (client.request('DELETE', '/')[0], (405,)),
        lambda n: (client.request('GET', '/static/css/style.css')[0], (200,)),
        lambda n: (client.request('GET', '/?page=%d&q=%%C3%%A9' % n)[0], (200,)),
        lambda n: (client.add_user('User %d' % n, 'u%d-%d@example.com' % (seed, n // 97), token)[0], (200, 302)),
    )
    for n in range(count):
        try:
            token = client.token() if n % 50 == 0 else token
            status, allowed = steps[n % len(steps)](n)
        except (OSError, http.client.HTTPException) as error:
            wrong.append('request %d: %s: %s' % (n, type(error).__name__, error))
            client.close()
            if isinstance(error, ConnectionRefusedError):
                break
            continue
        if status not in allowed:
            wrong.append('request %d: %d, wanted %s' % (n, status, allowed))
    client.close()
    return wrong
