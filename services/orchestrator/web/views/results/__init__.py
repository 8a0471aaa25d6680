"""Results of tools as tables, charts and files to download.

`tables.py` finds the tables in a result, `charts.py` draws what people would rather look at, `export.py` writes CSV.
"""
