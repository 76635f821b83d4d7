"""Microsoft's Python libraries (msgraph-sdk, azure-identity) against a sandbox tenant.

They list, page, create, update, batch, follow deltas and read errors. Nothing here knows the sandbox's insides.
"""

import asyncio
import os
import ssl
import sys
import uuid

import httpx
from azure.identity import ClientSecretCredential
from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.assigned_license import AssignedLicense
from msgraph.generated.models.group import Group
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.reference_update import ReferenceUpdate
from msgraph.generated.models.unified_role_assignment import UnifiedRoleAssignment
from msgraph.generated.models.user import User
from msgraph.generated.role_management.directory.role_assignments.role_assignments_request_builder import (
    RoleAssignmentsRequestBuilder,
)
from msgraph.generated.users.item.assign_license.assign_license_post_request_body import (
    AssignLicensePostRequestBody,
)
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core import GraphClientFactory
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem
from msgraph_core.tasks.page_iterator import PageIterator

TENANT = "contoso.onmicrosoft.com"
CLIENT_ID = "11111111-2222-3333-4444-555555555555"
SECRET = "any-secret"
SCOPE = "https://graph.microsoft.com/.default"


class SandboxTokens(AccessTokenProvider):
    """Tokens of the sandbox's token endpoint, fetched by azure-identity."""

    def __init__(self, base):
        self.credential = ClientSecretCredential(
            TENANT, CLIENT_ID, SECRET, authority=base, disable_instance_discovery=True
        )

    async def get_authorization_token(self, uri, additional_authentication_context=None):
        return self.credential.get_token(SCOPE).token

    def get_allowed_hosts_validator(self):
        return AllowedHostsValidator([])


def client_of(base):
    verify = ssl.create_default_context(cafile=os.environ["REQUESTS_CA_BUNDLE"])
    http = GraphClientFactory.create_with_default_middleware(
        client=httpx.AsyncClient(verify=verify, trust_env=False, timeout=30)
    )
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(SandboxTokens(base)), client=http)
    adapter.base_url = f"{base}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


def person(name):
    return User(
        account_enabled=True,
        display_name=name,
        mail_nickname=name,
        user_principal_name=f"{name}@contoso.com",
        password_profile=PasswordProfile(password="Quiet-Harbour-42", force_change_password_next_sign_in=False),
    )


def reference(client, object_id):
    return f"https://graph.microsoft.com/v1.0/directoryObjects/{object_id}"


