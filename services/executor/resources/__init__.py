"""Resources of any type that AWS Cloud Control API manages: what a step on one needs, sends, waits for and undoes.

Door: the operations in `operations/resources`; `requests.carry_out` carries one request out, `state` reads a resource.
"""
