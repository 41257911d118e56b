"""Writes: what a statement would change, whether it may, and carrying it out so that nothing is lost or done twice.

* `change`: one create / update / delete, made from a row and checked against the schema (`values`, `checks`, `patch`)
* `plan`: all changes of a statement or transaction, in the order they must happen (`order`, `explain`)
* `journal`: what was decided and how far it came, on disk before anything is sent
* `apply`: submit, poll, serialise, retry; resume after a crash
* `writer`: the way of a statement through all of these
"""
