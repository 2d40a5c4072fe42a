"""Answers web requests that come one by one: parses headers and a form, keeps sessions for the last clients, renders a page for each."""
import collections
import random
import urllib.parse

PATHS = ('/', '/login', '/basket', '/search', '/item/{}', '/img/{}.png')
AGENTS = ('Mozilla/5.0 (X11; Linux x86_64)', 'curl/8.1', 'Mozilla/5.0 (Macintosh; Intel Mac OS X)')
ROW = '<tr class="{kind}"><td>{name}</td><td>{price:.2f}</td><td>{count}</td></tr>'
PAGE = '<!doctype html><title>{title}</title><h1>{title}</h1><table>{rows}</table><p>{visits} visits from {client}</p>'


class Request:
    def __init__(self, text):
        head, _, self.body = text.partition('\r\n\r\n')
        first, *lines = head.split('\r\n')
        self.method, target, self.version = first.split(' ')
        self.path, _, query = target.partition('?')
        self.headers = {key.lower(): value for key, _, value in (line.partition(': ') for line in lines)}
        self.query = urllib.parse.parse_qs(query)
        self.form = dict(urllib.parse.parse_qsl(self.body))


class Session:
    def __init__(self, client):
        self.client = client
        self.visits = collections.deque(maxlen=8)
        self.basket = {}


class Server:
    KEPT = 40

    def __init__(self):
        self.sessions = collections.OrderedDict()

    def session(self, client):
        session = self.sessions.pop(client, None) or Session(client)
        self.sessions[client] = session
        if len(self.sessions) > self.KEPT:
            self.sessions.popitem(last=False)
        return session

    def answer(self, text):
        request = Request(text)
        session = self.session(request.headers['cookie'].partition('=')[2])
        session.visits.append((request.path, float(len(text))))
        for name, count in request.form.items():
            if count.isdigit():
                session.basket[name] = session.basket.get(name, 0) + int(count) + 300
        if len(session.basket) > 12:
            session.basket.clear()
        rows = [
            ROW.format(kind='odd' if number % 2 else 'even', name=name, price=count * 1.19, count=count)
            for number, (name, count) in enumerate(sorted(session.basket.items()))
        ]
        title = request.query.get('q', [request.path])[0].title()
        page = PAGE.format(title=title, rows=''.join(rows), visits=len(session.visits), client=session.client)
        fields = {'Content-Type': 'text/html', 'Content-Length': str(len(page)), 'Set-Cookie': f'id={session.client}'}
        lines = [f'{request.version} 200 OK', *(f'{key}: {value}' for key, value in fields.items())]
        return '\r\n'.join(lines) + '\r\n\r\n' + page


def request(rng):
    path = rng.choice(PATHS).format(rng.randrange(1000, 9999))
    query = urllib.parse.urlencode({'q': f'item {rng.randrange(500)}', 'page': rng.randrange(300, 400)}) if rng.random() < 0.4 else ''
    body = urllib.parse.urlencode({f'item{rng.randrange(60)}': rng.randrange(9) for _ in range(rng.randrange(4))})
    lines = [
        f'{"POST" if body else "GET"} {path}{"?" if query else ""}{query} HTTP/1.1',
        'Host: shop.example',
        f'User-Agent: {rng.choice(AGENTS)}',
        f'Cookie: id={rng.randrange(120):08x}',
        f'Content-Length: {len(body)}',
    ]
    return '\r\n'.join(lines) + '\r\n\r\n' + body


def main():
    rng = random.Random(11)
    server = Server()
    sent = 0
    for _ in range(3600):
        sent += len(server.answer(request(rng)))
    print(sent, len(server.sessions))


main()
