"""What clients of InfluxDB 1.x send, request by request.

Sources: Grafana's InfluxQL data source (pkg/tsdb/influxdb: query.go, model_parser.go; public/app/plugins/
datasource/influxdb: datasource.ts, query_builder.ts, influxql_metadata_query.ts), the `influx` shell 1.6
(cmd/influx/cli: each statement a POST with everything in the URL), python3-influxdb 5.3 (client.py) and
npm's influx 5 (src/index.ts, src/schema.ts).
"""

from urllib.parse import urlencode

START_S = 1_715_000_000
HOSTS = ("web 1", "web-2", "db")

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GO = {"User-Agent": "Go-http-client/1.1", "Accept-Encoding": "gzip"}


def points():
    """Telegraf's cpu and disk for twenty minutes, and a measurement with awkward names."""
    lines = []
    for step in range(120):
        at = (START_S + step * 10) * 10**9
        for number, host in enumerate(HOSTS):
            host = host.replace(" ", "\\ ")
            idle = 100 - (step * 7 + number * 31) % 400 / 4
            lines.append(f"cpu,cpu=cpu-total,host={host} usage_idle={idle},usage_user={100 - idle} {at}")
            if step % 6 == 0:
                lines.append(f'disk,device=sda1,host={host},path=/ free={10**9 - step * 4096}i,fstype="ext4",ro=false {at}')
    lines.append(f"a\\ name,the\\ tag=it's\\ \"it\" the\\ value=1i {START_S * 10**9}")
    return "\n".join(lines)


def grafana():
    bounds = f"time >= {START_S * 1000}ms and time <= {(START_S + 1190) * 1000}ms"
    texts = [
        'SHOW RETENTION POLICIES on "d"', "SHOW MEASUREMENTS LIMIT 1", "SHOW MEASUREMENTS LIMIT 100",
        "SHOW MEASUREMENTS WITH MEASUREMENT =~ /(?i)CP/ LIMIT 100",
        """SHOW MEASUREMENTS WHERE "host" = 'db' LIMIT 100""", 'SHOW FIELD KEYS FROM "cpu"', 'SHOW FIELD KEYS FROM "autogen"."disk"',
        'SHOW FIELD KEYS', 'SHOW TAG KEYS FROM "cpu"', "SHOW TAG KEYS", 'SHOW TAG VALUES FROM "cpu" WITH KEY = "host"',
        """SHOW TAG VALUES FROM "cpu" WITH KEY = "host" WHERE "cpu" = 'cpu-total'""",
        """SHOW TAG VALUES FROM "cpu" WITH KEY = "host" WHERE "host" =~ /^web/""", 'SHOW TAG VALUES WITH KEY = "host"',
        f'SELECT mean("usage_idle") FROM "cpu" WHERE {bounds} GROUP BY time(1m) fill(null)',
        f'SELECT mean("usage_idle") FROM "cpu" WHERE {bounds} GROUP BY time(1m), "host"::tag fill(null)',
        f'SELECT max("usage_idle") AS "top", min("usage_idle") FROM "autogen"."cpu" WHERE ("host"::tag = \'db\') AND {bounds} '
        "GROUP BY time(2m), \"host\" fill(none)",
        f'SELECT mean("usage_idle") / 100 FROM "cpu" WHERE ("host" =~ /^(web 1|db)$/) AND {bounds} GROUP BY time(5m) fill(0)',
        f'SELECT non_negative_derivative(mean("free"), 10s) FROM "disk" WHERE {bounds} GROUP BY time(1m), "path" fill(previous)',
        f'SELECT percentile("usage_user", 95) FROM "cpu" WHERE {bounds} GROUP BY time(5m), * fill(linear)',
        f'SELECT distinct("fstype") FROM "disk" WHERE {bounds}', f'SELECT count("usage_idle") FROM "cpu" WHERE {bounds}',
        f'SELECT last("free") FROM "disk" WHERE {bounds} GROUP BY "host"',
        f"SELECT mean(\"usage_idle\") FROM \"cpu\" WHERE {bounds} GROUP BY time(1h) fill(null) tz('Europe/Berlin')",
        f'SELECT spread("usage_idle"), stddev("usage_idle"), median("usage_idle") FROM "cpu" WHERE {bounds} GROUP BY time(10m) fill(null)',
        f'SELECT moving_average(mean("usage_idle"), 3) FROM "cpu" WHERE {bounds} GROUP BY time(1m) fill(null)',
        f'SELECT cumulative_sum(count("usage_idle")) FROM "cpu" WHERE {bounds} GROUP BY time(2m) fill(null)',
        f'SELECT "usage_idle" FROM "cpu" WHERE {bounds} ORDER BY time DESC LIMIT 5',
        f'SELECT top("usage_idle", 3), "host" FROM "cpu" WHERE {bounds}', f'SELECT * FROM "disk" WHERE {bounds} LIMIT 3',
        'SELECT mean("nosuch") FROM "cpu"', 'SELECT mean("usage_idle" FROM "cpu"', 'SELECT mean("usage_idle") FROM "nosuch"."cpu"',
        f'SELECT mean("usage_idle") FROM "cpu" WHERE {bounds} GROUP BY time(10m); SELECT mean("free") FROM "disk" WHERE {bounds} GROUP BY time(10m)',
        'SELECT sum("top") FROM (SELECT max("usage_idle") AS "top" FROM "cpu" WHERE ' + bounds + ' GROUP BY time(5m), "host") '
        "GROUP BY time(10m)",
    ]
    for text in texts:
        parameters = {"db": "d", "epoch": "ms"}
        yield "grafana, GET: " + text, "GET", "/query?" + urlencode(parameters | {"q": text}), GO, None
        yield "grafana, POST: " + text, "POST", "/query?" + urlencode(parameters), GO | FORM, urlencode({"q": text})
    yield ("grafana with a policy", "GET", "/query?" + urlencode({"db": "d", "epoch": "ms", "rp": "autogen", "q": texts[-1]}), GO, None)


