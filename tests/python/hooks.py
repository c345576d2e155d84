"""What schemathesis does not know by itself."""

import json

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def one_record_per_line(ctx, value):
    """Newline-delimited JSON, in the document a text."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", errors="replace")


# A head of more than some 40 KiB is refused by the HTTP library itself, before there is a dialect
# whose envelope it could get: `server_limits.rs` looks at those.
MAX_QUERY_CHARS = 2000


@schemathesis.hook
def filter_query(ctx, query):
    """Only queries that reach the service."""
    return len(str(query)) <= MAX_QUERY_CHARS
