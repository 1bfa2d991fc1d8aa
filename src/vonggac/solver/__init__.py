"""The roster solver in a process of its own: started with a time limit, heard while it runs, killed without a trace.

`process.plan`, `process.repair` and `process.arrange` run it; `python -m vonggac.solver` is the other side. One
request goes in as a line of JSON, `messages` says what comes out.
"""
