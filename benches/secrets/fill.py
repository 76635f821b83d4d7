"""Adds accounts with made-up password hashes to the database of a Samba domain controller that is not running.

Usage: fill.py SMB_CONF ACCOUNTS. Needs Samba's own Python modules. Nobody knows passwords that have these hashes.
"""

import os
import sys

from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

# A value of `unicodePwd` is the hash and not the password: there are no keys to derive, which is most of the work.
VALUES_ARE_HASHES = "local_oid:1.3.6.1.4.1.7165.4.3.9:0"


def main(configuration, accounts):
    settings = LoadParm(filename_for_non_global_lp=configuration)
    # Otherwise each addition takes longer than the one before.
    options = ["batch_mode:1"]
    url = settings.private_path("sam.ldb")
    database = SamDB(url=url, lp=settings, session_info=system_session(settings), options=options)
    base = database.domain_dn()
    database.transaction_start()
    database.create_ou(f"OU=Staff,{base}")
    for number in range(accounts):
        account = {
            "dn": f"CN=User {number:06},OU=Staff,{base}",
            "objectClass": "user",
            "sAMAccountName": f"user{number:06}",
            "userAccountControl": "512",
            "unicodePwd": os.urandom(16),
        }
        database.add(account, [VALUES_ARE_HASHES])
    database.transaction_commit()


main(sys.argv[1], int(sys.argv[2]))
