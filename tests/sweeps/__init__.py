"""Tests over every table or operation of the catalog; `make sweep` prints what they counted."""
