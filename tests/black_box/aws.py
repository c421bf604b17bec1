"""The AWS CLI, started once: each line of input is a command's words, each line of output what it did.

`s3api get-object` takes the bodies of all later downloads of this process: `s3 cp` doesn't."""

import contextlib
import io
import json
import sys

from awscli.clidriver import create_clidriver

driver = create_clidriver()
for line in sys.stdin:
    said, told = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(told):
        try:
            code = driver.main(json.loads(line))
        except SystemExit as end:
            code = end.code
    print(json.dumps([code, said.getvalue(), told.getvalue()]), flush=True)
