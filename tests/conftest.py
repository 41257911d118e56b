"""What all tests share: an environment with no AWS configuration of the machine they run on."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

for _name in list(os.environ):
    if _name.startswith(("AWS_", "CIRQL_")):
        del os.environ[_name]
os.environ["AWS_CONFIG_FILE"] = os.devnull
os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
# The user's own settings are not the tests': nothing is in a directory that cannot be.
os.environ["XDG_CONFIG_HOME"] = f"{os.devnull}/config"
# Nor is the key of his journal's secrets theirs.
if "XDG_STATE_HOME" not in os.environ or not os.environ["XDG_STATE_HOME"].startswith(tempfile.gettempdir()):
    os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="cirql-state-")
    atexit.register(shutil.rmtree, os.environ["XDG_STATE_HOME"], ignore_errors=True)
