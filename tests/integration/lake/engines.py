"""What an engine reads of a folder of Parquet files: engines.py ENGINE FOLDER prints it as one JSON document.

It runs in the environment that run.py makes. Every engine says the same of each column: how many values there are,
the least, the greatest and the sum (booleans: how many are true), as text that does not depend on the engine.
"""

import decimal
import json
import math
import sys

# A statement for each column would read all files as often.
COLUMNS_AT_ONCE = 200


def text_of(value):
    """Numbers by their value, whatever type the engine gives them."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, decimal.Decimal)):
        return str(int(value))
    if isinstance(value, float):
        return "nan" if math.isnan(value) else repr(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


def sum_text(value):
    """Engines add floats in an order of their own."""
    return f"{value:.9g}" if isinstance(value, float) else text_of(value)


def duckdb_terms(name, kind):
    """Count, least, greatest and sum."""
    quoted = '"' + name.replace('"', '""') + '"'
    value = f"epoch_us({quoted})" if kind.startswith("TIMESTAMP") else quoted
    # DuckDB orders NaN behind all numbers; Parquet, and the other engines, leave it out.
    chosen = value if kind != "DOUBLE" else f"CASE WHEN isnan({value}) THEN NULL ELSE {value} END"
    summed = f"sum({value})"
    if kind == "BOOLEAN":
        summed = f"count(*) FILTER ({quoted})"
    elif kind in ("VARCHAR", "DATE"):
        summed = f"sum(length(CAST({quoted} AS VARCHAR)))"
    elif kind == "BIGINT":
        summed = f"sum(CAST({value} AS HUGEINT))"
    return f"count({quoted})", f"min({chosen})", f"max({chosen})", summed


def duckdb_facts(folder):
    import duckdb
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    source = f"read_parquet('{folder}/**/*.parquet', hive_partitioning = true, union_by_name = true)"
    kinds = {row[0]: row[1] for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
    columns = {}
    names = list(kinds)
    for begin in range(0, len(names), COLUMNS_AT_ONCE):
        asked = names[begin:begin + COLUMNS_AT_ONCE]
        terms = ", ".join(term for name in asked for term in duckdb_terms(name, kinds[name]))
        found = connection.execute(f"SELECT {terms} FROM {source}").fetchone()
        for i, name in enumerate(asked):
            count, least, greatest, total = found[4 * i:4 * i + 4]
            columns[name] = [count, text_of(least), text_of(greatest), sum_text(total)]
    rows = connection.execute(f"SELECT count(*) FROM {source}").fetchone()[0]
    return {"version": duckdb.__version__, "rows": rows, "columns": columns}


def table_facts(table, version):
    """Of a table of Arrow, which pyarrow has and Polars gives."""
    import pyarrow
    import pyarrow.compute
    columns = {}
    for name in table.column_names:
        column = table[name]
        if pyarrow.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pyarrow.types.is_timestamp(column.type):
            column = column.cast(pyarrow.timestamp("us", column.type.tz)).cast(pyarrow.int64())
        count = len(column) - column.null_count
        # Python's numbers do not overflow.
        present = [value for value in column.to_pylist() if value is not None]
        ordered = [value for value in present if not (isinstance(value, float) and math.isnan(value))]
        if pyarrow.types.is_boolean(column.type):
            total = sum(present)
        elif present and isinstance(present[0], str):
            total = sum(len(value) for value in present)
        elif present and hasattr(present[0], "isoformat"):
            total = sum(len(value.isoformat()) for value in present)
        else:
            total = sum(present) if present else None
        columns[name] = [count, text_of(min(ordered, default=None)), text_of(max(ordered, default=None)),
                         sum_text(total if present or pyarrow.types.is_boolean(column.type) else None)]
    return {"version": version, "rows": len(table), "columns": columns}


def polars_facts(folder):
    import polars
    frame = polars.scan_parquet(f"{folder}/**/*.parquet", hive_partitioning=True).collect()
    return table_facts(frame.to_arrow(), polars.__version__)


def pyarrow_facts(folder):
    import pyarrow
    import pyarrow.dataset
    table = pyarrow.dataset.dataset(folder, format="parquet", partitioning="hive").to_table()
    return table_facts(table, pyarrow.__version__)


def main():
    engine, folder = sys.argv[1:]
    readers = {"duckdb": duckdb_facts, "polars": polars_facts, "pyarrow": pyarrow_facts}
    json.dump(readers[engine](folder), sys.stdout)


if __name__ == "__main__":
    main()