def shell():
    """POST with everything in the URL and no body; chunked answers, times in nanoseconds."""
    texts = ["SHOW DATABASES", "SELECT * FROM cpu LIMIT 3", "SELECT count(*) FROM cpu, disk", "SHOW SERIES", "SHOW MEASUREMENTS",
             "SELECT mean(usage_idle) FROM cpu GROUP BY host", "SELECT * FROM /.*/ WHERE time > now()", "SELECT FROM", "SHOW TAG KEYS",
             'SELECT * FROM "a name"', "SELECT usage_idle FROM cpu", "SHOW FIELD KEYS", "DROP DATABASE nosuch", "SHOW RETENTION POLICIES"]
    for text in texts:
        parameters = {"chunked": "true", "db": "d", "epoch": "ns", "q": text}
        yield "shell: " + text, "POST", "/query?" + urlencode(parameters), GO | {"User-Agent": "InfluxDBShell/1.6.7"}, None
        parameters |= {"pretty": "true", "chunk_size": "5", "epoch": "rfc3339"}
        yield "shell, pretty: " + text, "POST", "/query?" + urlencode(parameters), GO, None


def python():
    """MessagePack is asked for, whatever the version; JSON is taken too."""
    for text, more in (("SELECT * FROM cpu LIMIT 2", {}), ("SELECT mean(usage_idle) FROM cpu GROUP BY host", {"epoch": "s"}),
                       ("SHOW DATABASES", {}), ("SELECT fstype, ro, free FROM disk LIMIT 2", {"epoch": "ms"}), ("SELECT nosuch(a) FROM cpu", {}),
                       ("SELECT", {}), ('SELECT * FROM "a name"', {"epoch": "u"}),
                       ("SELECT usage_idle FROM cpu WHERE host = $host LIMIT 1", {"params": '{"host": "db"}'}),
                       ("SELECT usage_idle FROM cpu LIMIT 3", {"chunked": "true", "chunk_size": "1"})):
        for accept in ("application/x-msgpack", "application/json"):
            headers = {"Accept": accept, "Content-Type": "application/json", "Accept-Encoding": "gzip, deflate"}
            yield f"python, {accept}: {text}", "GET", "/query?" + urlencode({"q": text, "db": "d"} | more), headers, None


def npm():
    """Empty parameters, lower case."""
    for text in ("show databases", "show measurements", 'show tag keys from "cpu"', 'show tag values from "cpu" with key = "host"',
                 'select * from "cpu" where "host" = \'db\' limit 2', 'select count(usage_idle) from cpu group by *;select 1 from cpu',
                 'show series from "disk"', "show retention policies on \"d\"", "show users"):
        for epoch in ("", "ms", "n"):
            parameters = {"db": "d", "epoch": epoch, "q": text, "rp": "", "params": "{}"}
            yield f"npm, epoch {epoch!r}: {text}", "GET", "/query?" + urlencode(parameters), {}, None
    text = 'create database "from npm";show databases;drop database "from npm"'
    yield "npm, POST", "POST", "/query", FORM, urlencode({"db": "", "epoch": "", "q": text, "rp": "", "params": "{}"})


def all_requests():
    for client in (grafana, shell, python, npm):
        yield from client()
