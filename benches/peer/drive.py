"""A run of AzureADConnect_Samba4 as it is, but for whom it talks to: the sandbox tenant instead of Microsoft.

Usage: drive.py FOLDER CONFIGURATION BASE: where the program is, its own settings, and the address of the tenant.

Replaced are the library that gets tokens, by a smaller one that costs it less, and the hosts in addresses. It says a
newer build number, since the sandbox refuses its own, as Microsoft has announced of the service. What the sandbox does
not take from it is left out: switching on directory synchronisation and the feature for passwords, both of which are
on, and `accountEnabled` of groups. All of that is in its favour.
"""

import runpy
import sys

import msal
import requests

SERVICES = ("https://graph.microsoft.com/", "https://adminwebservice.microsoftonline.com/")
SYNCHRONIZATION = "6bf85cfa-ac8a-4be5-b5de-425a0d0dc016/.default"

send = requests.Session.request


def send_to_tenant(session, method, url, **more):
    for service in SERVICES:
        if url.startswith(service):
            url = f"{base}/{url[len(service):]}"
    if not url.startswith(f"{base}/"):
        raise ValueError(f"nothing is to be sent to {url}")
    return send(session, method, url, **more)


class Tokens:
    """As much of `msal.PublicClientApplication` as is asked for: somebody has signed in before."""

    def __init__(self, _client, authority, **_):
        self.tenant = authority.rpartition("/")[2]
        self.tokens = {}

    def get_accounts(self):
        return [{"realm": self.tenant}]

    def acquire_token_silent(self, scopes, account):
        resource = SYNCHRONIZATION if "graph.windows.net" in scopes[0] else scopes[0]
        if resource not in self.tokens:
            question = {
                "grant_type": "client_credentials",
                "client_id": "00000000-0000-0000-0000-000000000001",
                "client_secret": "anything",
                "scope": resource,
            }
            answer = requests.post(f"{base}/{account['realm']}/oauth2/v2.0/token", data=question)
            answer.raise_for_status()
            self.tokens[resource] = answer.json()
        return self.tokens[resource]


def make(service, **entry):
    if entry["usertype"] == "Group":
        entry["accountEnabled"] = None
    return make_anything(service, **entry)


folder, configuration, base = sys.argv[1:]
requests.Session.request = send_to_tenant
msal.PublicClientApplication = Tokens
sys.path.insert(0, folder)
# Only now can it be found.
from AADInternals_python import AADInternals

AADInternals.aadsync_client_build = "2.6.84.0"
calls = AADInternals.AADInternals
make_anything = calls.set_azureadobject
calls.set_azureadobject = make
calls.set_adsyncenabled = lambda self, enabledirsync: None
calls.set_sync_features = lambda self, enable_features: None
sys.argv = [f"{folder}/run_sync.py", "--conf", configuration]
runpy.run_path(sys.argv[0], run_name="__main__")
