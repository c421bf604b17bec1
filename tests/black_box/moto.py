"""moto's server. It looks through a folder twice in each call to know its services, which is half of the call: here it
looks once."""

from moto import backends, server

names = tuple(backends.list_of_moto_modules())
backends.list_of_moto_modules = lambda: names
server.main()
