"""What schemathesis does not know by itself."""

import json

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def one_record_per_line(ctx, value):
    """Newline-delimited JSON, in the document a text."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", errors="replace")
