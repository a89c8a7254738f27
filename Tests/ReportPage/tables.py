"""Loads every CSV of result folders without options, as pandas, DuckDB and Python's own reader do.

They must agree on columns and rows, take figures for figures, and what wasn't measured for nothing rather than 0.
"""
import csv
import pathlib
import sys

import duckdb
import pandas

def is_figure(field):
    try:
        float(field)
        return True
    except ValueError:
        return False


def complaints(path):
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file, strict=True))
    frame = pandas.read_csv(path)
    table = duckdb.sql(f"SELECT * FROM '{path}'")
    if list(frame.columns) != header:
        yield f"pandas has other columns: {list(frame.columns)}"
    if table.columns != header:
        yield f"DuckDB has other columns: {table.columns}"
    if len(frame) != len(rows):
        yield f"pandas has {len(frame)} rows of {len(rows)}"
    found = table.fetchall()
    if len(found) != len(rows):
        yield f"DuckDB has {len(found)} rows of {len(rows)}"
    for index, name in enumerate(header):
        fields = [row[index] for row in rows]
        empty = sum(1 for field in fields if field == "")
        if frame[name].isna().sum() != empty:
            yield f"{name}: pandas has {frame[name].isna().sum()} missing values of {empty}"
        values = [row[index] for row in found]
        # DuckDB leaves an empty field of a column of texts a text.
        if sum(1 for value in values if value is None or value == "") != empty:
            yield f"{name}: DuckDB has other missing values than the {empty} that are empty"
        if empty == len(fields) or not all(is_figure(field) for field in fields if field):
            continue
        if not pandas.api.types.is_numeric_dtype(frame[name]):
            yield f"{name}: no figures to pandas but {frame[name].dtype}"
        kind = str(table.types[index])
        if not any(word in kind for word in ("INT", "DOUBLE", "DECIMAL")):
            yield f"{name}: no figures to DuckDB but {kind}"
            continue
        for field, value, other in zip(fields, values, frame[name]):
            if field and not (float(field) == float(value) and abs(float(field) - other) <= 1e-9 * abs(float(field))):
                yield f"{name}: {field} was read as {value} and {other}"
                break


failed = 0
files = [path for folder in sys.argv[1:] for path in sorted(pathlib.Path(folder).glob("*.csv"))]
for path in files:
    for complaint in complaints(path):
        failed = 1
        print(f"{path}: {complaint}")
print(f"{len(files)} tables loaded by pandas {pandas.__version__} and DuckDB {duckdb.__version__}")
sys.exit(failed or not files)
