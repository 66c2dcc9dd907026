"""An embedded Toxiproxy: its HTTP API and its toxics, for machines where the real server is not installed.

    python -m pytest_agentchaos.wires.toxiproxy -port 0        prints `listening on http://127.0.0.1:PORT`

    api.py        what is asked for -> what is done          http_door.py   requests in, replies out
    proxies.py    all proxies, by name                       go_json.py     JSON as Go reads and writes it
    proxy.py      a port, and the connections through it     addresses.py   host:port as Go reads it; what is refused
    connection.py a client and its upstream                  lease.py       heals when the controller is gone
    direction.py  one way of a connection                    limits.py      how many connections there may be
    stage.py      one toxic in one direction, under way      toxics/        one toxic a module

A toxic is a short program of steps, as a fault is; a stage carries it out. So no toxic sees a socket, a timer or a
task, and a toxic can be added, changed and removed in mid-stream without a byte lost or out of order.

docs/toxiproxy.md says how it is used and lists everything in which it differs from the real one.
"""
