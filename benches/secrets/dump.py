"""impacket's secretsdump.py as it is, but for one thing: Samba 4.17 refuses its table of attribute prefixes.

Usage: dump.py SECRETSDUMP ARGUMENTS. So it asks without one, by the numbers that everybody knows ([MS-DRSR] 5.16.4).
"""

import runpy
import sys

from impacket.dcerpc.v5 import drsuapi

KNOWN_PREFIXES = {"2.5.4": 0, "1.2.840.113556.1.2": 2, "1.2.840.113556.1.4": 9}


def known_number(_table, oid):
    prefix, last = oid.rsplit(".", 1)
    number = drsuapi.ATTRTYP()
    number["Data"] = KNOWN_PREFIXES[prefix] << 16 | int(last)
    return number


drsuapi.MakeAttid = known_number
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
