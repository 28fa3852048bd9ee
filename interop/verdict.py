"""How a table row of the HTTP/1.1 suite is judged.

Every row is one request, sent in one write together with a second, well-formed request (the sentinel). A request that
is understood gives two responses; a refused one gives exactly one, with `Connection: close`, and the connection ends.
A third outcome, a sentinel answered after a refusal, or a request answered twice, is what request smuggling is made of.
"""

import collections

from harness import Failed, check, converse

SENTINEL = b"GET /plaintext HTTP/1.1\r\nHost: sentinel\r\nConnection: close\r\n\r\n"

Row = collections.namedtuple("Row", "name where data accept refuse silent partial body method may_close")


def row(name, where, data, accept=(), refuse=(), silent=False, partial=False, body=None, method="GET", may_close=False):
    """
    accept: statuses that answer the request, after which the sentinel must be answered
    refuse: statuses that end the connection
    silent: the connection may also end without a response
    partial: the response may have been under way when the fault was seen; it is then cut off, visibly
    body: what an accepted response holds
    may_close: an accepted request may also be the last one, if the response says so
    """
    if isinstance(data, str):
        data = data.encode("latin-1")
    as_set = lambda value: {value} if isinstance(value, int) else set(value)
    return Row(name, where, data, as_set(accept), as_set(refuse), silent, partial, body, method, may_close)


def expectation(item):
    parts = []
    if item.accept:
        parts.append("accepted with %s" % sorted(item.accept))
    if item.refuse:
        parts.append("refused with %s and a closed connection" % sorted(item.refuse))
    if item.silent:
        parts.append("closed silently")
    if item.partial:
        parts.append("a response cut off")
    return " or ".join(parts)


def judge(server, item):
    with server.connect() as connection:
        connection.send(item.data + SENTINEL)
        outcome = converse(connection, [item.method])
    try:
        verdict(item, outcome)
    except Failed as cause:
        raise Failed("expected %s; got %s: %s" % (expectation(item), outcome, cause))


def verdict(item, outcome):
    responses = outcome.responses
    check(outcome.end != "still open", "the connection stays open")
    if outcome.end == "truncated":
        check(item.partial and not responses, "cut off")
        check(outcome.partial is None or outcome.partial.status in {200} | item.refuse, "the wrong status was cut off")
        return
    if not responses:
        check(item.silent, "no response")
        return
    first = responses[0]
    if len(responses) == 1:
        if item.may_close or first.status >= 400:
            allowed = item.refuse | item.accept
        else:
            allowed = item.refuse
        check(first.status in allowed, "one response, wrong status or not enough of them")
        # A response that was sent before the fault in an unread body could be seen cannot announce the close.
        early = item.partial and first.status in (404, 405)
        check(first.closes or early, "the last response lacks Connection: close (RFC 9112 9.6)")
        check(first.status < 400 or first.get("Date"), "no Date")
        return
    check(len(responses) == 2, "%d responses to two requests" % len(responses))
    check(first.status in item.accept, "the request was understood with a wrong status")
    if item.body is not None and first.status == 200:
        check(first.body == item.body, "wrong body: %r instead of %r" % (first.body[:60], item.body[:60]))
    second = responses[1]
    check(second.status == 200 and second.body == b"Hello, World!", "the next request was misread")


def add_rows(suite, rows):
    for item in rows:
        suite.add(item.name, item.where, lambda server, item=item: judge(server, item))
