"""moto_server whose ECS tasks have loopback addresses: 127.42.0.1, 127.42.0.2 and so on.

moto gives the network interface of an awsvpc task a random address in 10.0.0.0/8, behind which nothing can be
started. On Linux all of 127.0.0.0/8 is this machine, so a real exporter can listen on the address of a moto task.
"""

import ipaddress
import sys

import moto.ecs.models
from moto.server import main

addresses = ipaddress.ip_network("127.42.0.0/16").hosts()
moto.ecs.models.random_private_ip = lambda: str(next(addresses))

sys.exit(main())
