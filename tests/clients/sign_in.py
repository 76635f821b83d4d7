"""Microsoft's sign-in library for Python (msal) against a sandbox tenant: people with name and password.

It discovers the authority and the realm by itself. Nothing here knows the sandbox's insides.
"""

import sys
import unicodedata
import uuid
from urllib.parse import urlsplit

import requests
from msal import ConfidentialClientApplication, PublicClientApplication
from requests.adapters import HTTPAdapter

TENANT = "contoso.onmicrosoft.com"
CLIENT_ID = "11111111-2222-3333-4444-555555555555"
SECRET = "any-secret"
DEFAULT = ["https://graph.microsoft.com/.default"]
# With a letter, a sign of two bytes and one that takes a surrogate pair in UTF-16.
PASSWORD = "Quiet-Harbour-42 für 🦀"


class UsualPort(HTTPAdapter):
    """Asked for the realm, the library forgets the port of the authority. The sandbox has another than 443."""

    def __init__(self, base):
        super().__init__()
        self.base = base

    def send(self, request, **options):
        parts = urlsplit(request.url)
        request.url = f"{self.base}{parts.path}?{parts.query}"
        return super().send(request, **options)


def http_of(base):
    session = requests.Session()
    session.mount(f"https://{urlsplit(base).hostname}/", UsualPort(base))
    return session


class Story:
    """The steps, in order; each builds on those before it."""

    def __init__(self, base):
        self.base = base
        self.http = http_of(base)
        common = {"authority": f"{base}/{TENANT}", "instance_discovery": False, "http_client": self.http}
        self.admin = ConfidentialClientApplication(CLIENT_ID, client_credential=SECRET, **common)
        self.desk = PublicClientApplication(CLIENT_ID, **common)
        self.name = f"py-{uuid.uuid4().hex[:8]}@contoso.com"

    def graph(self, method, path, token, **options):
        headers = {"Authorization": f"Bearer {token}"}
        return self.http.request(method, f"{self.base}/v1.0{path}", headers=headers, **options)

    def sign_in(self, name, password, scopes=("User.Read",)):
        return self.desk.acquire_token_by_username_password(name, password, scopes=list(scopes))

    def an_app_creates_somebody(self):
        token = self.admin.acquire_token_for_client(DEFAULT)["access_token"]
        person = {
            "accountEnabled": True,
            "displayName": "Py",
            "mailNickname": "py",
            "userPrincipalName": self.name,
            "passwordProfile": {"password": PASSWORD, "forceChangePasswordNextSignIn": False},
        }
        assert self.graph("POST", "/users", token, json=person).status_code == 201

    def the_right_password_gives_a_token_of_that_person(self):
        for scopes in (["User.Read"], DEFAULT):
            result = self.sign_in(self.name, PASSWORD, scopes)
            assert "access_token" in result, result
            me = self.graph("GET", "/me", result["access_token"])
            assert (me.status_code, me.json()["userPrincipalName"]) == (200, self.name)
            assert self.graph("GET", "/users", result["access_token"]).status_code == 403

    def a_wrong_password_gives_none(self):
        for wrong in (PASSWORD.lower(), PASSWORD + " ", unicodedata.normalize("NFD", PASSWORD)):
            result = self.sign_in(self.name, wrong)
            assert "access_token" not in result
            assert (result["error"], result["error_codes"]) == ("invalid_grant", [50126]), result

    def nobody_has_no_password(self):
        result = self.sign_in("nobody@contoso.com", PASSWORD)
        assert (result["error"], result["error_codes"]) == ("invalid_grant", [50034]), result


def main(base):
    story = Story(base)
    passed = failed = 0
    for name in [it for it in vars(Story) if not it.startswith("_") and it not in ("graph", "sign_in")]:
        try:
            getattr(story, name)()
            passed += 1
        except Exception as error:
            failed += 1
            print(f"msal: {name}: {type(error).__name__}: {error}")
    print(f"msal: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
