"""The loss when parts of the site go down, and the dependencies of each part: for `what-if`.

parts      what went down already, and what goes down with it
failover   which guests high availability starts again, and where
outage     the consequences for names, addresses, backups and capacity
needs      what one resource depends on
"""
