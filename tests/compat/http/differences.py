"""Answers that are not InfluxDB 1.6.7's on purpose: name of the case -> reason.

A case that is listed here and equal all the same fails: the list says what is.
"""

DIFFERENCES = {
    "show databases as application/csv": "1.8 answers in the type that was asked for, 1.6.7 always text/csv",
    "several formats wanted": "1.8 looks for the first of several types that it knows, 1.6.7 compares the whole field",
    "a point as MessagePack in chunks": "JSON: the Python client always asks for MessagePack and cannot read several "
                                        "documents of it",
    "auth: a token of an array": "words of our own where a part of a token is no JSON object",
    "auth: a reader of db: CREATE CONTINUOUS QUERY q ON db BEGIN SELECT mean(v) INTO x FROM m GROUP BY time(1m) END":
        "a continuous query takes what its SELECT takes: InfluxDB lets a reader write by one",
    "auth: a reader of db: SHOW FIELD KEY CARDINALITY ON other": "InfluxDB counts for everybody where FROM is left out",
    "auth: a reader of db: SHOW SERIES ON db FROM other..m":
        "a source of another database is read there; InfluxDB looks at the one behind ON only",
    "auth: a reader of db: SHOW CONTINUOUS QUERIES": "those of databases that one may see",
}

# Parts of any answer that are equal only in form.
#   Date                     the time
#   Request-Id, X-Request-Id  a UUID, unless the client sent one
#   X-Influxdb-Version       1.8.10+sluice.x against 1.6.7: clients are promised the 1.8 API
#   Allow                    Go walks a map: the order is random there; OPTIONS is answered everywhere, as since 1.9
#   Access-Control-Allow-Headers  with User-Agent, as since 1.9
#   partial write: ...        says database and policy at its end, as since 1.12
