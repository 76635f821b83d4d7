"""Adds people with made-up password hashes to the database of a Samba domain controller that is not running.

Usage: fill.py SMB_CONF ACCOUNTS [GROUPS]. Needs Samba's own Python modules. Nobody knows passwords that have these
hashes. If there are groups, everybody is a member of one.
"""

import os
import sys

from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

# A value of `unicodePwd` is the hash and not the password: there are no keys to derive, which is most of the work.
VALUES_ARE_HASHES = "local_oid:1.3.6.1.4.1.7165.4.3.9:0"


def person(number, base):
    account = f"user{number:06}"
    return {
        "dn": name_of(number, base),
        "objectClass": "user",
        "sAMAccountName": account,
        "userAccountControl": "512",
        "userPrincipalName": f"{account}@example.com",
        "mail": f"{account}@example.com",
        "proxyAddresses": f"SMTP:{account}@example.com",
        "givenName": "User",
        "sn": f"Number {number}",
        "displayName": f"User Number {number}",
        "title": "Clerk",
        "department": f"Department {number % 7}",
        "company": "Example",
        "physicalDeliveryOfficeName": f"Office {number % 3}",
        "streetAddress": f"Long Street {number % 90}",
        "telephoneNumber": f"+49 30 {number:06}",
        "mobile": f"+49 170 {number:06}",
        "employeeID": f"{number:06}",
        "unicodePwd": os.urandom(16),
    }


def name_of(number, base):
    return f"CN=User {number:06},OU=Staff,{base}"


def group(number, members, base):
    return {
        "dn": f"CN=Group {number:03},OU=Groups,{base}",
        "objectClass": "group",
        "sAMAccountName": f"group{number:03}",
        "description": f"Made-up group {number}",
        "member": [name_of(member, base) for member in members],
    }


def main(configuration, accounts, groups=0):
    settings = LoadParm(filename_for_non_global_lp=configuration)
    # Otherwise each addition takes longer than the one before.
    options = ["batch_mode:1"]
    url = settings.private_path("sam.ldb")
    database = SamDB(url=url, lp=settings, session_info=system_session(settings), options=options)
    base = database.domain_dn()
    database.transaction_start()
    database.create_ou(f"OU=Staff,{base}")
    for number in range(accounts):
        database.add(person(number, base), [VALUES_ARE_HASHES])
    if groups:
        database.create_ou(f"OU=Groups,{base}")
    for number in range(groups):
        database.add(group(number, range(number, accounts, groups), base))
    database.transaction_commit()


main(sys.argv[1], *map(int, sys.argv[2:]))
