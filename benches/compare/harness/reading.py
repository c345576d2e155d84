"""P3 and P4: what one user sees, against nginx serving the very bytes of one answer."""

import urllib.request
from contextlib import ExitStack

from .peers import file_server
from .procs import Failed
from .redirect import stack_in

ALERTS = "/api/upsell/v1/users/{}/alerts"
HEADER = "/api/upsell/v1/users/{}/header"
HTML = "text/html"
JSON = "application/json"


def p3(bench):
    """Alerts."""
    _compare(bench, "P3", [("alerts", ALERTS, JSON)])


def p4(bench):
    """The header, in both forms."""
    _compare(bench, "P4", [("header JSON", HEADER, JSON), ("header HTML", HEADER, HTML)])


def _compare(bench, row, cases):
    fleet = bench.redirects()
    cores = bench.server_cores
    with open(fleet.readers) as lines:
        user = next(lines).strip()
    with ExitStack() as stack:
        upsell = stack.enter_context(bench.upsell(fleet, cores))
        token = upsell.token(fleet)
        scratch = bench.directory(row.lower())
        subjects = {}
        for case, path, accept in cases:
            body = upsell.get(path.format(user), token, accept)
            nginx = file_server(scratch, cores, case.replace(" ", "-"), body, accept)
            stack.callback(nginx.file.unlink, missing_ok=True)
            stack_in(stack, nginx)
            served = _body(nginx, path.format(user))
            if served != body:
                raise Failed(f"nginx does not serve the bytes of {case}")
            ours, everyone = _stable(accept, user, body)
            reads = {"path": path, "accept": accept, "bearer": token, "users": fleet.readers}
            for name, server, has in (("nginx file", nginx, ours), ("upsell", upsell, everyone)):
                options = {**reads, "has": has, "length": len(body)}
                subjects[f"{case}: {name}"] = _subject(bench, row, case, name, server, options)
        bench.rounds(row, subjects)


def _stable(accept, user, body):
    """What stands in the one answer that nginx has, and what stands in everybody's."""
    if accept == JSON:
        return f'"user_id":"{user}"', '"user_id":"{}"'
    tag = body.decode().partition(" ")[0]
    return tag, tag


def _body(server, path):
    with urllib.request.urlopen(f"http://{server.address}{path}", timeout=20) as answer:
        return answer.read()


def _subject(bench, row, case, name, server, options):
    length = options.pop("length")
    # Answers are remembered for a minute, and between two rounds more than that goes by: all readers
    # are to have come by again.
    options["warm_up"] = bench.scale.reads_warm_up

    def measure(number):
        result = bench.load("reads", server.address, [server.proc], number=number, **options)
        bench.results.add_load((row, case, name, number), result, [server.proc])
        bench.results.add(row, case, name, number, "body", length, "bytes")

    return measure
