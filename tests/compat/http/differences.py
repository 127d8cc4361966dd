"""Answers that are not InfluxDB 1.6.7's on purpose: name of the case -> reason.

A case that is listed here and equal all the same fails: the list says what is.
"""

DIFFERENCES = {
    "show databases as application/csv": "1.8 answers in the type that was asked for, 1.6.7 always text/csv",
    "several formats wanted": "1.8 looks for the first of several types that it knows, 1.6.7 compares the whole field",
    "a point as MessagePack in chunks": "JSON: the Python client always asks for MessagePack and cannot read several "
                                        "documents of it",
}

# Parts of any answer that are equal only in form.
#   Date                     the time
#   Request-Id, X-Request-Id  a UUID, unless the client sent one
#   X-Influxdb-Version       1.8.10+sluice.x against 1.6.7: clients are promised the 1.8 API
#   Allow                    Go walks a map: the order is random there; OPTIONS is answered everywhere, as since 1.9
#   Access-Control-Allow-Headers  with User-Agent, as since 1.9
