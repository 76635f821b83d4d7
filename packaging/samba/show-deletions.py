#!/usr/bin/python3
"""Lets an account of a Samba domain see who was deleted, which it needs to be told of changes.

    show-deletions.py ACCOUNT [SAM.LDB]

Run it as root on a domain controller. It adds one entry to the access list of CN=Deleted Objects: to list and to read.
`samba-tool dsacl` cannot do that, since it does not find the container. On Windows it is not needed.
"""

import sys

import ldb
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB

SHOW_DELETED = ["show_deleted:1"]
LIST_AND_READ = security.SEC_ADS_LIST | security.SEC_ADS_READ_PROP


def main(account, url=None):
    parameters = LoadParm()
    if url is None:
        parameters.load_default()
        url = parameters.samdb_url()
    database = SamDB(url=url, session_info=system_session(), lp=parameters)
    name = ldb.binary_encode(account)
    found = database.search(expression=f"(sAMAccountName={name})", attrs=["objectSid"])
    if len(found) != 1:
        sys.exit(f"there is no account {account} in {url}")
    entry = security.ace()
    entry.type = security.SEC_ACE_TYPE_ACCESS_ALLOWED
    entry.access_mask = LIST_AND_READ
    entry.trustee = ndr_unpack(security.dom_sid, found[0]["objectSid"][0])
    container = ldb.Dn(database, f"CN=Deleted Objects,{database.domain_dn()}")
    attribute = "nTSecurityDescriptor"
    shown = database.search(container, ldb.SCOPE_BASE, attrs=[attribute], controls=SHOW_DELETED)
    descriptor = ndr_unpack(security.descriptor, shown[0][attribute][0])
    descriptor.dacl_add(entry)
    change = ldb.Message(container)
    change[attribute] = ldb.MessageElement(ndr_pack(descriptor), ldb.FLAG_MOD_REPLACE, attribute)
    database.modify(change, SHOW_DELETED)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