class Story:
    """The steps, in order; each builds on those before it."""

    def __init__(self, client):
        self.client = client
        self.mark = uuid.uuid4().hex[:8]
        self.ids = []
        self.group = None

    async def users_are_created(self):
        for number in range(5):
            made = await self.client.users.post(person(f"py{number}-{self.mark}"))
            assert made.user_principal_name == f"py{number}-{self.mark}@contoso.com"
            self.ids.append(made.id)

    async def users_are_listed_page_by_page(self):
        query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(select=["id", "displayName"], top=2)
        first = await self.client.users.get(RequestConfiguration(query_parameters=query))
        assert len(first.value) == 2 and first.odata_next_link
        seen = []
        await PageIterator(first, self.client.request_adapter).iterate(lambda it: seen.append(it.id) or True)
        assert set(self.ids) <= set(seen) and len(seen) == len(set(seen))

    async def a_filter_finds_one(self):
        query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
            filter=f"userPrincipalName eq 'py1-{self.mark}@contoso.com'"
        )
        found = await self.client.users.get(RequestConfiguration(query_parameters=query))
        assert [it.id for it in found.value] == [self.ids[1]]

    async def a_count_needs_the_header(self):
        config = RequestConfiguration()
        config.headers.add("ConsistencyLevel", "eventual")
        assert await self.client.users.count.get(config) >= 5
        try:
            await self.client.users.count.get()
        except ODataError as error:
            assert error.error.code == "Request_BadRequest"
        else:
            raise AssertionError("the count came without the header")

    async def a_user_is_changed(self):
        await self.client.users.by_user_id(self.ids[0]).patch(User(department="Sales", business_phones=["+49 731 1"]))
        query = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters(
            select=["department", "businessPhones"]
        )
        config = RequestConfiguration(query_parameters=query)
        read = await self.client.users.by_user_id(self.ids[0]).get(config)
        assert (read.department, read.business_phones) == ("Sales", ["+49 731 1"])

    async def a_conflict_is_an_error_with_details(self):
        try:
            await self.client.users.post(person(f"py0-{self.mark}"))
        except ODataError as error:
            assert error.response_status_code == 400
            assert error.error.code == "Request_BadRequest"
            assert error.error.details[0].target == "userPrincipalName"
            assert error.error.inner_error.request_id
        else:
            raise AssertionError("the name was taken twice")

    async def a_missing_user_is_not_found(self):
        try:
            await self.client.users.by_user_id(str(uuid.uuid4())).get()
        except ODataError as error:
            assert (error.response_status_code, error.error.code) == (404, "Request_ResourceNotFound")
        else:
            raise AssertionError("nobody was found")

    async def a_manager_is_set(self):
        user = self.client.users.by_user_id(self.ids[0])
        await user.manager.ref.put(ReferenceUpdate(odata_id=reference(self.client, self.ids[1])))
        manager = await user.manager.get()
        assert isinstance(manager, User) and manager.id == self.ids[1]

    async def a_group_gets_members(self):
        name = f"py-{self.mark}"
        body = Group(display_name=name, mail_nickname=name, mail_enabled=False, security_enabled=True)
        self.group = (await self.client.groups.post(body)).id
        group = self.client.groups.by_group_id(self.group)
        await group.members.ref.post(ReferenceCreate(odata_id=reference(self.client, self.ids[0])))
        bound = Group(additional_data={"members@odata.bind": [reference(self.client, it) for it in self.ids[1:3]]})
        await group.patch(bound)
        members = await group.members.get()
        assert {it.id for it in members.value} == set(self.ids[:3])
        assert all(isinstance(it, User) for it in members.value)
        await group.members.by_directory_object_id(self.ids[0]).ref.delete()

    async def a_batch_answers_every_item(self):
        batch = BatchRequestContent()
        builders = [self.client.users.by_user_id(it) for it in [*self.ids, str(uuid.uuid4())]]
        items = [BatchRequestItem(builder.to_get_request_information()) for builder in builders]
        for item in items:
            batch.add_request(item.id, item)
        answers = await self.client.batch.post(batch)
        statuses = [answers.get_response_status_codes()[item.id] for item in items]
        assert statuses == [200] * 5 + [404], statuses

    async def a_delta_tells_what_changed(self):
        page = await self.client.users.delta.get()
        seen = {it.id for it in page.value}
        while page.odata_next_link:
            page = await self.client.users.delta.with_url(page.odata_next_link).get()
            seen |= {it.id for it in page.value}
        assert set(self.ids) <= seen
        await self.client.users.by_user_id(self.ids[2]).patch(User(job_title="Clerk"))
        await self.client.users.by_user_id(self.ids[3]).delete()
        page = await self.client.users.delta.with_url(page.odata_delta_link).get()
        changes = {it.id: it for it in page.value}
        assert set(changes) == {self.ids[2], self.ids[3]}, changes
        assert changes[self.ids[2]].job_title == "Clerk"
        assert "@removed" in changes[self.ids[3]].additional_data

    async def a_deleted_user_is_restored(self):
        bin_ = await self.client.directory.deleted_items.graph_user.get()
        assert self.ids[3] in {it.id for it in bin_.value}
        restored = await self.client.directory.deleted_items.by_directory_object_id(self.ids[3]).restore.post(None)
        assert restored.id == self.ids[3]

    async def a_role_is_given_and_taken_away(self):
        directory = self.client.role_management.directory
        definitions = (await directory.role_definitions.get()).value
        role = next(it for it in definitions if it.display_name == "Helpdesk Administrator")
        body = UnifiedRoleAssignment(
            principal_id=self.ids[1], role_definition_id=role.id, directory_scope_id="/"
        )
        made = await directory.role_assignments.post(body)
        query = RoleAssignmentsRequestBuilder.RoleAssignmentsRequestBuilderGetQueryParameters(
            filter=f"principalId eq '{self.ids[1]}'", expand=["principal"]
        )
        held = await directory.role_assignments.get(RequestConfiguration(query_parameters=query))
        assert [it.role_definition_id for it in held.value] == [role.id]
        assert isinstance(held.value[0].principal, User)
        roles = await self.client.directory_roles.get()
        active = next(it for it in roles.value if it.role_template_id == role.id)
        members = await self.client.directory_roles.by_directory_role_id(active.id).members.get()
        assert self.ids[1] in {it.id for it in members.value}
        await directory.role_assignments.by_unified_role_assignment_id(made.id).delete()
        held = await directory.role_assignments.get(RequestConfiguration(query_parameters=query))
        assert held.value == []

    async def a_licence_is_assigned_and_read(self):
        sku = (await self.client.subscribed_skus.get()).value[0]
        user = self.client.users.by_user_id(self.ids[0])
        await user.patch(User(usage_location="DE"))
        body = AssignLicensePostRequestBody(
            add_licenses=[AssignedLicense(sku_id=sku.sku_id, disabled_plans=[])], remove_licenses=[]
        )
        assert (await user.assign_license.post(body)).id == self.ids[0]
        query = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters(select=["assignedLicenses"])
        read = await user.get(RequestConfiguration(query_parameters=query))
        assert [it.sku_id for it in read.assigned_licenses] == [sku.sku_id]
        assert (await self.client.subscribed_skus.get()).value[0].consumed_units > sku.consumed_units

    async def the_organisation_and_its_domains_are_read(self):
        organization = (await self.client.organization.get()).value[0]
        assert any(it.is_initial for it in organization.verified_domains)
        assert any(it.is_default for it in (await self.client.domains.get()).value)
        assert (await self.client.subscribed_skus.get()).value is not None


async def main(base):
    story = Story(client_of(base))
    passed = failed = 0
    for name in [it for it in vars(Story) if not it.startswith("_")]:
        try:
            await getattr(story, name)()
            passed += 1
        except Exception as error:
            failed += 1
            print(f"python: {name}: {type(error).__name__}: {error}")
    print(f"python: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1])))
