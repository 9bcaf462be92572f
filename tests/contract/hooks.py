"""What schemathesis has to be told in Python: how an archive is sent."""

import schemathesis


@schemathesis.serializer("application/zip")
def archive(context, value):
    return value if isinstance(value, bytes) else str(value).encode()
