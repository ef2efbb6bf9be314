"""Runs inside the emulator's own environment: MiniStack, with its Runtime API answering without delay.

Its Runtime API server writes headers and body in two segments; with Nagle's algorithm on, the second one waits 40 ms
for the client's delayed acknowledgement on every call.
"""

import runpy
import socketserver

if __name__ == "__main__":
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
    runpy.run_module("ministack", run_name="__main__")
