"""Notebooks: `%load_ext cirql`, then `%%cirql` in front of a cell of SQL.

magics     the commands of a cell, and the session that they share
answer     what a cell gives: rows, failures and cost as a notebook shows them, and its chart
"""
