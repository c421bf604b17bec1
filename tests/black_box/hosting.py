"""A web application: what it was asked, its environment, and the health that a file beside it says."""

import http.server
import json
import os
import signal
import sys

PORT = int(os.environ["PORT"])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("Content-Length", 0))
        chunked = self.headers.get("Transfer-Encoding", "") == "chunked"
        body = self.chunks() if chunked else self.rfile.read(length)
        health = open("health").read() if os.path.exists("health") else "200"
        status = int(health) if self.path == "/health" else 200
        told = {"path": self.path, "method": self.command, "body": len(body), "pid": os.getpid(),
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "environment": dict(os.environ)}
        text = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Connection", "keep-alive, x-of-connection")
        self.send_header("X-Of-Connection", "kept")
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else text)

    def chunks(self):
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    do_GET = do_POST = do_HEAD = answer


if os.path.exists("deaf"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.path.exists("crash"):
    print("no database at db.example", flush=True)
    sys.exit(3)
print("listening", flush=True)
http.server.ThreadingHTTPServer(("0.0.0.0", PORT), Handler).serve_forever()
